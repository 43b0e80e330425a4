import { isAddress } from '@mirage/model/address.ts'
import { sharedInfrastructure } from '@mirage/model/shared-infrastructure.ts'
import { defineModule, observe, url } from '@mirage/module-sdk'

/**
 * Names that stand at an address beside those that led to it. Source: HackerTarget's Reverse IP Lookup API
 * (https://hackertarget.com/reverse-ip-lookup/): a name a line. Errors are sentences with status 200. The free
 * calls of a day are those of `hackertarget`: the source counts them together. Addresses of providers are left out: half
 * the world is there.
 */
export const module = defineModule({
  id: 'hackertarget-reverse',
  version: 1,
  title: 'HackerTarget: reverse IP',
  summary: 'Names that share an address',
  homepage: 'https://hackertarget.com',
  documentation: 'https://hackertarget.com/reverse-ip-lookup/',
  terms: 'https://hackertarget.com/terms/',
  consumes: [{ type: 'ip-address', where: 'isIpv4' }],
  produces: ['domain'],
  contact: 'stored',
  origin: 'hackertarget',
  useCases: ['investigate'],
  limits: { perSecond: 2, perDay: 50, concurrency: 8, group: 'hackertarget', cacheFor: '7d' },
  sample: '198.18.0.10',
  async *run({ entity, http }) {
    if (sharedInfrastructure(entity.value)) return
    const names = await http.rows(url`https://api.hackertarget.com/reverseiplookup/?q=${entity.value}`, readRow, {
      quotaWhen: /^API count exceeded/i,
      emptyWhen: /^(?:no dns a records found|no records found|error check your search parameter|error invalid host)/i,
    })
    for (const name of names) if (!isAddress(name)) yield observe('domain', name, { via: 'co_hosted_with' })
  },
})

function readRow(line: string): string | undefined {
  return /^[^\s,<>.]+\.[^\s,<>]+$/.test(line) ? line : undefined
}
