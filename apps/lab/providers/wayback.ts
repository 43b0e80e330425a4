import { capturesOf } from '../world/archive.ts'
import { json, type Provider, text } from './provider.ts'

/** The fields of a row when nothing is said. */
const allFields = 'urlkey,timestamp,original,mimetype,statuscode,digest,length'

/**
 * The CDX server of the Wayback Machine: `GET /cdx/search/cdx?url=D&matchType=domain&output=json[&fl=…][&limit=N]
 * [&showResumeKey=true][&resumeKey=K]`; every page stands in it once, as `collapse=urlkey` asks.
 * https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server
 */
export const wayback: Provider = {
  id: 'wayback',
  hosts: ['web.archive.org'],
  handle({ url }) {
    const asked = url.searchParams
    const domain = asked.get('url')?.toLowerCase()
    if (url.pathname !== '/cdx/search/cdx') return text('Not Found', 404)
    if (!domain || asked.get('matchType') !== 'domain' || asked.get('output') !== 'json')
      return text('Bad Request', 400)
    const all = capturesOf(domain)
    const start = all.findIndex(({ key }) => key === asked.get('resumeKey')) + 1
    const limit = Number(asked.get('limit') ?? 150_000)
    const taken = all.slice(start, start + limit)
    if (taken.length === 0) return json([])
    const fields = (asked.get('fl') ?? allFields).split(',')
    const rows = taken.map(({ key, url: original, timestamp, type, status }) => {
      const values: Record<string, string> = {
        urlkey: key,
        timestamp,
        original,
        mimetype: type,
        statuscode: String(status),
        digest: 'Q4YULN754FHV2U6Q5JUT6Q2P57WEWNNY',
        length: '1415',
      }
      return fields.map((field) => values[field] ?? '-')
    })
    const isMore = start + limit < all.length && asked.get('showResumeKey') === 'true'
    return json([fields, ...rows, ...(isMore ? [[], [encodeURIComponent(taken.at(-1)!.key)]] : [])])
  },
}
