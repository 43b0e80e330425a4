import { isApex } from '@mirage/model/domain-name.ts'
import type { DnsAnswer, DnsQuestion } from '@mirage/model/exchange.ts'
import { defineModule, observe } from '@mirage/module-sdk'
import { chainOf, recordEntityTypes, sightingOf } from '@mirage/module-sdk/dns.ts'
import { serviceNames } from './services.ts'
import { tagOf } from './tags.ts'

const recordTypesOfName = ['AAAA', 'MX', 'NS', 'SOA', 'TXT', 'CAA'] as const

/**
 * The records of names: addresses first, because one question tells whether a name exists, then the other types
 * of those that do, and the service records of registrable domains. A name that is an alias has no records of its own.
 * What leads to a provider's shared infrastructure is tagged, and names that do not exist are.
 * Source: RFC 1035, RFC 2782 (SRV), RFC 8659 (CAA), RFC 8020 (NXDOMAIN means nothing of any type).
 */
export const module = defineModule({
  id: 'dns-resolve',
  version: 1,
  title: 'DNS records',
  summary: 'Addresses, aliases, mail and name servers, texts and services of names',
  homepage: 'https://www.rfc-editor.org/rfc/rfc1035',
  consumes: [{ type: 'domain' }],
  produces: [...recordEntityTypes],
  contact: 'relayed',
  origin: 'dns',
  useCases: ['footprint', 'investigate', 'monitor'],
  volatile: ['ttl'],
  sample: 'northwind.example',
  batch: 1000,
  async *runBatch({ entities, dns }) {
    const tags = new Map<string, Set<string>>()
    const tag = (name: string, which: string): void => void tags.set(name, (tags.get(name) ?? new Set()).add(which))
    function* sightingsOf(answer: DnsAnswer) {
      for (const record of chainOf(answer)) {
        const sighting = sightingOf(record)
        if (!sighting) continue
        const shared = tagOf(sighting)
        if (shared !== undefined) tag(answer.name, shared)
        yield shared !== undefined && sighting.via === 'dns_record' ? { ...sighting, tags: [shared] } : sighting
      }
    }

    const further = new Map<string, DnsQuestion>()
    const ask = (name: string, type: DnsQuestion['type']): void => void further.set(`${type} ${name}`, { name, type })
    /** Names of services → the domain they are of. */
    const services = new Map<string, string>()
    for await (const answer of dns.resolveMany(entities.map(({ value }) => ({ name: value, type: 'A' })))) {
      yield* sightingsOf(answer)
      if (answer.status === 'NXDOMAIN') tag(endOf(answer), 'unresolved')
      if (answer.status !== 'NOERROR' && answer.status !== 'NODATA') continue
      const { name } = answer
      const isAlias = answer.records.some((record) => record.name === name && record.type === 'CNAME')
      for (const type of isAlias ? (['AAAA'] as const) : recordTypesOfName) ask(name, type)
      if (name.startsWith('_')) ask(name, 'SRV')
      if (!isApex(name)) continue
      for (const service of serviceNames) {
        services.set(`${service}.${name}`, name)
        ask(`${service}.${name}`, 'SRV')
      }
    }
    const given = new Set(entities.map(({ value }) => value))
    for await (const answer of dns.resolveMany(further.values())) {
      if (answer.records.length === 0) continue
      const hasService = answer.type === 'SRV' && answer.records.some(({ type }) => type === 'SRV')
      const apex = hasService ? services.get(answer.name) : undefined
      // Also of a name that is itself among those asked about: which names are asked about together is chance.
      if (apex !== undefined)
        yield observe('domain', answer.name, { via: 'subdomain', from: { type: 'domain', value: apex } })
      if (apex === undefined && !given.has(answer.name)) continue
      yield* sightingsOf(answer)
    }
    for (const [name, which] of tags) {
      yield observe('domain', name, { from: { type: 'domain', value: name }, tags: [...which] })
    }
  },
})

/** The name that a chain of aliases ends in: the one that an NXDOMAIN is about (RFC 6604 §3). */
function endOf(answer: DnsAnswer): string {
  let end = answer.name
  for (const { type, data } of chainOf(answer)) if (type === 'CNAME') end = data
  return end
}
