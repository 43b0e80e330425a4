import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const url = 'https://haveibeenpwned.com/api/v3/breaches?Domain=northwind.example'
const given = 'northwind.example'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields the breaches of a site',
      given,
      http: [{ url, body: fixture(import.meta.dirname, 'breaches.json') }],
      dropped: 1,
      expect: [
        '-exposed_in-> breach:northwind-portal {"title":"Northwind Portal","site":"northwind.example","breachedAt":"2021-06-14","addedAt":"2021-09-02T07:10:11Z","accounts":48120,"taken":["Email addresses","Passwords"],"verified":true,"fabricated":false}',
      ],
    },
    { name: 'finds nothing', given, http: [{ url, body: [] }], expect: [] },
  ],
})
