import { hostSearch } from '../world/passive.ts'
import { type Provider, text } from './provider.ts'

/**
 * HackerTarget: `GET /hostsearch/?q=DOMAIN` answers `name,address` lines. What goes wrong is a sentence with status 200.
 * https://hackertarget.com/find-dns-host-records/
 */
export const hackertarget: Provider = {
  id: 'hackertarget',
  hosts: ['api.hackertarget.com'],
  handle({ url }, world) {
    if (!/^\/hostsearch\/?$/.test(url.pathname)) return text('404 Not Found', 404)
    const domain = url.searchParams.get('q')?.toLowerCase() ?? ''
    if (!/^([a-z\d_-]+\.)+[a-z][a-z\d-]*$/.test(domain)) return text('error check your search parameter')
    const lines = [...hostSearch(world, domain)].map(({ name, address }) => `${name},${address}`)
    return text(lines.length > 0 ? lines.join('\n') : 'No DNS A records found')
  },
}
