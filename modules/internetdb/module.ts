import { defineModule, observe, t, url } from '@mirage/module-sdk'

const Host = t.Object({
  ports: t.Array(t.Integer()),
  hostnames: t.Optional(t.Array(t.String())),
  cpes: t.Optional(t.Array(t.String())),
  vulns: t.Optional(t.Array(t.String())),
  tags: t.Optional(t.Array(t.String())),
})

/**
 * Open ports, products, names and known vulnerabilities of an address. Source: Shodan InternetDB
 * (https://internetdb.shodan.io/docs), weekly data without a key; 404 means that nothing is known, and it bans for an
 * hour who hurries.
 */
export const module = defineModule({
  id: 'internetdb',
  version: 2,
  title: 'Shodan InternetDB',
  summary: 'Open ports, products, names and vulnerabilities of an address',
  homepage: 'https://internetdb.shodan.io',
  documentation: 'https://internetdb.shodan.io/docs',
  consumes: [{ type: 'ip-address', where: 'isIpv4' }],
  produces: ['open-port', 'domain', 'technology', 'vulnerability', 'ip-address'],
  contact: 'stored',
  origin: 'shodan',
  useCases: ['footprint', 'investigate'],
  limits: { perSecond: 1, concurrency: 8, cacheFor: '24h' },
  sample: '198.18.0.10',
  async *run({ entity, http }) {
    const address = entity.value
    const host = await http.json(url`https://internetdb.shodan.io/${address}`, Host, { missing: [404] })
    if (!host) return
    const { ports, hostnames = [], cpes = [], vulns = [], tags = [] } = host
    for (const port of ports) yield observe('open-port', `${address}:${port}/tcp`, { via: 'port' })
    for (const name of hostnames) yield observe('domain', name, { via: 'co_hosted_with' })
    for (const cpe of cpes) {
      const { product, version } = readCpe(cpe)
      if (product) yield observe('technology', product, { via: 'product_used', attributes: { cpe, version } })
    }
    for (const id of vulns) yield observe('vulnerability', id, { via: 'affects', direction: 'in' })
    if (tags.length > 0) {
      const ours = tags.filter((tag) => tag === 'cdn' || tag === 'cloud')
      yield observe('ip-address', address, { attributes: { shodanTags: tags.sort() }, tags: ours })
    }
  },
})

/** Product and version of a CPE in its URI (`cpe:/a:vendor:product:version`) or formatted (`cpe:2.3:a:…`) binding. */
function readCpe(cpe: string): { product?: string; version?: string } {
  const [, , product, version] = cpe.replace(/^cpe:(\/|2\.3:)/, '').split(':')
  return {
    ...(product ? { product: product.replaceAll('_', ' ') } : {}),
    ...(version && version !== '*' ? { version } : {}),
  }
}
