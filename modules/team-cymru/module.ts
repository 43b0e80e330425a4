import { reverseName } from '@mirage/model/address.ts'
import { ModuleError, defineModule, observe } from '@mirage/module-sdk'
import { isConclusive } from '@mirage/module-sdk/dns.ts'

/** What is announced under an address, and by how many: more is no answer of this source, and each would be asked for. */
const maxPrefixes = 20
const maxOrigins = 10

/**
 * The announced prefix and AS number of an address. Source: Team Cymru's IP to ASN mapping over DNS
 * (https://www.team-cymru.com/ip-asn-mapping): `AS … | prefix | country | registry | date` in a TXT record; several AS
 * numbers where a prefix has several origins.
 */
export const module = defineModule({
  id: 'team-cymru',
  version: 2,
  title: 'Team Cymru',
  summary: 'Announced prefix and AS number of addresses, over DNS',
  homepage: 'https://www.team-cymru.com',
  documentation: 'https://www.team-cymru.com/ip-asn-mapping',
  consumes: [{ type: 'ip-address', where: 'isPublic' }],
  produces: ['netblock', 'asn'],
  contact: 'stored',
  origin: 'bgp',
  useCases: ['footprint', 'investigate'],
  limits: { cacheFor: '24h' },
  sample: '198.18.0.10',
  batch: 500,
  async *runBatch({ entities, dns }) {
    const questions = new Map(entities.map(({ value }) => [originName(value), value]))
    const origins = new Set<string>()
    const asked = [...questions.keys()].map((name) => ({ name, type: 'TXT' as const }))
    let answered = 0
    for await (const answer of dns.resolveMany(asked)) {
      const { name, records } = answer
      if (isConclusive(answer)) answered++
      const address = questions.get(name)
      if (address === undefined) continue
      for (const { data } of records.filter(({ type }) => type === 'TXT').slice(0, maxPrefixes)) {
        const [numbers = '', prefix = '', country, registry, allocated] = fieldsOf(data)
        const attributes = { country, registry, allocated }
        const from = { type: 'ip-address', value: address } as const
        yield observe('netblock', prefix, { via: 'contains', direction: 'in', from, attributes })
        for (const number of numbers.match(/\b\d{1,10}\b/g)?.slice(0, maxOrigins) ?? []) {
          yield observe('asn', `AS${number}`, {
            via: 'announces',
            direction: 'in',
            from: { type: 'netblock', value: prefix },
          })
          origins.add(number)
        }
      }
    }
    // Without this, servers that answer nobody would look like addresses that nobody announces.
    if (answered === 0) throw new ModuleError('unreachable', 'None of the questions to asn.cymru.com was answered.')
    const names = [...origins].map((number) => ({ name: `as${number}.asn.cymru.com`, type: 'TXT' as const }))
    for await (const { name, records } of dns.resolveMany(names)) {
      const asn = { type: 'asn', value: name.slice(0, name.indexOf('.')).toUpperCase() } as const
      for (const { data } of records.filter(({ type }) => type === 'TXT')) {
        const [, country, registry, allocated, holder] = fieldsOf(data)
        if (!holder) continue
        // Of the number alone: which of its prefixes are in one batch is chance.
        yield observe('asn', asn.value, { from: asn, attributes: { name: holder, country, registry, allocated } })
      }
    }
  },
})

/** The name that answers for an address: its reverse name under another parent. */
function originName(address: string): string {
  return reverseName(address)
    .replace(/\.in-addr\.arpa$/, '.origin.asn.cymru.com')
    .replace(/\.ip6\.arpa$/, '.origin6.asn.cymru.com')
}

function fieldsOf(text: string): string[] {
  return text.split('|').map((field) => field.trim())
}
