import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const url = 'https://crt.sh/?q=northwind.example&output=json'
const letsEncrypt = `{"issuer":"C=US, O=Let's Encrypt, CN=R11"}`
const thawte = '{"issuer":"C=ZA, O=Thawte Consulting cc, CN=Thawte Personal CA"}'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields each name of each certificate, wildcards as the name below them, addresses as e-mail',
      given: 'northwind.example',
      http: [{ url, body: fixture(import.meta.dirname, 'northwind.json') }],
      dropped: 1,
      expect: [
        `= domain:northwind.example @2026-01-01T09:46:43.000Z ${letsEncrypt}`,
        `-subdomain-> domain:www.northwind.example @2026-01-01T09:46:43.000Z ${letsEncrypt}`,
        `-subdomain-> domain:www.northwind.example @2025-10-01T09:46:43.000Z ${letsEncrypt}`,
        `-mentions-> email:ops@northwind.example @2013-04-01T00:00:00.000Z ${thawte}`,
        `-subdomain-> domain:vpn.dev.northwind.example @2013-04-01T00:00:00.000Z ${thawte}`,
      ],
    },
    { name: 'finds nothing', given: 'northwind.example', http: [{ url, body: [] }], expect: [] },
  ],
})
