import { indexedView } from '../world/indexed.ts'
import { json, type Provider } from './provider.ts'

/**
 * Shodan's InternetDB: `GET /{ip}` answers `{cpes, hostnames, ip, ports, tags, vulns}`, or 404 with
 * `{"detail":"No information available"}`, or 422 for what is no address. No key. https://internetdb.shodan.io/docs
 */
export const internetdb: Provider = {
  id: 'internetdb',
  hosts: ['internetdb.shodan.io'],
  handle({ url }, world) {
    const address = decodeURIComponent(url.pathname.slice(1))
    if (!/^[\d.]+$|:/.test(address))
      return json(
        { detail: [{ loc: ['path', 'ip'], msg: 'value is not a valid IPv4 or IPv6 address', type: 'value_error' }] },
        422,
      )
    const view = indexedView(world, address)
    if (!view) return json({ detail: 'No information available' }, 404)
    return json({
      cpes: view.products.map(({ cpe }) => cpe),
      hostnames: view.hostNames,
      ip: address,
      ports: view.services.map(({ port }) => port),
      tags: view.tags,
      vulns: view.vulnerabilities,
    })
  },
}
