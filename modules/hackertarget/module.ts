import { isBelow } from '@mirage/model/domain-name.ts'
import { defineModule, observe, url } from '@mirage/module-sdk'

/**
 * Host names of a domain and the address each had when it was last seen. Source: HackerTarget's Find DNS Host Records
 * API (https://hackertarget.com/find-dns-host-records/): `name,address` lines. Errors are sentences with status 200.
 * Free without an account: 50 calls a day and address, two a second (https://hackertarget.com/ip-tools/; more in
 * `fixtures/README.md`).
 */
export const module = defineModule({
  id: 'hackertarget',
  version: 1,
  title: 'HackerTarget',
  summary: 'Host names of a domain with their addresses',
  homepage: 'https://hackertarget.com',
  documentation: 'https://hackertarget.com/find-dns-host-records/',
  terms: 'https://hackertarget.com/terms/',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['domain', 'ip-address'],
  contact: 'stored',
  useCases: ['footprint'],
  limits: { perSecond: 2, perDay: 50, concurrency: 1, cacheFor: '12h' },
  sample: 'northwind.example',
  async *run({ entity, http }) {
    const rows = await http.rows(url`https://api.hackertarget.com/hostsearch/?q=${entity.value}`, readRow, {
      quotaWhen: /^API count exceeded/i,
      emptyWhen: /^(no dns a records found|no records found|error check your search parameter|error invalid host)/i,
    })
    for (const { name, address } of rows) {
      if (name !== entity.value && !isBelow(name, entity.value)) continue
      yield observe('domain', name, { via: 'subdomain' })
      const from = { type: 'domain', value: name } as const
      yield observe('ip-address', address, { via: 'dns_record', qualifier: address.includes(':') ? 'AAAA' : 'A', from })
    }
  },
})

function readRow(line: string): { name: string; address: string } | undefined {
  const [, name, address] = /^([^\s,.]+\.[^\s,]+),([\da-f.:]+)$/i.exec(line) ?? []
  return name && address ? { name: name.toLowerCase(), address } : undefined
}
