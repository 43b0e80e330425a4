import { hostSearch, namesAt } from '../world/passive.ts'
import type { World } from '../world/world.ts'
import { type Provider, type ProviderReply, text } from './provider.ts'

/**
 * HackerTarget: `GET /hostsearch/?q=DOMAIN` answers `name,address` lines, `GET /reverseiplookup/?q=ADDRESS` a name a
 * line. What goes wrong is a sentence with status 200. https://hackertarget.com/find-dns-host-records/,
 * https://hackertarget.com/reverse-ip-lookup/
 */
export const hackertarget: Provider = {
  id: 'hackertarget',
  hosts: ['api.hackertarget.com'],
  handle({ url }, world) {
    if (/^\/reverseiplookup\/?$/.test(url.pathname)) return reverse(url.searchParams.get('q') ?? '', world)
    if (!/^\/hostsearch\/?$/.test(url.pathname)) return text('404 Not Found', 404)
    const domain = url.searchParams.get('q')?.toLowerCase() ?? ''
    if (!/^([a-z\d_-]+\.)+[a-z][a-z\d-]*$/.test(domain)) return text('error check your search parameter')
    const lines = [...hostSearch(world, domain)].map(({ name, address }) => `${name},${address}`)
    return text(lines.length > 0 ? lines.join('\n') : 'No DNS A records found')
  },
}

function reverse(address: string, world: World): ProviderReply {
  if (!/^[\d.]{7,15}$/.test(address)) return text('error check your search parameter')
  const names = namesAt(world, address)
  return text(names.length > 0 ? names.join('\n') : `No DNS A records found for ${address}`)
}
