import { testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields the names of several addresses, also through a classless delegation',
      given: ['198.18.0.10', '2001:db8::10', '198.18.0.200'],
      dns: `
        10.0.18.198.in-addr.arpa PTR www.northwind.example
        0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR www6.northwind.example
        200.0.18.198.in-addr.arpa CNAME 200.128-255.0.18.198.in-addr.arpa
        200.128-255.0.18.198.in-addr.arpa PTR vpn.northwind.example
      `,
      expect: [
        'ip-address:198.18.0.10 -ptr_record-> domain:www.northwind.example {"ttl":300}',
        'ip-address:2001:db8::10 -ptr_record-> domain:www6.northwind.example {"ttl":300}',
        'ip-address:198.18.0.200 -ptr_record-> domain:vpn.northwind.example {"ttl":300}',
      ],
    },
    { name: 'finds nothing', given: '198.18.0.11', dns: '11.0.18.198.in-addr.arpa NXDOMAIN', expect: [] },
  ],
})
