import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const url = 'https://api.hackertarget.com/hostsearch/?q=northwind.example'
const given = 'northwind.example'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields each name with its address',
      given,
      http: [{ url, body: fixture(import.meta.dirname, 'northwind.csv') }],
      expect: [
        '= domain:northwind.example',
        '-dns_record:A-> ip-address:198.18.0.10',
        '-subdomain-> domain:www.northwind.example',
        'domain:www.northwind.example -dns_record:A-> ip-address:198.18.0.10',
        '-subdomain-> domain:mail.northwind.example',
        'domain:mail.northwind.example -dns_record:AAAA-> ip-address:2001:db8::25',
      ],
    },
    { name: 'finds nothing', given, http: [{ url, body: 'No DNS A records found' }], expect: [] },
    {
      name: 'tells the spent quota from data',
      given,
      http: [{ url, body: 'API count exceeded - Increase Quota with Membership' }],
      outcome: 'quota',
      expect: [],
    },
    {
      name: 'tells any other sentence from data',
      given,
      http: [{ url, body: 'error something new' }],
      outcome: 'changed-format',
      dropped: 1,
      expect: [],
    },
  ],
})
