import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const services = [
  [['198.0.0.0/8'], ['https://rdap.arin.test/registry/']],
  [['198.18.0.0/15'], ['https://rdap.ripe.test/']],
]
const bootstrap = { url: 'https://data.iana.org/rdap/ipv4.json', body: { services } }
const url = 'https://rdap.ripe.test/ip/198.18.0.10'
const registration = 'network-registration:198.18.0.0-198.18.0.255'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields the network, its registration and contacts, from the closest registry',
      given: '198.18.0.10',
      http: [bootstrap, { url, body: fixture(import.meta.dirname, 'network.json') }],
      expect: [
        '<-contains- netblock:198.18.0.0/24 {"name":"NORTHWIND-NET","country":"GB"}',
        `netblock:198.18.0.0/24 -registration-> ${registration} {"handle":"198.18.0.0 - 198.18.0.255","name":"NORTHWIND-NET","type":"ASSIGNED PA","country":"GB","registeredAt":"2001-01-01T00:00:00Z"}`,
        `${registration} -technical_contact-> email:noc@northwind.example`,
        `${registration} -abuse_contact-> email:noc@northwind.example`,
      ],
    },
    {
      name: 'makes the blocks from the range where they are not named',
      given: '2001:db8::10',
      http: [
        {
          url: 'https://data.iana.org/rdap/ipv6.json',
          body: { services: [[['2001:db8::/32'], ['https://rdap.ripe.test/']]] },
        },
        {
          url: 'https://rdap.ripe.test/ip/2001:db8::10',
          body: {
            objectClassName: 'ip network',
            startAddress: '2001:db8::',
            endAddress: '2001:db8:2ff:ffff:ffff:ffff:ffff:ffff',
          },
        },
      ],
      expect: [
        '<-contains- netblock:2001:db8::/39',
        '<-contains- netblock:2001:db8:200::/40',
        'netblock:2001:db8::/39 -registration-> network-registration:2001:db8::-2001:db8:2ff:ffff:ffff:ffff:ffff:ffff',
        'netblock:2001:db8:200::/40 -registration-> network-registration:2001:db8::-2001:db8:2ff:ffff:ffff:ffff:ffff:ffff',
      ],
    },
    { name: 'finds nothing', given: '198.18.0.10', http: [bootstrap, { url, status: 404, body: '' }], expect: [] },
  ],
})
