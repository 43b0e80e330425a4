import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const first = 'https://api.hunter.io/v2/domain-search?domain=northwind.example&limit=10'
const given = 'northwind.example'
const sentHeaders = { 'x-api-key': 'test-key-0123456789' }
const page1 = { url: first, sentHeaders, body: fixture(import.meta.dirname, 'page-1.json') }
const ofPage1 = [
  '-mentions-> email:ada@northwind.example {"kind":"personal","confidence":94,"name":"Ada Larsen","position":"Head of Engineering"}',
  '-mentions-> email:info@northwind.example {"kind":"generic","confidence":90}',
]

testModule(module, import.meta.dirname, {
  pages: 'follows the pages',
  tooMany: 'quota',
  cases: [
    {
      name: 'follows the pages',
      given,
      http: [page1, { url: `${first}&offset=10`, sentHeaders, body: fixture(import.meta.dirname, 'page-2.json') }],
      expect: [...ofPage1, '-mentions-> email:sales@northwind.example {"kind":"generic","confidence":71}'],
    },
    {
      name: 'stops at the page that the plan does not allow',
      given,
      http: [page1, { url: `${first}&offset=10`, status: 400, body: { errors: [{ id: 'pagination_error' }] } }],
      expect: ofPage1,
    },
    {
      name: 'takes 403 for a limit, as Hunter means it',
      given,
      http: [{ url: first, status: 403, body: { errors: [] } }],
      outcome: 'rate-limited',
      expect: [],
    },
    {
      name: 'finds nothing',
      given,
      http: [{ url: first, body: { data: { emails: [] }, meta: { results: 0 } } }],
      expect: [],
    },
  ],
})
