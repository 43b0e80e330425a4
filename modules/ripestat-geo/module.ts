import { defineModule, observe, t, url } from '@mirage/module-sdk'

const Places = t.Object({
  data: t.Object({
    located_resources: t.Array(
      t.Object({
        locations: t.Array(
          t.Object({
            latitude: t.Number(),
            longitude: t.Number(),
            country: t.Optional(t.String()),
            city: t.Optional(t.String()),
            covered_percentage: t.Optional(t.Number()),
          }),
        ),
      }),
    ),
  }),
})

/** A block that is spread over more places than this says little by its places. */
const maxPlaces = 25

/**
 * Where the addresses of a block are, as far as a geolocation database tells: the middle of a city or of a country.
 * Source: RIPEstat Data API, maxmind-geo-lite (https://stat.ripe.net/docs/data-api/api-endpoints/maxmind-geo-lite),
 * which is GeoLite2 by MaxMind; its licence binds who passes it on.
 */
export const module = defineModule({
  id: 'ripestat-geo',
  version: 1,
  title: 'RIPEstat: places',
  summary: 'Where the addresses of a block are',
  homepage: 'https://stat.ripe.net',
  documentation: 'https://stat.ripe.net/docs/data-api/api-endpoints/maxmind-geo-lite',
  terms: 'https://www.maxmind.com/en/geolite2/eula',
  consumes: [{ type: 'netblock' }],
  produces: ['geo-point'],
  contact: 'stored',
  origin: 'maxmind',
  useCases: ['footprint', 'investigate'],
  limits: { perSecond: 8, concurrency: 4, group: 'ripestat', cacheFor: '7d' },
  sample: '198.18.8.0/22',
  async *run({ entity, http }) {
    const places = await http.json(
      url`https://stat.ripe.net/data/maxmind-geo-lite/data.json?resource=${entity.value}&sourceapp=mirage-osint`,
      Places,
    )
    const locations = (places?.data.located_resources ?? []).flatMap((resource) => resource.locations)
    const largest = locations.sort((a, b) => (b.covered_percentage ?? 0) - (a.covered_percentage ?? 0))
    for (const { latitude, longitude, country, city, covered_percentage: share } of largest.slice(0, maxPlaces)) {
      const attributes = { country, city: city === '' ? undefined : city, share }
      yield observe('geo-point', `${latitude},${longitude}`, { via: 'location', attributes })
    }
  },
})
