import { formatIpv4, ipv4Number } from '@mirage/model/address.ts'
import { type Machine, serviceOf, type SoftwareName } from './machine.ts'
import type { Network } from './network.ts'
import { shuffle } from './random.ts'

/**
 * `v6`: also an IPv6 address. `addresses`: how many IPv4 addresses. `at`: a fixed last octet, for what is known by address.
 * `only6`: instead of all these, this address.
 */
interface Plan {
  id: string
  network: string
  ports: Partial<Record<number, SoftwareName>>
  reverse?: string
  v6?: boolean
  only6?: string
  addresses?: number
  at?: number
  filtered?: boolean
  unindexed?: boolean
}

const web = { 80: 'http', 443: 'https' } as const
const dns = { 53: 'dns' } as const

const plans: readonly Plan[] = [
  // Name servers of the root, the top-level domains and the shared reverse zones, and what a machine is given to resolve with.
  { id: 'root', network: 'root', ports: dns, reverse: 'a.root-servers.test', at: 1, unindexed: true },
  { id: 'tld', network: 'root', ports: dns, reverse: 'a.tld-servers.test', at: 2, unindexed: true },
  { id: 'resolver1', network: 'root', ports: dns, reverse: 'resolver1.root-servers.test', at: 53, unindexed: true },
  { id: 'resolver2', network: 'root', ports: dns, reverse: 'resolver2.root-servers.test', at: 54, unindexed: true },
  { id: 'liar', network: 'liar', ports: dns, reverse: 'resolver.fjord-access.example', at: 53, unindexed: true },
  { id: 'liarPage', network: 'liar', ports: web, reverse: 'search-help.fjord-access.example', at: 80, unindexed: true },

  // Northwind's own machines.
  { id: 'ns1', network: 'northwind', ports: dns, reverse: 'ns1.northwind.example', v6: true },
  { id: 'mx1', network: 'northwind', ports: { 25: 'postfix', 587: 'postfix' }, reverse: 'mx1.northwind.example' },
  { id: 'web1', network: 'northwind', ports: web, reverse: 'web1.northwind.example', v6: true },
  { id: 'web2', network: 'northwind', ports: web, reverse: 'web2.northwind.example' },
  { id: 'app1', network: 'northwind', ports: { ...web, 8443: 'https' }, reverse: 'app1.northwind.example', v6: true },
  {
    id: 'dev1',
    network: 'northwind',
    ports: { ...web, 22: 'openssh', 8080: 'http' },
    reverse: 'dev1.northwind.example',
  },
  { id: 'git1', network: 'northwind', ports: { ...web, 22: 'openssh' }, reverse: 'git.northwind.example' },
  { id: 'vpn1', network: 'northwind', ports: { 443: 'https' }, reverse: 'vpn.northwind.example', filtered: true },
  { id: 'ftp1', network: 'northwind', ports: { 21: 'proftpd', 22: 'opensshOld' }, reverse: 'ftp.northwind.example' },
  {
    id: 'db1',
    network: 'northwind',
    ports: { 22: 'openssh', 3306: 'mysql', 6379: 'redis', 31337: 'hidden' },
    reverse: 'db1.northwind.example',
    filtered: true,
  },
  { id: 'mon1', network: 'northwind', ports: { ...web, 9200: 'elasticsearch' }, reverse: 'mon1.northwind.example' },
  {
    id: 'mail1',
    network: 'northwind',
    ports: { ...web, 110: 'dovecotPop', 143: 'dovecotImap', 993: 'imaps', 995: 'pop3s' },
    reverse: 'mail.northwind.example',
  },
  { id: 'legacy1', network: 'northwind', ports: { 80: 'http', 23: 'telnet' } },
  { id: 'voip1', network: 'northwind', ports: { 5060: 'sip', 8443: 'https' }, reverse: 'sip.northwind.example' },
  { id: 'vault1', network: 'northwind', ports: {}, filtered: true, unindexed: true },
  { id: 'backup1', network: 'northwind', ports: { 22: 'dropbear' }, reverse: 'tape-library.northwind.example' },
  { id: 'corpns', network: 'northwind', ports: dns, reverse: 'ns.corp.northwind.example' },
  { id: 'dc1', network: 'northwind', ports: { 389: 'ldap', 3389: 'rdp' }, reverse: 'dc1.corp.northwind.example' },
  { id: 'corpweb', network: 'northwind', ports: web },
  // In the block, named nowhere but in its PTR record.
  { id: 'console1', network: 'northwind', ports: { 22: 'openssh' }, reverse: 'console-7.northwind.example' },
  // Of IPv6 alone: in its block, named nowhere but in its PTR record. The reverse zone of the second is delegated.
  {
    id: 'heron6',
    network: 'northwind6',
    ports: { 22: 'openssh' },
    reverse: 'heron-6.northwind.example',
    only6: '2001:db8:8:21::c0de',
    unindexed: true,
  },
  {
    id: 'pier6',
    network: 'northwind6',
    ports: { 22: 'dropbear' },
    reverse: 'pier-6.northwind.example',
    only6: '2001:db8:8:a100::7:53',
    unindexed: true,
  },

  // The sister company.
  { id: 'logisticsWeb', network: 'logistics', ports: web, reverse: 'www.northwind-logistics.test' },
  { id: 'logisticsMail', network: 'logistics', ports: { 25: 'exim' }, reverse: 'mail.northwind-logistics.test' },

  // Shared infrastructure. Its PTR names are those of real platforms, by which it is recognised.
  {
    id: 'cloudfront',
    network: 'cdn',
    ports: web,
    addresses: 3,
    v6: true,
    reverse: 'server-198-18-64-10.lhr50.r.cloudfront.net',
  },
  {
    id: 'edge',
    network: 'cdn',
    ports: web,
    addresses: 2,
    reverse: 'a198-18-64-20.deploy.static.akamaitechnologies.com',
  },
  {
    id: 'ec2',
    network: 'cloud',
    ports: { ...web, 22: 'openssh' },
    reverse: 'ec2-198-18-80-5.eu-west-1.compute.amazonaws.com',
  },
  {
    id: 'ec2labs',
    network: 'cloud',
    ports: { ...web, 22: 'openssh' },
    reverse: 'ec2-198-18-80-6.eu-west-1.compute.amazonaws.com',
  },
  {
    id: 'ec2labsWild',
    network: 'cloud',
    ports: web,
    reverse: 'ec2-198-18-80-7.eu-west-1.compute.amazonaws.com',
  },
  { id: 'bucket', network: 'cloud', ports: web, reverse: 's3-eu-west-1-w.amazonaws.com' },
  {
    id: 'shared1',
    network: 'hosting',
    ports: { ...web, 21: 'vsftpd', 25: 'exim' },
    reverse: 'srv1.hosting-harbour.example',
  },
  {
    id: 'outlook',
    network: 'mail',
    ports: { 25: 'microsoftSmtp' },
    addresses: 2,
    reverse: 'mail-lo2gbr01.inbound.protection.outlook.com',
  },
  { id: 'outlookWeb', network: 'mail', ports: web, reverse: 'autodiscover.outlook.com' },
  { id: 'letterbox', network: 'mail', ports: { 25: 'postfix' }, reverse: 'in1.letterbox.example' },
  { id: 'nshouse1', network: 'dns', ports: dns, reverse: 'ns1.dns-host.example' },
  { id: 'nshouse2', network: 'dns', ports: dns, reverse: 'ns2.dns-host.example' },
  { id: 'platformNs', network: 'dns', ports: dns, reverse: 'ns.platform-zones.example' },
  { id: 'parking', network: 'parking', ports: web, reverse: 'parked.sedoparking.com' },
  { id: 'shopify', network: 'saas', ports: web, reverse: 'shops.myshopify.com' },
  { id: 'github', network: 'saas', ports: web, addresses: 2, reverse: 'cdn-198-18-176-9.github.io' },
  { id: 'statuspage', network: 'saas', ports: web, reverse: 'pages.statuspage.io' },
  {
    id: 'office',
    network: 'access',
    ports: { 443: 'https' },
    reverse: 'customer-81.fjord-access.example',
    filtered: true,
  },
  { id: 'bank', network: 'access', ports: web, reverse: 'www.fjordbank.example' },
  { id: 'lookalike', network: 'access', ports: web, reverse: 'host-12.fjord-access.example' },
  { id: 'hostile', network: 'access', ports: web, reverse: 'hostile.test', at: 66, unindexed: true },
]

/** Every hand-made machine with the addresses that the seed gives it. */
export function makeMachines(networks: readonly Network[], seed: number): Machine[] {
  const byId = new Map(networks.map((network) => [network.id, network]))
  const spare = new Map<string, number[]>()
  const taken = new Map<string, Set<number>>()
  for (const { network, at } of plans)
    if (at !== undefined) taken.set(network, (taken.get(network) ?? new Set()).add(at))
  function nextOctet(network: string): number {
    let octets = spare.get(network)
    if (!octets) {
      const used = taken.get(network)
      octets = shuffle(
        Array.from({ length: 240 }, (_, i) => i + 4).filter((octet) => !used?.has(octet)),
        seed + network.length * 7919 + network.charCodeAt(0),
      )
      spare.set(network, octets)
    }
    return octets.pop()!
  }
  return plans.map((plan) => {
    const network = byId.get(plan.network)!
    const base = ipv4Number(network.prefix.slice(0, network.prefix.indexOf('/')))
    const count = plan.only6 === undefined ? (plan.addresses ?? 1) : 0
    const octets = Array.from({ length: count }, () => plan.at ?? nextOctet(plan.network))
    const addresses = plan.only6 === undefined ? octets.map((octet) => formatIpv4(base + octet)) : [plan.only6]
    const v6 = byId.get(`${plan.network}6`)
    if (plan.v6 && v6) addresses.push(v6.prefix.replace(/::\/\d+$/, `::${octets[0]!.toString(16)}`))
    return {
      id: plan.id,
      role: network.role,
      network: plan.network,
      addresses,
      ...(plan.reverse ? { reverse: plan.reverse } : {}),
      ...(network.sharing ? { sharing: network.sharing } : {}),
      services: Object.entries(plan.ports).map(([port, name]) =>
        serviceOf(Number(port), name!, plan.reverse ?? plan.id),
      ),
      otherPorts: plan.filtered ? 'filtered' : 'closed',
      indexed: !plan.unindexed,
    }
  })
}
