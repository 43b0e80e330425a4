import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const services = [[['1-1876', '64496-64511'], ['https://rdap.ripe.test/']]]
const bootstrap = { url: 'https://data.iana.org/rdap/asn.json', body: { services } }
const url = 'https://rdap.ripe.test/autnum/64500'
const registration = 'autnum-registration:AS64500'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields the registration and its contacts',
      given: 'AS64500',
      http: [bootstrap, { url, body: fixture(import.meta.dirname, 'autnum.json') }],
      expect: [
        `-registration-> ${registration} {"handle":"AS64500","name":"NORTHWIND-AS","status":["active"],"registeredAt":"2001-01-01T00:00:00Z"}`,
        `${registration} -registrant_contact-> organization:${registration}|Northwind Trading Ltd`,
        `${registration} -registrant_contact-> phone:+442079460100`,
      ],
    },
    { name: 'finds nothing', given: 'AS64500', http: [bootstrap, { url, status: 404, body: '' }], expect: [] },
  ],
})
