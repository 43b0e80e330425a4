import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const given = '198.18.96.10'
const url = 'https://api.hackertarget.com/reverseiplookup/?q=198.18.96.10'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields the names at an address',
      given,
      http: [{ url, headers: { 'content-type': 'text/plain' }, body: fixture(import.meta.dirname, 'names.txt') }],
      dropped: 1,
      expect: [
        '-co_hosted_with-> domain:events.northwind.example',
        '-co_hosted_with-> domain:www.harbour-choir.example',
      ],
    },
    {
      name: 'takes its sentence for nothing known',
      given,
      http: [{ url, body: 'No DNS A records found for 198.18.96.10' }],
      expect: [],
    },
    {
      name: 'says when the quota is spent',
      given,
      http: [{ url, body: 'API count exceeded - Increase Quota with Membership' }],
      outcome: 'quota',
      expect: [],
    },
    { name: 'does not ask about an address of a provider', given: '104.16.0.1', expect: [] },
    { name: 'does not ask about what the source does not know', given: '2001:db8::1', outcome: 'skipped', expect: [] },
  ],
})
