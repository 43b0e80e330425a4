import { isBelow } from '@mirage/model/domain-name.ts'
import { defineModule, observe, t, url } from '@mirage/module-sdk'

const Issuances = t.Array(
  t.Object({ name_value: t.String(), issuer_name: t.Optional(t.String()), not_before: t.Optional(t.String()) }),
)

/**
 * Host names in public TLS certificates for a domain.
 * Source: crt.sh's JSON output (https://github.com/crtsh/certwatch_db); `name_value` holds one name a line, some with
 * `*.` before them and some e-mail addresses. It carries no fingerprint, so no certificate can be identified from it.
 */
export const module = defineModule({
  id: 'crtsh',
  version: 1,
  title: 'crt.sh',
  summary: 'Names in certificate transparency logs',
  homepage: 'https://crt.sh',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['domain', 'email'],
  contact: 'stored',
  origin: 'certificate-transparency',
  useCases: ['footprint', 'monitor'],
  limits: { perMinute: 20, concurrency: 2, cacheFor: '6h', timeout: '3m' },
  sample: 'northwind.example',
  async *run({ entity, http }) {
    const rows = await http.json(url`https://crt.sh/?q=${entity.value}&output=json`, Issuances, {
      timeoutMs: 90_000,
      maxBytes: 64 * 1024 * 1024,
    })
    for (const row of rows ?? []) {
      const seen = { seenAt: row.not_before, attributes: { issuer: row.issuer_name } }
      for (const name of row.name_value.toLowerCase().split('\n')) {
        const host = name.slice(name.lastIndexOf('@') + 1)
        // Names are searched for as parts of others: `big-northwind.example` comes, too, and is somebody else's.
        if (host !== entity.value && !isBelow(host, entity.value)) continue
        if (name.includes('@')) yield observe('email', name, { via: 'mentions', ...seen })
        else if (host !== entity.value) {
          yield observe('domain', name.replace(/^\*\./, ''), { via: 'subdomain', ...seen })
        }
      }
    }
  },
})
