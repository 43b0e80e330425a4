import { formatIpv4, ipv4Number } from '@mirage/model/address.ts'
import { azureTenant } from './azure-tenant.ts'
import { certspotter } from './certspotter.ts'
import { crtsh } from './crtsh.ts'
import { github } from './github.ts'
import { gleif } from './gleif.ts'
import { hackertarget } from './hackertarget.ts'
import { hibp } from './hibp.ts'
import { hunter } from './hunter.ts'
import { internetdb } from './internetdb.ts'
import type { DnsProvider, Provider, WhoisProvider } from './provider.ts'
import { rdapBootstrap } from './rdap-bootstrap.ts'
import { rdap } from './rdap.ts'
import { ripestat } from './ripestat.ts'
import { shodan } from './shodan.ts'
import { teamCymru } from './team-cymru.ts'
import { urlscan } from './urlscan.ts'
import { usernameSites } from './username-sites.ts'
import { wayback } from './wayback.ts'
import { ianaWhois, registrarWhois, registryWhois } from './whois.ts'

/** Every provider of the lab: one file each, one line in the list of its kind. */
export const providers: readonly Provider[] = [
  azureTenant,
  certspotter,
  crtsh,
  github,
  gleif,
  hackertarget,
  hibp,
  hunter,
  internetdb,
  rdap,
  rdapBootstrap,
  ripestat,
  shodan,
  urlscan,
  usernameSites,
  wayback,
]

export const dnsProviders: readonly DnsProvider[] = [teamCymru]

export const whoisProviders: readonly WhoisProvider[] = [ianaWhois, registryWhois, registrarWhois]

export interface ProviderHost {
  host: string
  address: string
  /** The HTTP API of this host, and the WHOIS server; one of them is there. */
  provider?: Provider
  whois?: WhoisProvider
}

const base = ipv4Number('198.18.240.10')

/** Every provider host with the address that the lab's DNS gives it, each its own. */
export const providerHosts: ReadonlyMap<string, ProviderHost> = placeHosts()

function placeHosts(): Map<string, ProviderHost> {
  const hosts = new Map<string, ProviderHost>()
  function at(host: string): ProviderHost {
    const known = hosts.get(host)
    if (known) return known
    const made = { host, address: formatIpv4(base + hosts.size) }
    hosts.set(host, made)
    return made
  }
  for (const provider of providers) for (const host of provider.hosts) at(host).provider = provider
  for (const whois of whoisProviders) for (const host of whois.hosts) at(host).whois = whois
  return hosts
}
