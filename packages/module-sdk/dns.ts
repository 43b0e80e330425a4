import type { DnsAnswer, DnsRecord } from '@mirage/model/exchange.ts'
import { type Sighting, observe } from './observe.ts'

/** The types that a DNS record can become. A module that yields `sightingOf` declares them in `produces`. */
export const recordEntityTypes = ['ip-address', 'domain', 'dns-record'] as const

type RecordEntityType = (typeof recordEntityTypes)[number]

export type RecordSighting = Sighting<RecordEntityType>

/**
 * What a record says, as an edge from its owner; undefined for a type that says nothing of entities (DNSSEC, PTR) and
 * for a null MX or SRV target (RFC 7505, RFC 2782). The TTL is the attribute `ttl`: declare it `volatile`.
 */
export function sightingOf(record: DnsRecord): RecordSighting | undefined {
  const { name, type, data, ttl } = record
  const from = { type: 'domain', value: name } as const
  switch (type) {
    case 'A':
    case 'AAAA':
      return observe('ip-address', data, { via: 'dns_record', qualifier: type, from, attributes: { ttl } })
    case 'CNAME':
      return observe('domain', data, { via: 'dns_record', qualifier: type, from, attributes: { ttl } })
    case 'NS':
      return observe('domain', data, { via: 'name_server', from, attributes: { ttl } })
    case 'MX': {
      const [preference, host] = data.split(' ')
      if (!host || host === '.') return undefined
      return observe('domain', host, { via: 'mail_server', from, attributes: { ttl, preference: Number(preference) } })
    }
    case 'SRV': {
      const [priority, weight, port, host] = data.split(' ')
      if (!host || host === '.') return undefined
      const attributes = { ttl, priority: Number(priority), weight: Number(weight), port: Number(port) }
      return observe('domain', host, { via: 'dns_record', qualifier: type, key: `SRV ${port}`, from, attributes })
    }
    case 'SOA':
    case 'TXT':
    case 'CAA':
      return observe('dns-record', `${name} ${type} ${data}`, {
        via: 'dns_record',
        qualifier: type,
        from,
        attributes: { ttl },
      })
    default:
      return undefined
  }
}

/** True when the answer says something of the name: the failure of a resolver, or its silence, does not. */
export function isConclusive({ status }: Pick<DnsAnswer, 'status'>): boolean {
  return status === 'NOERROR' || status === 'NODATA' || status === 'NXDOMAIN'
}

/**
 * The records of an answer that hang together: the CNAME chain from the asked name, link by link, then the records of
 * its end. Others are left out, whoever put them there.
 */
export function* chainOf(answer: DnsAnswer): Generator<DnsRecord, void, void> {
  let owner = answer.name
  const passed = new Set<string>()
  while (!passed.has(owner)) {
    passed.add(owner)
    const own = answer.records.filter((record) => record.name === owner)
    yield* own
    const alias = answer.type === 'CNAME' ? undefined : own.find((record) => record.type === 'CNAME')
    if (!alias) return
    owner = alias.data
  }
}
