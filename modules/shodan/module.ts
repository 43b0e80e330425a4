import { defineModule, observe, t, url } from '@mirage/module-sdk'

const Host = t.Object({
  data: t.Array(
    t.Object({
      port: t.Integer(),
      transport: t.Optional(t.String()),
      product: t.Optional(t.String()),
      version: t.Optional(t.String()),
      timestamp: t.Optional(t.String()),
      cpe23: t.Optional(t.Array(t.String())),
    }),
  ),
  hostnames: t.Optional(t.Array(t.String())),
  vulns: t.Optional(t.Array(t.String())),
  tags: t.Optional(t.Array(t.String())),
})

/**
 * What Shodan saw on an address: ports, products, names, vulnerabilities. Source: Shodan REST API, host information
 * (https://developer.shodan.io/api); 404 means that nothing is known.
 */
export const module = defineModule({
  id: 'shodan',
  version: 2,
  title: 'Shodan',
  summary: 'Ports, products, names and vulnerabilities of an address, with the time they were seen',
  homepage: 'https://www.shodan.io',
  documentation: 'https://developer.shodan.io/api',
  terms: 'https://www.shodan.io/legal/tos',
  consumes: [{ type: 'ip-address', where: 'isPublic' }],
  produces: ['open-port', 'technology', 'domain', 'vulnerability', 'ip-address'],
  contact: 'stored',
  origin: 'shodan',
  useCases: ['footprint', 'investigate'],
  limits: { perSecond: 1, concurrency: 8, cacheFor: '24h' },
  needs: { key: 'SHODAN_API_KEY', where: 'https://account.shodan.io', tier: 'tiered' },
  sample: '198.18.0.10',
  async *run({ entity, http, key }) {
    const address = entity.value
    const host = await http.json(url`https://api.shodan.io/shodan/host/${address}?key=${key}`, Host, {
      missing: [404],
      secrets: ['key'],
    })
    if (!host) return
    const { data, hostnames = [], vulns = [], tags = [] } = host
    for (const { port, transport = 'tcp', product, version, timestamp, cpe23 } of data) {
      const socket = `${address.includes(':') ? `[${address}]` : address}:${port}/${transport}`
      yield observe('open-port', socket, { via: 'port', seenAt: timestamp })
      if (!product) continue
      yield observe('technology', product, {
        via: 'product_used',
        from: { type: 'open-port', value: socket },
        seenAt: timestamp,
        attributes: { version, cpe: cpe23?.[0] },
      })
    }
    for (const name of hostnames) yield observe('domain', name, { via: 'co_hosted_with' })
    for (const id of vulns) yield observe('vulnerability', id, { via: 'affects', direction: 'in' })
    const ours = tags.filter((tag) => tag === 'cdn' || tag === 'cloud')
    if (ours.length > 0) yield observe('ip-address', address, { tags: ours })
  },
})
