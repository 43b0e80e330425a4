import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const call = (name: string, resource: string): string =>
  `https://stat.ripe.net/data/${name}/data.json?resource=${resource}&sourceapp=mirage-osint`
const file = (name: string): string => fixture(import.meta.dirname, name)

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields the prefix of an address and its AS number',
      given: '198.18.0.10',
      http: [{ url: call('network-info', '198.18.0.10'), body: file('network-info.json') }],
      expect: ['<-contains- netblock:198.18.0.0/24', 'netblock:198.18.0.0/24 <-announces- asn:AS64500'],
    },
    {
      name: 'yields the prefixes of an AS number and its name',
      given: 'asn:AS64500',
      http: [
        { url: call('as-overview', 'AS64500'), body: file('as-overview.json') },
        { url: call('announced-prefixes', 'AS64500'), body: file('announced-prefixes.json') },
      ],
      expect: [
        '= asn:AS64500 {"name":"NORTHWIND - Northwind Trading Ltd"}',
        '-announces-> netblock:198.18.0.0/24',
        '-announces-> netblock:2001:db8::/32',
      ],
    },
    {
      name: 'finds nothing where nothing is announced',
      given: '198.18.0.99',
      http: [{ url: call('network-info', '198.18.0.99'), body: { data: { asns: [], prefix: null }, status: 'ok' } }],
      expect: [],
    },
  ],
})
