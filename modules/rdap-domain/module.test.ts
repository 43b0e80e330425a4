import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const bootstrap = { url: 'https://data.iana.org/rdap/dns.json', body: fixture(import.meta.dirname, 'dns.json') }
const url = 'https://rdap.nic.example/v1/domain/northwind.example'
const registration = 'domain-registration:northwind.example'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields the registration, its name servers, registrar and contacts, nested ones by their own role',
      given: 'northwind.example',
      http: [bootstrap, { url, body: fixture(import.meta.dirname, 'domain.json') }],
      expect: [
        `-registration-> ${registration} {"handle":"D48120734-NIC","status":["client transfer prohibited"],"registeredAt":"1996-05-01T08:00:00Z","changedAt":"2024-05-01T08:00:00Z","expiresAt":"2027-05-01T08:00:00Z","signed":true}`,
        '-name_server-> domain:ns1.northwind.example',
        '-name_server-> domain:ns2.dnshost.test',
        `${registration} -registrar-> organization:${registration}|Name Orchard Ltd {"ianaId":"9995"}`,
        `${registration} -abuse_contact-> email:abuse@name-orchard.example`,
        `${registration} -abuse_contact-> phone:+442079460990`,
        `${registration} -registrant_contact-> organization:${registration}|Northwind Trading Ltd`,
        `${registration} -registrant_contact-> email:domains@northwind.example`,
        `${registration} -admin_contact-> person:${registration}|Ada Larsen`,
        `${registration} -admin_contact-> phone:+442079460100`,
        `${registration} -technical_contact-> person:${registration}|Ada Larsen`,
        `${registration} -technical_contact-> phone:+442079460100`,
      ],
    },
    {
      name: 'takes 404 for not registered',
      given: 'northwind.example',
      http: [bootstrap, { url, status: 404, body: { errorCode: 404 } }],
      expect: [],
    },
    { name: 'finds nothing where no registry is named', given: 'northwind.local', http: [bootstrap], expect: [] },
    {
      name: 'survives contacts of any shape',
      given: 'northwind.example',
      http: [
        bootstrap,
        {
          url,
          body: {
            objectClassName: 'domain',
            entities: [
              null,
              7,
              { roles: ['registrant'], vcardArray: ['vcard', [null, ['fn'], ['email', {}, 'text', 9]]] },
            ],
          },
        },
      ],
      expect: [`-registration-> ${registration}`],
    },
  ],
})
