/** Whose machine answers: the demo company's, an API that modules ask, or everything between and beside them. */
export type Role = 'target' | 'provider' | 'infrastructure'

/** What many unrelated customers share, so that its addresses say nothing of one of them. */
export type Sharing = 'cdn' | 'cloud' | 'mail' | 'dns' | 'parking' | 'hosting' | 'saas'

/** A block of addresses as its registry and the routing table know it. */
export interface Network {
  id: string
  /** The prefix as it is announced, which is also what the registry delegated unless `registered` says more. */
  prefix: string
  /** The larger block that the registry delegated, of which `prefix` is a part. */
  registered?: string
  asn: number
  /** The registry's handle and name. */
  handle: string
  name: string
  holder: Holder
  role: Role
  sharing?: Sharing
}

/** Who holds a number resource or a domain. */
export interface Holder {
  id: string
  organization: string
  country: string
  abuseEmail: string
  phone?: string
}

export interface AutonomousSystem {
  asn: number
  handle: string
  name: string
  holder: Holder
  role: Role
}

const northwind: Holder = {
  id: 'NWND1-LAB',
  organization: 'Northwind Trading Ltd',
  country: 'GB',
  abuseEmail: 'abuse@northwind.example',
  phone: '+442079460100',
}

function company(id: string, organization: string, domain: string, country: string): Holder {
  return { id, organization, country, abuseEmail: `abuse@${domain}` }
}

const holders = {
  northwind,
  root: company('ROOT1-LAB', 'Laboratory Root Operations', 'root-servers.test', 'CH'),
  cdn: company('EDGE1-LAB', 'Edge Delivery Networks Inc', 'cdn-edge.example', 'US'),
  cloud: company('CLOUD1-LAB', 'Cumulus Cloud Computing LLC', 'cumulus.example', 'IE'),
  hosting: company('HARB1-LAB', 'Hosting Harbour AB', 'hosting-harbour.example', 'SE'),
  mail: company('MAIL1-LAB', 'Letterbox Mail Services', 'letterbox.example', 'NL'),
  dns: company('DNSH1-LAB', 'Nameserver House BV', 'dns-host.example', 'NL'),
  parking: company('PARK1-LAB', 'Domain Meadow GmbH', 'domain-meadow.example', 'DE'),
  saas: company('SAAS1-LAB', 'Platform Street Inc', 'platform-street.example', 'US'),
  access: company('ISP1-LAB', 'Fjord Access AS', 'fjord-access.example', 'NO'),
  logistics: company('NWLO1-LAB', 'Northwind Logistics BV', 'northwind-logistics.test', 'NL'),
  api: company('APIS1-LAB', 'Open Data Exchange', 'open-data-exchange.example', 'CH'),
} as const

/** The demo company's block that holds the names of the larger worlds. */
const fleetBlock = '198.19.0.0/16'
export const fleetBlock6 = '2001:db8:f000::/36'

const plan: readonly Network[] = [
  net('root', '198.18.0.0/24', 64496, 'ROOT-NET', holders.root, 'infrastructure', 'dns'),
  net('northwind', '198.18.8.0/22', 64500, 'NORTHWIND-NET', holders.northwind, 'target'),
  net('northwind6', '2001:db8:8::/48', 64500, 'NORTHWIND-NET6', holders.northwind, 'target'),
  net('logistics', '198.18.16.0/24', 65540, 'NW-LOGISTICS', holders.logistics, 'target'),
  net('cdn', '198.18.64.0/20', 64505, 'EDGE-DELIVERY', holders.cdn, 'infrastructure', 'cdn'),
  net('cdn6', '2001:db8:64::/48', 64505, 'EDGE-DELIVERY6', holders.cdn, 'infrastructure', 'cdn'),
  net('cloud', '198.18.80.0/20', 64506, 'CUMULUS-EU-WEST', holders.cloud, 'infrastructure', 'cloud'),
  net('hosting', '198.18.96.0/20', 64507, 'HARBOUR-SHARED', holders.hosting, 'infrastructure', 'hosting'),
  net('mail', '198.18.112.0/20', 64508, 'LETTERBOX-MX', holders.mail, 'infrastructure', 'mail'),
  net('dns', '198.18.128.0/20', 64509, 'NSHOUSE', holders.dns, 'infrastructure', 'dns'),
  net('parking', '198.18.144.0/20', 64510, 'MEADOW', holders.parking, 'infrastructure', 'parking'),
  net('access', '198.18.160.0/20', 65536, 'FJORD-BUSINESS', holders.access, 'infrastructure'),
  net('saas', '198.18.176.0/20', 65537, 'PLATFORM-STREET', holders.saas, 'infrastructure', 'saas'),
  net('api', '198.18.240.0/21', 65551, 'OPEN-DATA', holders.api, 'provider'),
  net('liar', '198.18.254.0/23', 65550, 'FJORD-SEARCH-HELP', holders.access, 'infrastructure', 'parking'),
]

/** Every block of the world. The demo company announces its fleet in /20s out of one delegated /16. */
export function networksOf(names: number): Network[] {
  if (names === 0) return [...plan]
  const fleet: Network[] = []
  for (let i = 0; i < 16; i++)
    fleet.push({
      ...net(`fleet${i}`, `198.19.${i * 16}.0/20`, 64500, 'NORTHWIND-FLEET', holders.northwind, 'target'),
      registered: fleetBlock,
    })
  return [...plan, ...fleet, net('fleet6', fleetBlock6, 64500, 'NORTHWIND-FLEET6', holders.northwind, 'target')]
}

/** Every autonomous system that announces one of these networks. */
export function systemsOf(networks: readonly Network[]): AutonomousSystem[] {
  const systems = new Map<number, AutonomousSystem>()
  for (const { asn, holder, role } of networks)
    if (!systems.has(asn))
      systems.set(asn, { asn, handle: `AS${asn}`, name: `${holder.id.replace(/\d*-LAB$/, '')}-AS`, holder, role })
  return [...systems.values()]
}

function net(
  id: string,
  prefix: string,
  asn: number,
  name: string,
  holder: Holder,
  role: Role,
  sharing?: Sharing,
): Network {
  return { id, prefix, asn, handle: `NET-${name}`, name, holder, role, ...(sharing ? { sharing } : {}) }
}
