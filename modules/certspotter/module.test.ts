import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const first =
  'https://api.certspotter.com/v1/issuances?domain=northwind.example&include_subdomains=true&expand=dns_names&expand=issuer'
const one = `0a${'0'.repeat(61)}1`
const two = `0a${'0'.repeat(61)}2`
const january = '@2026-01-01T09:46:43.000Z'
const november = '@2025-11-01T00:00:00.000Z'

testModule(module, import.meta.dirname, {
  pages: 'follows the pages by the last id until one is empty',
  cases: [
    {
      name: 'follows the pages by the last id until one is empty',
      given: 'northwind.example',
      http: [
        { url: first, body: fixture(import.meta.dirname, 'page-1.json') },
        { url: `${first}&after=6500000001`, body: fixture(import.meta.dirname, 'page-2.json') },
        { url: `${first}&after=6500000003`, body: [] },
      ],
      expect: [
        `-certificate-> certificate:${one} ${january} {"issuer":"Let's Encrypt","notAfter":"2026-04-01T09:46:42Z"}`,
        `certificate:${one} -san_dns_name-> domain:northwind.example ${january}`,
        `certificate:${one} -san_dns_name-> domain:partner.test ${january}`,
        `-certificate-> certificate:${two} ${november} {"issuer":"C=US, O=DigiCert Inc, CN=DigiCert TLS RSA SHA256 2020 CA1","notAfter":"2026-11-01T23:59:59Z"}`,
        `-subdomain-> domain:vpn.northwind.example ${november}`,
        `certificate:${two} -san_dns_name-> domain:vpn.northwind.example ${november}`,
        '-subdomain-> domain:old.northwind.example @2025-10-01T00:00:00.000Z',
      ],
    },
    { name: 'finds nothing', given: 'northwind.example', http: [{ url: first, body: [] }], expect: [] },
    {
      name: 'asks with a key where there is one',
      keyed: true,
      given: 'northwind.example',
      http: [{ url: first, sentHeaders: { authorization: 'Bearer test-key-0123456789' }, body: [] }],
      expect: [],
    },
  ],
})
