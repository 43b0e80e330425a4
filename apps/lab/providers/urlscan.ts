import { apexOf } from '@mirage/model/domain-name.ts'
import { type ScannedPage, scannedPages } from '../world/passive.ts'
import { json, type Provider } from './provider.ts'

const defaultSize = 100
/** The most results of one answer without an account. */
const maxSize = 100

/**
 * urlscan.io: `GET /api/v1/search/?q=page.domain:DOMAIN` answers public scans of pages of a domain and of what is below
 * it, newest first; `search_after` is the `sort` of the last result seen. https://docs.urlscan.io/apis/urlscan-openapi/search
 */
export const urlscan: Provider = {
  id: 'urlscan',
  hosts: ['urlscan.io'],
  handle({ url }, world) {
    if (!/^\/api\/v1\/search\/?$/.test(url.pathname)) return json({ message: 'Not Found', status: 404 }, 404)
    const { searchParams } = url
    const [, domain] = /^(?:page\.)?domain:"?([^\s"]+)"?$/.exec(searchParams.get('q') ?? '') ?? []
    if (domain === undefined)
      return json({ message: 'Search query is invalid', description: 'no such query', status: 400 }, 400)
    const size = Math.min(Number(searchParams.get('size') ?? defaultSize), maxSize)
    const found = scannedPages(world, domain.toLowerCase())
    const after = searchParams.get('search_after')
    const first = after === null ? 0 : found.findIndex((page) => sortOf(page).join(',') === after) + 1
    const page = found.slice(first, first + size)
    return json({
      results: page.map(resultOf),
      total: found.length,
      took: 7,
      has_more: first + size < found.length,
    })
  },
}

function sortOf({ scannedAt, id }: ScannedPage): [number, string] {
  return [Date.parse(scannedAt), id]
}

function resultOf(page: ScannedPage): object {
  const { id, url, domain, address, title, server, asn, asName, status, scannedAt } = page
  const apexDomain = apexOf(domain) ?? domain
  return {
    submitter: {},
    task: { visibility: 'public', method: 'manual', domain, apexDomain, time: scannedAt, uuid: id, url },
    stats: { uniqIPs: 1, uniqCountries: 1, dataLength: 48_213, encodedDataLength: 15_102, requests: 9 },
    page: {
      country: 'GB',
      ...(server === undefined ? {} : { server }),
      ip: address,
      mimeType: 'text/html',
      title,
      url,
      domain,
      apexDomain,
      asnname: asName,
      asn: `AS${asn}`,
      tlsIssuer: 'Lab Trust CA 1',
      status: String(status),
    },
    _id: id,
    _score: null,
    sort: sortOf(page),
    result: `https://urlscan.io/api/v1/result/${id}/`,
    screenshot: `https://urlscan.io/screenshots/${id}.png`,
  }
}
