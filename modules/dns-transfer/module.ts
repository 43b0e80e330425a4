import { isBelow } from '@mirage/model/domain-name.ts'
import type { DnsRecord } from '@mirage/model/exchange.ts'
import type { Outcome } from '@mirage/model/outcome.ts'
import { defineModule, finding, observe } from '@mirage/module-sdk'
import { recordEntityTypes, sightingOf } from '@mirage/module-sdk/dns.ts'
import { failureOf } from '@mirage/module-sdk/error.ts'

/** A zone may name thousands of servers, and a transfer is asked of each; thirteen is what the root has. */
const maxServers = 13

/** Outcomes of one server, which keep no other from being asked; anything else ends the task. */
const ofTheServer = new Set<Outcome>(['unreachable', 'timed-out', 'out-of-scope'])

/**
 * The whole zone, from each name server that gives it to strangers. Source: AXFR (RFC 5936). That a server does is a
 * weakness by itself and stated as a finding. Most names own no zone: many are asked about at once, and only a name that
 * has name servers is transferred.
 */
export const module = defineModule({
  id: 'dns-transfer',
  version: 1,
  title: 'Zone transfer',
  summary: 'All records of a zone, where a name server gives them to anyone',
  homepage: 'https://www.rfc-editor.org/rfc/rfc5936',
  consumes: [{ type: 'domain' }],
  produces: [...recordEntityTypes],
  contact: 'target',
  origin: 'dns',
  useCases: ['footprint', 'investigate'],
  limits: { concurrency: 20, timeout: '5m' },
  volatile: ['ttl'],
  sample: 'northwind.example',
  batch: 200,
  async *runBatch({ entities, dns }) {
    const zones: [zone: string, servers: string[]][] = []
    for await (const { name, records } of dns.resolveMany(entities.map(({ value }) => ({ name: value, type: 'NS' })))) {
      const servers = new Set(
        records.filter((record) => record.type === 'NS' && record.name === name).map(({ data }) => data),
      )
      if (servers.size > 0) zones.push([name, [...servers].sort().slice(0, maxServers)])
    }
    let failure: unknown
    for (const [zone, servers] of zones) {
      const open: string[] = []
      for (const server of servers) {
        const transfer = await dns.transfer(zone, server).catch((error: unknown) => {
          if (!ofTheServer.has(failureOf(error).outcome)) throw error
          failure ??= error
          return undefined
        })
        if (!transfer) continue
        open.push(server)
        yield* namesAndRecords(zone, transfer.records)
      }
      if (open.length > 0) {
        yield finding({
          rule: 'dns-transfer.open',
          severity: 'medium',
          title: 'The zone can be transferred by anyone',
          explanation: `${open.join(', ')} answered a zone transfer of ${zone}. It lists every name and service of the zone; allow transfers to secondary servers only.`,
          about: [{ type: 'domain', value: zone }],
        })
      }
    }
    if (failure !== undefined) throw failure
  },
})

function* namesAndRecords(zone: string, records: DnsRecord[]) {
  const from = { type: 'domain', value: zone } as const
  const owners = new Set<string>()
  const wildcards = new Set<string>()
  for (const record of records) {
    const owner = record.name
    if (owner.startsWith('*.')) wildcards.add(owner.slice(2))
    if (owner.startsWith('*.') || (owner !== zone && !isBelow(owner, zone))) continue
    if (owner !== zone && !owners.has(owner)) yield observe('domain', owner, { via: 'subdomain', from })
    owners.add(owner)
    const sighting = sightingOf(record)
    if (sighting) yield sighting
  }
  for (const name of wildcards)
    if (name === zone || owners.has(name)) yield observe('domain', name, { from, tags: ['wildcard'] })
}
