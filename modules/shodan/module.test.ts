import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const url = 'https://api.shodan.io/shodan/host/198.18.0.10?key=test-key-0123456789'
const given = '198.18.0.10'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields what was seen on an address, and when',
      given,
      http: [{ url, body: fixture(import.meta.dirname, 'host.json') }],
      expect: [
        '-port-> open-port:198.18.0.10:22/tcp @2025-12-20T10:00:00.000Z',
        'open-port:198.18.0.10:22/tcp -product_used-> technology:openssh @2025-12-20T10:00:00.000Z {"version":"7.4","cpe":"cpe:2.3:a:openbsd:openssh:7.4"}',
        '-port-> open-port:198.18.0.10:53/udp @2025-12-19T10:00:00.000Z',
        '-co_hosted_with-> domain:www.northwind.example',
        '<-affects- vulnerability:CVE-2018-15473',
        '= ip-address:198.18.0.10 #cdn',
      ],
    },
    {
      name: 'takes 404 for nothing known',
      given,
      http: [{ url, status: 404, body: { error: 'No information available for that IP.' } }],
      expect: [],
    },
  ],
})
