import { defineModule, observe, t, url } from '@mirage/module-sdk'

const Page = t.Object({
  data: t.Object({
    emails: t.Array(
      t.Object({
        value: t.String(),
        type: t.Optional(t.String()),
        confidence: t.Optional(t.Number()),
        first_name: t.Optional(t.String()),
        last_name: t.Optional(t.String()),
        position: t.Optional(t.String()),
      }),
    ),
  }),
  meta: t.Optional(
    t.Object({ results: t.Optional(t.Integer()), limit: t.Optional(t.Integer()), offset: t.Optional(t.Integer()) }),
  ),
})

/**
 * E-mail addresses of a domain that Hunter found in public pages. Source: Hunter API v2, domain search
 * (https://hunter.io/api-documentation/v2); ten addresses cost one search, 403 asks for fewer requests (15 a second, 500 a
 * minute), 429 says that the searches of the billing period are spent, and 400 ends the pages that a plan allows.
 */
export const module = defineModule({
  id: 'hunter',
  version: 1,
  title: 'Hunter',
  summary: 'E-mail addresses of a domain found in public pages',
  homepage: 'https://hunter.io',
  documentation: 'https://hunter.io/api-documentation/v2',
  terms: 'https://hunter.io/terms-of-service',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['email'],
  contact: 'stored',
  useCases: ['footprint', 'identity'],
  limits: { perMinute: 60, concurrency: 1, cacheFor: '7d' },
  needs: { key: 'HUNTER_API_KEY', where: 'https://hunter.io/api-keys', tier: 'tiered' },
  sample: 'northwind.example',
  async *run({ entity, http, key }) {
    const first = url`https://api.hunter.io/v2/domain-search?domain=${entity.value}&limit=10`
    const pages = http.pages(
      first,
      Page,
      ({ meta: { results = 0, limit = 10, offset = 0 } = {} }) =>
        offset + limit < results ? first + url`&offset=${offset + limit}` : undefined,
      {
        headers: { 'x-api-key': key },
        secrets: ['x-api-key'],
        means: { 403: 'rate-limited', 429: 'quota' },
        missing: [400],
      },
    )
    for await (const { data } of pages) {
      for (const { value, type, confidence, first_name, last_name, position } of data.emails) {
        const name = [first_name, last_name].filter(Boolean).join(' ')
        yield observe('email', value, { via: 'mentions', attributes: { kind: type, confidence, name, position } })
      }
    }
  },
})
