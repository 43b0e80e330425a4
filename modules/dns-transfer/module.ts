import { isBelow } from '@mirage/model/domain-name.ts'
import { defineModule, finding, observe } from '@mirage/module-sdk'
import { recordEntityTypes, sightingOf } from '@mirage/module-sdk/dns.ts'

/** A zone may name thousands of servers, and a transfer is asked of each; thirteen is what the root has. */
const maxServers = 13

/**
 * The whole zone, from each name server that gives it to strangers. Source: AXFR (RFC 5936). That a server does is a
 * weakness by itself and stated as a finding.
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
  async *run({ entity, dns }) {
    const zone = entity.value
    const { records: delegation } = await dns.resolve(zone, 'NS')
    const open: string[] = []
    const servers = new Set(
      delegation.filter(({ name, type }) => type === 'NS' && name === zone).map(({ data }) => data),
    )
    for (const server of [...servers].slice(0, maxServers)) {
      const transfer = await dns.transfer(zone, server)
      if (!transfer) continue
      open.push(server)
      const owners = new Set<string>()
      const wildcards = new Set<string>()
      for (const record of transfer.records) {
        const owner = record.name
        if (owner.startsWith('*.')) wildcards.add(owner.slice(2))
        if (owner.startsWith('*.') || (owner !== zone && !isBelow(owner, zone))) continue
        if (owner !== zone && !owners.has(owner)) yield observe('domain', owner, { via: 'subdomain' })
        owners.add(owner)
        const sighting = sightingOf(record)
        if (sighting) yield sighting
      }
      for (const name of wildcards) {
        if (name === zone || owners.has(name)) yield observe('domain', name, { tags: ['wildcard'] })
      }
    }
    if (open.length > 0) {
      yield finding({
        rule: 'dns-transfer.open',
        severity: 'medium',
        title: 'The zone can be transferred by anyone',
        explanation: `${open.join(', ')} answered a zone transfer of ${zone}. It lists every name and service of the zone; allow transfers to secondary servers only.`,
      })
    }
  },
})
