import { reverseName } from '@mirage/model/address.ts'
import { isApex } from '@mirage/model/domain-name.ts'
import type { DnsRecord } from '@mirage/model/exchange.ts'
import { contains } from '@mirage/model/netblock.ts'
import { providerHosts } from '../providers/registry.ts'
import { commonLabels, dkimSelectors, serviceNames } from '../world/labels.ts'
import { parentOf } from '../world/parent.ts'
import { answerWeb } from '../world/web.ts'
import type { World } from '../world/world.ts'
import { bare, type Fact, type Oracle, saw, type Thing, thing } from './fact.ts'

/** Every record that a name owns, those of the fleet and of provider hosts included. */
export function recordsOf(world: World, name: string): readonly DnsRecord[] {
  const index = world.fleet.indexOf(name)
  if (index >= 0)
    return [
      ...world.fleet.records(index, 'A'),
      ...world.fleet.records(index, 'AAAA').filter(({ type }) => type === 'AAAA'),
    ]
  const provider = providerHosts.get(name)
  if (provider) return [{ name, type: 'A', ttl: 300, data: provider.address }]
  return world.records.get(name) ?? []
}

/** The edge that stands for a record; none for what the table leaves out. */
export function* recordFact({ name, type, data }: DnsRecord, owner = thing('domain', name)): Generator<Fact> {
  switch (type) {
    case 'A':
    case 'AAAA':
      yield saw(owner, 'dns_record', 'ip-address', data, type)
      break
    case 'CNAME':
      yield saw(owner, 'dns_record', 'domain', data, type)
      break
    case 'NS':
      yield saw(owner, 'name_server', 'domain', data)
      break
    case 'MX':
      if (!data.endsWith(' .')) yield saw(owner, 'mail_server', 'domain', data.slice(data.indexOf(' ') + 1))
      break
    case 'SRV':
      yield saw(owner, 'dns_record', 'domain', data.slice(data.lastIndexOf(' ') + 1), type)
      break
    case 'SOA':
    case 'TXT':
    case 'CAA':
      yield saw(owner, 'dns_record', 'dns-record', `${name} ${type} ${data}`, type)
      break
    default:
  }
}

/** True for a name below which there are others: it exists, with records or without (RFC 8020). */
function isOnTheWay(world: World, name: string): boolean {
  for (const owner of world.records.keys()) if (owner.endsWith(`.${name}`)) return true
  return false
}

/** True for a name below one at which another zone begins. */
function isInZoneBelow(world: World, name: string, zone: string): boolean {
  for (let at = parentOf(name); at !== zone; at = parentOf(at)) if (world.zones.has(at)) return true
  return false
}

const isDomain = ({ type }: Thing): boolean => type === 'domain'
const isApexDomain = ({ type, value }: Thing): boolean => type === 'domain' && isApex(value)

export const dnsOracles: readonly Oracle[] = [
  {
    id: 'dns-resolve',
    contact: 'relayed',
    consumes: isDomain,
    *facts({ value }, world) {
      let owner = value
      for (let aliases = 0; aliases < 10; aliases++) {
        const held = recordsOf(world, owner)
        const alias = held.find(({ type }) => type === 'CNAME')
        for (const record of alias ? [alias] : held)
          if (owner === value || record.type === 'A' || record.type === 'AAAA' || record.type === 'CNAME')
            if (record.type !== 'SRV' || owner.startsWith('_')) yield* recordFact(record)
        if (!alias) break
        owner = alias.data
      }
      if (!isApex(value)) return
      for (const service of serviceNames)
        for (const record of recordsOf(world, `${service}.${value}`).filter(({ type }) => type === 'SRV')) {
          yield saw(thing('domain', value), 'subdomain', 'domain', record.name)
          yield* recordFact(record)
        }
    },
  },
  {
    id: 'dns-reverse',
    contact: 'relayed',
    consumes: ({ type }) => type === 'ip-address',
    *facts(address, world) {
      const host = world.reverseOf(address.value)
      if (host !== undefined && reverseName(address.value) !== '') yield saw(address, 'ptr_record', 'domain', host)
    },
  },
  {
    id: 'dns-sweep',
    contact: 'relayed',
    onlyInScope: true,
    consumes: ({ type, value }) => type === 'netblock' && (value.includes(':') || Number(value.split('/')[1]) >= 16),
    *facts(block, world) {
      for (const { addresses, reverse } of world.machines.values())
        for (const address of addresses) {
          if (reverse === undefined || !contains(block.value, address)) continue
          yield saw(block, 'contains', 'ip-address', address)
          yield saw(thing('ip-address', address), 'ptr_record', 'domain', reverse)
        }
    },
  },
  {
    id: 'dns-brute',
    contact: 'relayed',
    onlyInScope: true,
    consumes: isApexDomain,
    *facts(apex, world) {
      const wildcard = recordsOf(world, `*.${apex.value}`)
      for (const label of commonLabels) {
        const name = `${label}.${apex.value}`
        const found = recordsOf(world, name).filter(({ type }) => type === 'A' || type === 'AAAA' || type === 'CNAME')
        const isWildcards =
          wildcard.length > 0 &&
          found.every((record) => wildcard.some(({ type, data }) => type === record.type && data === record.data))
        if ((found.length > 0 || isOnTheWay(world, name)) && !isWildcards) yield saw(apex, 'subdomain', 'domain', name)
      }
    },
  },
  {
    id: 'dns-transfer',
    contact: 'target',
    consumes: isDomain,
    *facts(zone, world) {
      if (!world.zones.get(zone.value)?.transfer) return
      for (const [name, records] of world.records) {
        if ((name !== zone.value && !name.endsWith(`.${zone.value}`)) || name.startsWith('*.')) continue
        if (name !== zone.value) yield saw(zone, 'subdomain', 'domain', name)
        for (const record of records) yield* recordFact(record)
      }
    },
  },
  {
    id: 'dns-walk',
    contact: 'relayed',
    onlyInScope: true,
    consumes: isDomain,
    *facts(zone, world) {
      if (world.zones.get(zone.value)?.denial !== 'nsec') return
      for (const name of world.records.keys()) {
        if (name !== zone.value && name.endsWith(`.${zone.value}`) && !isInZoneBelow(world, name, zone.value))
          yield saw(zone, 'subdomain', 'domain', bare(name))
      }
    },
  },
  { id: 'mail-security', contact: 'target', consumes: isApexDomain, facts: mailFacts },
]

function* mailFacts(apex: Thing, world: World): Generator<Fact> {
  const texts = (name: string, pattern: RegExp): DnsRecord[] =>
    recordsOf(world, name).filter(({ type, data }) => type === 'TXT' && pattern.test(data))
  const policies = [
    ...texts(apex.value, /^v=spf1/),
    ...texts(`_dmarc.${apex.value}`, /^v=DMARC1/),
    ...texts(`_mta-sts.${apex.value}`, /^v=STSv1/),
    ...texts(`_smtp._tls.${apex.value}`, /^v=TLSRPTv1/),
    ...texts(`default._bimi.${apex.value}`, /^v=BIMI1/),
    ...dkimSelectors.flatMap((selector) => texts(`${selector}._domainkey.${apex.value}`, /\bp=/)),
  ]
  for (const record of policies) {
    yield* recordFact(record, apex)
    for (const [, email] of record.data.matchAll(/mailto:([^,;\s]+)/g)) yield saw(apex, 'mentions', 'email', email!)
    const logo = /^v=BIMI1.*\bl=(https:[^;\s]+)/.exec(record.data)?.[1]
    if (logo !== undefined) yield saw(apex, 'links_to', 'url', logo)
    if (record.data.startsWith('v=spf1')) yield* spfFacts(apex, record.data)
  }
  const host = `mta-sts.${apex.value}`
  const [address] = world.addressesOf(host)
  const path = '/.well-known/mta-sts.txt'
  const hasPolicy = texts(`_mta-sts.${apex.value}`, /^v=STSv1/).length > 0
  const policy = hasPolicy && address !== undefined ? answerWeb(world, { address, port: 443, host, path }) : undefined
  if (policy?.status !== 200) return
  yield saw(apex, 'links_to', 'url', `https://${host}${path}`)
  for (const [, exchange] of Buffer.from(policy.body)
    .toString()
    .matchAll(/^mx: (\S+)\r?$/gm))
    if (!exchange!.startsWith('*.')) yield saw(apex, 'mail_server', 'domain', exchange!)
}

function* spfFacts(apex: Thing, text: string): Generator<Fact> {
  for (const term of text.split(' ')) {
    const [, mechanism, value = ''] = /^[-+~?]?(include|redirect|exists|a|mx|ip4|ip6)[:=](.+)$/.exec(term) ?? []
    if (mechanism === undefined || value.includes('%')) continue
    if (mechanism === 'ip4' || mechanism === 'ip6')
      yield saw(apex, 'mentions', value.includes('/') ? 'netblock' : 'ip-address', value)
    else yield saw(apex, 'mentions', 'domain', value)
  }
}
