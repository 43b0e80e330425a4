import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const url = 'https://stat.ripe.net/data/maxmind-geo-lite/data.json?resource=198.18.8.0%2F22&sourceapp=mirage-osint'
const given = '198.18.8.0/22'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields the places of a block',
      given,
      http: [{ url, body: fixture(import.meta.dirname, 'places.json') }],
      dropped: 1,
      expect: [
        '-location-> geo-point:51.5081,-0.1278 {"country":"GB","city":"London","share":50}',
        '-location-> geo-point:59.3247,18.056 {"country":"SE","share":25}',
      ],
    },
    {
      name: 'finds nothing',
      given,
      http: [{ url, body: { data: { located_resources: [], unknown_percentage: { v4: 100 } } } }],
      expect: [],
    },
  ],
})
