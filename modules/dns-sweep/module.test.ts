import { testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const own6 = '0.0.0.0.8.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'asks for every address of an IPv4 block, also through a classless delegation',
      given: '198.18.8.0/22',
      dns: `
        * NXDOMAIN
        9.8.18.198.in-addr.arpa PTR console-7.northwind.example
        200.11.18.198.in-addr.arpa CNAME 200.128-255.11.18.198.in-addr.arpa
        200.128-255.11.18.198.in-addr.arpa PTR vpn.northwind.example
      `,
      expect: [
        '-contains-> ip-address:198.18.8.9',
        'ip-address:198.18.8.9 -ptr_record-> domain:console-7.northwind.example {"ttl":300}',
        '-contains-> ip-address:198.18.11.200',
        'ip-address:198.18.11.200 -ptr_record-> domain:vpn.northwind.example {"ttl":300}',
      ],
    },
    {
      name: 'leaves out what a wildcard answers, and keeps what differs from it',
      given: '198.18.11.16/28',
      dns: `
        *.11.18.198.in-addr.arpa PTR unassigned.northwind.example
        17.11.18.198.in-addr.arpa PTR printer.northwind.example
      `,
      expect: [
        '-contains-> ip-address:198.18.11.17',
        'ip-address:198.18.11.17 -ptr_record-> domain:printer.northwind.example {"ttl":300}',
      ],
    },
    {
      name: 'believes no answer of a zone that does not tell what its wildcard would answer',
      given: '198.18.11.16/31',
      dns: `
        256.11.18.198.in-addr.arpa TIMEOUT
        16.11.18.198.in-addr.arpa PTR unassigned.northwind.example
        17.11.18.198.in-addr.arpa PTR unassigned.northwind.example
      `,
      outcome: 'unreachable',
      expect: [],
    },
    {
      name: 'follows the tree of an IPv6 block down to what is there',
      given: '2001:db8:8::/47',
      dns: `
        * NXDOMAIN
        1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.${own6} PTR ns1.northwind.example
        e.d.0.c.0.0.0.0.0.0.0.0.0.0.0.0.1.2.0.0.9.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR heron-6.northwind.example
        1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa NXDOMAIN
      `,
      expect: [
        '-contains-> ip-address:2001:db8:8::1',
        'ip-address:2001:db8:8::1 -ptr_record-> domain:ns1.northwind.example {"ttl":300}',
        '-contains-> ip-address:2001:db8:9:21::c0de',
        'ip-address:2001:db8:9:21::c0de -ptr_record-> domain:heron-6.northwind.example {"ttl":300}',
      ],
    },
    {
      name: 'finds nothing where nothing is, by one question',
      given: '2001:db8::/32',
      dns: '8.b.d.0.1.0.0.2.ip6.arpa NXDOMAIN',
      expect: [],
    },
    {
      name: 'says where nobody answers, and keeps what others did',
      given: '198.18.8.4/31',
      dns: `
        * NXDOMAIN
        4.8.18.198.in-addr.arpa SERVFAIL
        5.8.18.198.in-addr.arpa PTR mail.northwind.example
      `,
      outcome: 'unreachable',
      expect: [
        '-contains-> ip-address:198.18.8.5',
        'ip-address:198.18.8.5 -ptr_record-> domain:mail.northwind.example {"ttl":300}',
      ],
    },
    { name: 'does not ask for more addresses than a /16 has', given: '198.18.0.0/15', outcome: 'skipped', expect: [] },
  ],
})
