import { isBelow } from '@mirage/model/domain-name.ts'
import { defineModule, observe, t, url } from '@mirage/module-sdk'

const Issuances = t.Array(
  t.Object({
    id: t.String(),
    dns_names: t.Optional(t.Array(t.String())),
    cert_sha256: t.Optional(t.String()),
    not_before: t.Optional(t.String()),
    not_after: t.Optional(t.String()),
    issuer: t.Optional(t.Object({ friendly_name: t.Optional(t.String()), name: t.Optional(t.String()) })),
  }),
)

/**
 * Certificates issued for a domain and the names in them. Source: SSLMate's Certificate Transparency Search API v1
 * (https://sslmate.com/help/reference/ct_search_api_v1): pages follow by `after=<last id>` until one is empty,
 * and without an account ten an hour are free, more by plan with its key: what stands on them is kept when the next is
 * refused.
 */
export const module = defineModule({
  id: 'certspotter',
  version: 1,
  title: 'Cert Spotter',
  summary: 'Certificates in transparency logs and every name in them',
  homepage: 'https://sslmate.com/certspotter/',
  documentation: 'https://sslmate.com/help/reference/ct_search_api_v1',
  terms: 'https://sslmate.com/legal/terms',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['domain', 'certificate'],
  contact: 'stored',
  origin: 'certificate-transparency',
  useCases: ['footprint', 'monitor'],
  limits: { perMinute: 10, concurrency: 1, cacheFor: '6h' },
  accepts: { key: 'CERTSPOTTER_API_KEY', where: 'https://sslmate.com/account/api_keys', tier: 'tiered' },
  sample: 'northwind.example',
  async *run({ entity, http, key }) {
    const apex = entity.value
    const first = url`https://api.certspotter.com/v1/issuances?domain=${apex}&include_subdomains=true&expand=dns_names&expand=issuer`
    const next = (page: { id: string }[]): string | undefined => page.at(-1) && first + url`&after=${page.at(-1)!.id}`
    for await (const page of http.pages(
      first,
      Issuances,
      next,
      key === '' ? {} : { headers: { authorization: `Bearer ${key}` } },
    )) {
      for (const { dns_names: names = [], cert_sha256: sha256, not_before, not_after, issuer } of page) {
        const attributes = { issuer: issuer?.friendly_name ?? issuer?.name, notAfter: not_after }
        if (sha256) yield observe('certificate', sha256, { via: 'certificate', seenAt: not_before, attributes })
        for (const name of names.map((name) => name.replace(/^\*\./, '').toLowerCase())) {
          if (isBelow(name, apex)) yield observe('domain', name, { via: 'subdomain', seenAt: not_before })
          if (!sha256) continue
          const from = { type: 'certificate', value: sha256 } as const
          yield observe('domain', name, { via: 'san_dns_name', from, seenAt: not_before })
        }
      }
    }
  },
})
