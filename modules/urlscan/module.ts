import { isBelow } from '@mirage/model/domain-name.ts'
import { defineModule, observe, t, url } from '@mirage/module-sdk'

const Page = t.Object({
  results: t.Array(
    t.Object({
      page: t.Object({
        domain: t.String(),
        url: t.String(),
        ip: t.Optional(t.String()),
        server: t.Optional(t.String()),
        title: t.Optional(t.String()),
        status: t.Optional(t.Union([t.String(), t.Number()])),
      }),
      task: t.Optional(t.Object({ time: t.Optional(t.String()) })),
      sort: t.Optional(t.Array(t.Union([t.String(), t.Number()]))),
    }),
  ),
  has_more: t.Optional(t.Boolean()),
})

/**
 * Pages of a domain that others had scanned in public: names, URLs and addresses. Search only: a submission would be
 * public and would visit the target. Source: urlscan.io Search API (https://docs.urlscan.io/apis/urlscan-openapi/search):
 * the next page is `search_after` = the `sort` of the last result.
 */
export const module = defineModule({
  id: 'urlscan',
  version: 1,
  title: 'urlscan.io',
  summary: 'Pages of a domain that were scanned in public before',
  homepage: 'https://urlscan.io',
  documentation: 'https://docs.urlscan.io/apis/urlscan-openapi/search',
  terms: 'https://urlscan.io/terms/',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['domain', 'url', 'ip-address'],
  contact: 'stored',
  useCases: ['footprint', 'investigate'],
  limits: { perMinute: 30, concurrency: 1, cacheFor: '6h' },
  accepts: { key: 'URLSCAN_API_KEY', where: 'https://urlscan.io/user/profile/', tier: 'tiered' },
  sample: 'northwind.example',
  async *run({ entity, http, key }) {
    const apex = entity.value
    const first = url`https://urlscan.io/api/v1/search/?q=${`page.domain:${apex}`}&size=100`
    const pages = http.pages(
      first,
      Page,
      ({ results, has_more: more }) => {
        const sort = results.at(-1)?.sort
        return more && sort ? first + url`&search_after=${sort.join(',')}` : undefined
      },
      { maxPages: 20, ...(key === '' ? {} : { headers: { 'api-key': key }, secrets: ['api-key'] }) },
    )
    for await (const { results } of pages) {
      for (const { page, task } of results) {
        const host = page.domain.toLowerCase()
        if (host !== apex && !isBelow(host, apex)) continue
        const seenAt = task?.time
        const from = { type: 'domain', value: host } as const
        yield observe('domain', host, { via: 'subdomain', seenAt })
        const attributes = { title: page.title, status: Number(page.status) || undefined, server: page.server }
        yield observe('url', page.url, { via: 'website', from, seenAt, attributes })
        if (!page.ip) continue
        const qualifier = page.ip.includes(':') ? 'AAAA' : 'A'
        yield observe('ip-address', page.ip, { via: 'dns_record', qualifier, from, seenAt })
      }
    }
  },
})
