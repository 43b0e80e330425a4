import { testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const registry = '{"country":"GB","registry":"ripencc","allocated":"2001-01-01"}'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields prefix and AS number of each address, and the name of the AS once, of itself',
      given: ['198.18.0.10', '198.18.0.11', '2001:db8::10'],
      dns: `
        10.0.18.198.origin.asn.cymru.com TXT 64500 | 198.18.0.0/24 | GB | ripencc | 2001-01-01
        11.0.18.198.origin.asn.cymru.com TXT 64500 | 198.18.0.0/24 | GB | ripencc | 2001-01-01
        0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.origin6.asn.cymru.com TXT 64500 64501 | 2001:db8::/32 | GB | ripencc | 2001-01-01
        as64500.asn.cymru.com TXT 64500 | GB | ripencc | 2001-01-01 | NORTHWIND, GB
        as64501.asn.cymru.com NXDOMAIN
      `,
      expect: [
        `ip-address:198.18.0.10 <-contains- netblock:198.18.0.0/24 ${registry}`,
        `ip-address:198.18.0.11 <-contains- netblock:198.18.0.0/24 ${registry}`,
        `ip-address:2001:db8::10 <-contains- netblock:2001:db8::/32 ${registry}`,
        'netblock:198.18.0.0/24 <-announces- asn:AS64500',
        'netblock:2001:db8::/32 <-announces- asn:AS64500',
        'netblock:2001:db8::/32 <-announces- asn:AS64501',
        'asn:AS64500 = asn:AS64500 {"name":"NORTHWIND, GB","country":"GB","registry":"ripencc","allocated":"2001-01-01"}',
      ],
    },
    { name: 'finds nothing', given: '198.18.0.12', dns: '12.0.18.198.origin.asn.cymru.com NXDOMAIN', expect: [] },
    {
      name: 'tells servers that answer nobody from addresses of nobody',
      given: '198.18.0.12',
      dns: '12.0.18.198.origin.asn.cymru.com SERVFAIL',
      outcome: 'unreachable',
      expect: [],
    },
  ],
})
