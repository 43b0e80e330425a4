import type { DnsRecord } from '@mirage/model/exchange.ts'
import { dnsProviders, providerHosts } from '../../providers/registry.ts'
import { parentOf } from '../../world/parent.ts'
import type { World } from '../../world/world.ts'
import type { Zone } from '../../world/zones.ts'
import { makeDenial } from './denial.ts'
import { makeReverseSpace } from './reverse-space.ts'

/** What a zone says of a question. */
export interface ZoneAnswer {
  zone: Zone
  exists: boolean
  /** Of the asked type, or the one alias. */
  records: readonly DnsRecord[]
}

/** The authoritative name space of a world: for every name the zone it is in and what that zone answers. */
export interface NameSpace {
  /** The deepest zone that holds a name. */
  zoneOf(name: string): Zone
  /** The zone's own answer: aliases are not followed; wildcards are (RFC 4592). */
  ask(name: string, type: string): ZoneAnswer
  /** The id of the data source that answers in this zone, if one does. */
  sourceOf(zone: Zone): string | undefined
  /** SOA record of a zone. */
  soaOf(zone: Zone): DnsRecord
  /** What proves that a name is not there, or has no such record; nothing in a zone that proves nothing. */
  denialOf(zone: Zone, name: string): readonly DnsRecord[]
  nameServersOf(zone: Zone): { host: string; addresses: string[] }[]
  /** Every record of a zone, in the order of a transfer, without the final SOA. */
  transferOf(zone: Zone): Iterable<DnsRecord>
}

const none: readonly DnsRecord[] = []
/** What stands above all others. */
const rootZone: Zone = { name: '', servers: ['root'], transfer: false, role: 'infrastructure' }

export function makeNameSpace(world: World): NameSpace {
  const { records, fleet, zones } = world
  const denial = makeDenial(world)
  const reverse = makeReverseSpace(world)
  const providerZones = new Map<
    string,
    { zone: Zone; source?: string; records: (name: string) => DnsRecord[] | undefined }
  >()
  for (const provider of dnsProviders)
    for (const name of provider.zones)
      providerZones.set(name, {
        zone: providerZone(name),
        source: provider.id,
        records: (asked) => provider.records(asked, world),
      })
  for (const { host, address } of providerHosts.values())
    if (!providerZones.has(host))
      providerZones.set(host, {
        zone: providerZone(host),
        records: (asked) => (asked === host ? [{ name: host, type: 'A', ttl: 300, data: address }] : undefined),
      })
  /** Every owner and every name between it and the root: they exist, perhaps without records. */
  const existing = new Set<string>([''])
  for (const name of [...records.keys(), ...providerZones.keys()])
    for (let at = name; at !== '' && !existing.has(at); at = parentOf(at)) existing.add(at)

  function zoneOf(name: string): Zone {
    for (let at = name; at !== ''; at = parentOf(at)) {
      const zone = zones.get(at) ?? providerZones.get(at)?.zone
      if (zone) return zone
      if (at === 'arpa') return reverse.zoneOf(name)
    }
    return rootZone
  }
  function ownRecords(name: string): readonly DnsRecord[] | undefined {
    const held = records.get(name)
    if (held) return held
    return existing.has(name) || fleet.isSite(name) ? none : undefined
  }
  function ask(name: string, type: string): ZoneAnswer {
    const index = fleet.indexOf(name)
    if (index >= 0)
      return {
        zone: zones.get('northwind.example')!,
        exists: fleet.fateOf(index) !== 'gone',
        records: fleet.records(index, type),
      }
    const zone = zoneOf(name)
    const provider = providerZones.get(zone.name)
    if (provider) {
      // A host of a provider is no zone of its own to who asks; only zones of data answer for themselves.
      if (type === 'SOA' && name === zone.name && !providerHosts.has(name))
        return { zone, exists: true, records: [soaOf(zone)] }
      const held = provider.records(name)
      return { zone, exists: held !== undefined || name === zone.name, records: select(held ?? none, type) }
    }
    if (zone.name.endsWith('.arpa')) return reverseAnswer(zone, name, type)
    let held = ownRecords(name)
    if (!held && zone !== rootZone) held = wildcardFor(zone, name)
    const found = type === 'NSEC' ? denial.at(zone, name) : select(held ?? none, type)
    return { zone, exists: held !== undefined, records: found }
  }
  /** The records of the wildcard at the closest name that exists, given the asked owner. */
  function wildcardFor(zone: Zone, name: string): readonly DnsRecord[] | undefined {
    let encloser = parentOf(name)
    while (encloser !== zone.name && ownRecords(encloser) === undefined) encloser = parentOf(encloser)
    return records.get(`*.${encloser}`)?.map((record) => ({ ...record, name }))
  }
  function reverseAnswer(zone: Zone, name: string, type: string): ZoneAnswer {
    const { exists, host } = reverse.ask(name)
    const isAsked = host !== undefined && type === 'PTR'
    return { zone, exists, records: isAsked ? [{ name, type, ttl: 300, data: host }] : none }
  }
  function soaOf(zone: Zone): DnsRecord {
    const own = records.get(zone.name)?.find(({ type }) => type === 'SOA')
    const server = world.machines.get(zone.servers[0]!)?.reverse ?? 'a.root-servers.test'
    return (
      own ?? {
        name: zone.name,
        type: 'SOA',
        ttl: 300,
        data: `${server} hostmaster.${server} 2025010101 7200 3600 1209600 300`,
      }
    )
  }
  return {
    zoneOf,
    ask,
    sourceOf: (zone) => providerZones.get(zone.name)?.source,
    soaOf,
    denialOf: denial.about,
    nameServersOf(zone) {
      const hosts = (records.get(zone.name) ?? none).filter(({ type }) => type === 'NS').map(({ data }) => data)
      const names =
        hosts.length > 0 ? hosts : zone.servers.map((server) => world.machines.get(server)?.reverse ?? server)
      return names.map((host) => ({ host, addresses: world.addressesOf(host) }))
    },
    *transferOf(zone) {
      yield soaOf(zone)
      const below = `.${zone.name}`
      for (const [name, held] of records)
        if ((name === zone.name || name.endsWith(below)) && zoneOf(name) === zone)
          for (const record of held) if (record.type !== 'SOA') yield record
    },
  }
}

function select(held: readonly DnsRecord[], type: string): readonly DnsRecord[] {
  if (held.length === 0) return none
  if (type === 'ANY') return held
  const matching = held.filter((record) => record.type === type)
  return matching.length > 0 ? matching : held.filter((record) => record.type === 'CNAME')
}

function providerZone(name: string): Zone {
  return { name, servers: ['tld'], transfer: false, role: 'provider' }
}
