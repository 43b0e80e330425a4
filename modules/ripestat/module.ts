import { defineModule, observe, t, url } from '@mirage/module-sdk'

const NetworkInfo = t.Object({
  data: t.Object({ asns: t.Array(t.Union([t.String(), t.Integer()])), prefix: t.Optional(t.String()) }),
})
const AnnouncedPrefixes = t.Object({ data: t.Object({ prefixes: t.Array(t.Object({ prefix: t.String() })) }) })
const AsOverview = t.Object({ data: t.Object({ holder: t.Optional(t.String()), announced: t.Optional(t.Boolean()) }) })

/**
 * Routing seen by RIPE's collectors: the prefix and AS number of an address, the prefixes of an AS number. Source:
 * RIPEstat Data API (https://stat.ripe.net/docs/data-api/): network-info, announced-prefixes, as-overview.
 */
export const module = defineModule({
  id: 'ripestat',
  version: 1,
  title: 'RIPEstat',
  summary: 'Prefix and AS number of addresses, prefixes of AS numbers',
  homepage: 'https://stat.ripe.net',
  documentation: 'https://stat.ripe.net/docs/data-api/',
  terms: 'https://www.ripe.net/about-us/legal/ripestat-service-terms-and-conditions/',
  consumes: [{ type: 'ip-address', where: 'isPublic' }, { type: 'asn' }],
  produces: ['netblock', 'asn'],
  contact: 'stored',
  origin: 'bgp',
  useCases: ['footprint', 'investigate'],
  limits: { perSecond: 8, concurrency: 8, cacheFor: '24h' },
  sample: '198.18.0.10',
  async *run({ entity, http }) {
    const { type, value } = entity
    const ask = (call: string): string =>
      url`https://stat.ripe.net/data/${call}/data.json?resource=${value}&sourceapp=mirage-osint`
    if (type === 'asn') {
      const overview = await http.json(ask('as-overview'), AsOverview)
      if (overview?.data.holder) yield observe('asn', value, { attributes: { name: overview.data.holder } })
      const announced = await http.json(ask('announced-prefixes'), AnnouncedPrefixes)
      for (const { prefix } of announced?.data.prefixes ?? []) yield observe('netblock', prefix, { via: 'announces' })
      return
    }
    const { asns = [], prefix } = (await http.json(ask('network-info'), NetworkInfo))?.data ?? {}
    if (!prefix) return
    yield observe('netblock', prefix, { via: 'contains', direction: 'in' })
    const from = { type: 'netblock', value: prefix } as const
    for (const number of asns) yield observe('asn', `AS${number}`, { via: 'announces', direction: 'in', from })
  },
})
