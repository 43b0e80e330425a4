import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const first = 'https://urlscan.io/api/v1/search/?q=page.domain%3Anorthwind.example&size=100'
const december = '@2025-12-01T10:00:00.000Z'
const november = '@2025-11-01T10:00:00.000Z'

testModule(module, import.meta.dirname, {
  pages: 'follows the pages and leaves look-alikes',
  cases: [
    {
      name: 'follows the pages and leaves look-alikes',
      given: 'northwind.example',
      http: [
        { url: first, body: fixture(import.meta.dirname, 'page-1.json') },
        {
          url: `${first}&search_after=1764579600000%2Caa37e828-a9d9-45c0-ac50-1ca579b86c72`,
          body: fixture(import.meta.dirname, 'page-2.json'),
        },
      ],
      expect: [
        `-subdomain-> domain:www.northwind.example ${december}`,
        `domain:www.northwind.example -website-> url:https://www.northwind.example/shop?x=1 ${december} {"title":"Shop","status":200,"server":"nginx"}`,
        `domain:www.northwind.example -dns_record:A-> ip-address:198.18.0.10 ${december}`,
        `= domain:northwind.example ${november}`,
        `-website-> url:https://northwind.example/ ${november}`,
        `-dns_record:AAAA-> ip-address:2001:db8::10 ${november}`,
      ],
    },
    {
      name: 'asks with a key where there is one',
      keyed: true,
      given: 'northwind.example',
      http: [{ url: first, sentHeaders: { 'api-key': 'test-key-0123456789' }, body: { results: [], has_more: false } }],
      expect: [],
    },
    {
      name: 'finds nothing',
      given: 'northwind.example',
      http: [{ url: first, body: { results: [], total: 0 } }],
      expect: [],
    },
  ],
})
