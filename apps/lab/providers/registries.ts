/** Registries of top-level domains and where each answers. Those of `example` and `test` exist in the lab only. */
export interface DomainRegistry {
  suffixes: readonly string[]
  organization: string
  /** Base URL of its RDAP service, with the final slash. */
  rdap: string
  whois: string
}

export const domainRegistries: readonly DomainRegistry[] = [
  {
    suffixes: ['example'],
    organization: 'Registry of Examples',
    rdap: 'https://rdap.nic.example/',
    whois: 'whois.nic.example',
  },
  { suffixes: ['test'], organization: 'Registry of Tests', rdap: 'https://rdap.nic.test/', whois: 'whois.nic.test' },
  {
    suffixes: ['com'],
    organization: 'VeriSign Global Registry Services',
    rdap: 'https://rdap.verisign.com/com/v1/',
    whois: 'whois.verisign-grs.com',
  },
  {
    suffixes: ['net'],
    organization: 'VeriSign Global Registry Services',
    rdap: 'https://rdap.verisign.com/net/v1/',
    whois: 'whois.verisign-grs.com',
  },
  {
    suffixes: ['io', 'social', 'org'],
    organization: 'Identity Digital',
    rdap: 'https://rdap.identitydigital.services/rdap/',
    whois: 'whois.nic.io',
  },
  {
    suffixes: ['dev', 'app'],
    organization: 'Charleston Road Registry Inc.',
    rdap: 'https://pubapi.registry.google/rdap/',
    whois: 'whois.nic.google',
  },
]

/** Registries of numbers: the blocks that IANA delegated to each. */
export interface NumberRegistry {
  rdap: string
  whois: string
  ipv4: readonly string[]
  ipv6: readonly string[]
  /** Ranges as `first-last`. */
  asn: readonly string[]
}

/** The wider block is another registry's: who asks must follow the most specific one (RFC 9224 §5.1). */
export const numberRegistries: readonly NumberRegistry[] = [
  {
    rdap: 'https://rdap.arin.net/registry/',
    whois: 'whois.arin.net',
    ipv4: ['198.0.0.0/8'],
    ipv6: ['2001:400::/23'],
    asn: ['1-1876'],
  },
  {
    rdap: 'https://rdap.db.ripe.net/',
    whois: 'whois.ripe.net',
    ipv4: ['198.18.0.0/15'],
    ipv6: ['2001:db8::/32'],
    asn: ['64496-64511'],
  },
  { rdap: 'https://rdap.apnic.net/', whois: 'whois.apnic.net', ipv4: [], ipv6: [], asn: ['65536-65551'] },
]

/** The registry of a domain's top level. */
export function registryOf(domain: string): DomainRegistry | undefined {
  const suffix = domain.slice(domain.lastIndexOf('.') + 1)
  return domainRegistries.find(({ suffixes }) => suffixes.includes(suffix))
}
