import { ipv4Number } from '@mirage/model/address.ts'
import { apexOf } from '@mirage/model/domain-name.ts'
import { indexedView } from '../world/indexed.ts'
import { json, type Provider } from './provider.ts'

const seenAt = '2025-03-10T06:21:14.123456'

/** Shodan's REST API: `GET /shodan/host/ADDRESS?key=KEY`, any key. https://developer.shodan.io/api */
export const shodan: Provider = {
  id: 'shodan',
  hosts: ['api.shodan.io'],
  handle({ url }, world) {
    if (!url.searchParams.get('key'))
      return {
        status: 401,
        headers: { 'content-type': 'text/html' },
        body: '<html><title>401 Unauthorized</title></html>',
      }
    if (url.pathname === '/api-info')
      return json({ plan: 'dev', query_credits: 100, scan_credits: 100, unlocked: true })
    const [, address] = /^\/shodan\/host\/([\da-f.:]+)$/i.exec(url.pathname) ?? []
    if (address === undefined) return json({ error: 'Invalid IP' }, 404)
    const view = indexedView(world, address)
    if (!view) return json({ error: 'No information available for that IP.' }, 404)
    const network = world.networkOf(address)
    const about = {
      ip: ipv4Number(address),
      ip_str: address,
      asn: `AS${network?.asn ?? 0}`,
      org: network?.holder.organization ?? null,
      isp: network?.holder.organization ?? null,
      hostnames: view.hostNames,
      domains: [...new Set(view.hostNames.map((name) => apexOf(name) ?? name))],
      os: null,
    }
    const location = { country_code: network?.holder.country ?? null, city: null, latitude: null, longitude: null }
    return json({
      ...about,
      ...location,
      ports: view.services.map(({ port }) => port),
      tags: view.tags,
      ...(view.vulnerabilities.length > 0 ? { vulns: view.vulnerabilities } : {}),
      last_update: seenAt,
      data: view.services.map(({ port, banner, product, version }) => ({
        ...about,
        location,
        port,
        transport: 'tcp',
        timestamp: seenAt,
        data: banner ?? '',
        hash: 0,
        ...(product === undefined ? {} : { product }),
        ...(version === undefined ? {} : { version }),
        cpe23: view.products
          .filter(({ name }) => name === product)
          .map(({ cpe }) => cpe.replace(/^cpe:\//, 'cpe:2.3:')),
      })),
    })
  },
}
