import { addressOfReverseName, reverseName } from '@mirage/model/address.ts'
import { defineModule, observe } from '@mirage/module-sdk'

/** The names that addresses point back to. Source: PTR records (RFC 1035 §3.5, RFC 3596 §2.5). */
export const module = defineModule({
  id: 'dns-reverse',
  version: 1,
  title: 'Reverse DNS',
  summary: 'Names that addresses point back to',
  homepage: 'https://www.rfc-editor.org/rfc/rfc1035',
  consumes: [{ type: 'ip-address' }],
  produces: ['domain'],
  contact: 'relayed',
  origin: 'dns',
  useCases: ['footprint', 'investigate', 'monitor'],
  volatile: ['ttl'],
  sample: '198.18.0.10',
  batch: 1000,
  async *runBatch({ entities, dns }) {
    const questions = entities.map(({ value }) => ({ name: reverseName(value), type: 'PTR' as const }))
    for await (const { name, records } of dns.resolveMany(questions)) {
      const address = addressOfReverseName(name)
      if (address === undefined) continue
      for (const { type, data, ttl } of records) {
        // A delegation below a /24 answers through a CNAME (RFC 2317); the name it ends in is what counts.
        if (type !== 'PTR') continue
        yield observe('domain', data, {
          via: 'ptr_record',
          from: { type: 'ip-address', value: address },
          attributes: { ttl },
        })
      }
    }
  },
})
