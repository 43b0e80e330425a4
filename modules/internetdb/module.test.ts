import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const url = 'https://internetdb.shodan.io/198.18.0.10'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields ports, names, products and vulnerabilities',
      given: '198.18.0.10',
      http: [{ url, body: fixture(import.meta.dirname, 'host.json') }],
      expect: [
        '-port-> open-port:198.18.0.10:22/tcp',
        '-port-> open-port:198.18.0.10:443/tcp',
        '-co_hosted_with-> domain:www.northwind.example',
        '-product_used-> technology:nginx {"cpe":"cpe:/a:nginx:nginx:1.24.0","version":"1.24.0"}',
        '-product_used-> technology:http-server {"cpe":"cpe:/a:apache:http_server"}',
        '-product_used-> technology:openssh {"cpe":"cpe:2.3:a:openbsd:openssh:8.9p1:*:*:*:*:*:*:*","version":"8.9p1"}',
        '<-affects- vulnerability:CVE-2023-44487',
        '= ip-address:198.18.0.10 #cloud {"shodanTags":["cloud","eol-product"]}',
      ],
    },
    {
      name: 'takes 404 for nothing known',
      given: '198.18.0.10',
      http: [{ url, status: 404, body: { detail: 'No information available' } }],
      expect: [],
    },
    { name: 'asks nothing about IPv6', given: '2001:db8::1', outcome: 'skipped', expect: [] },
  ],
})
