import { hostOfUrl } from '@mirage/model/entities/infrastructure/url.ts'
import { defineModule, observe, t, url } from '@mirage/module-sdk'

/** A row a capture, the first of a page with the names of the fields; an empty row comes before the key of the next page. */
const Rows = t.Array(t.Array(t.String()))

const fields = 'original,timestamp,mimetype,statuscode'
const perPage = 2000

/**
 * Pages of a domain and of the names below it that the Internet Archive keeps, each once, errors left out. Source: the
 * Wayback CDX server (https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server), sorted by name and
 * path. Names and pages may be long gone.
 */
export const module = defineModule({
  id: 'wayback',
  version: 1,
  title: 'Wayback Machine',
  summary: 'Archived pages of a domain, and the names they were at',
  homepage: 'https://web.archive.org',
  documentation: 'https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server',
  terms: 'https://archive.org/about/terms.php',
  consumes: [{ type: 'domain', where: 'isApex' }],
  produces: ['domain', 'url'],
  contact: 'stored',
  origin: 'internet-archive',
  useCases: ['footprint', 'investigate'],
  flags: ['slow'],
  limits: { perMinute: 15, concurrency: 1, cacheFor: '7d', timeout: '10m' },
  settings: t.Object({
    pages: t.Integer({
      minimum: 1,
      maximum: 100,
      default: 3,
      description: `How many times ${perPage} pages of one domain are taken at most.`,
    }),
  }),
  sample: 'northwind.example',
  async *run({ entity, http, settings }) {
    const first =
      url`https://web.archive.org/cdx/search/cdx?url=${entity.value}&matchType=domain&output=json&fl=${fields}` +
      url`&collapse=urlkey&filter=${'!statuscode:[45]..'}&limit=${perPage}&showResumeKey=true`
    // The key is encoded already.
    const next = (rows: string[][]): string | undefined =>
      rows.at(-2)?.length === 0 && rows.at(-1)?.[0] ? `${first}&resumeKey=${rows.at(-1)![0]}` : undefined
    const options = { timeoutMs: 90_000, maxPages: settings.pages }
    for await (const rows of http.pages(first, Rows, next, options)) {
      for (const [page = '', timestamp = '', type, status] of rows) {
        if (!/^https?:\/\//i.test(page) || !URL.canParse(page)) continue
        const seenAt = instantOf(timestamp)
        const from = { type: 'domain', value: hostOfUrl(new URL(page).href) } as const
        if (from.value !== entity.value) yield observe('domain', from.value, { via: 'subdomain', seenAt })
        yield observe('url', page, {
          via: 'website',
          from,
          seenAt,
          attributes: { archivedType: type, archivedStatus: Number(status) || undefined },
        })
      }
    }
  },
})

/** `yyyyMMddhhmmss` as ISO 8601. */
function instantOf(timestamp: string): string | undefined {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(timestamp) ?? []
  return year === undefined ? undefined : `${year}-${month}-${day}T${hour}:${minute}:${second}Z`
}
