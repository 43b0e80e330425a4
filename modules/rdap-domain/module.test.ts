import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const bootstrap = { url: 'https://data.iana.org/rdap/dns.json', body: fixture(import.meta.dirname, 'dns.json') }
const url = 'https://rdap.nic.example/v1/domain/northwind.example'
const registration = 'domain-registration:northwind.example'
const links = [{ rel: 'self', href: url, type: 'application/rdap+json' }]
const related = {
  rel: 'related',
  href: 'https://rdap.name-orchard.example/domain/NORTHWIND.EXAMPLE',
  type: 'application/rdap+json',
}

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
        `organization:${registration}|Northwind Trading Ltd -org_unit-> organization:${registration}|Operations`,
        `organization:${registration}|Northwind Trading Ltd -location-> postal-address:${registration}|Floor 2, 1 Harbour Way, Dock 3, London, E14 0ZZ, United Kingdom`,
        `${registration} -registrant_contact-> email:domains@northwind.example`,
        `${registration} -admin_contact-> person:${registration}|Ada Larsen`,
        `${registration} -admin_contact-> phone:+442079460100`,
        `${registration} -technical_contact-> person:${registration}|Ada Larsen`,
        `${registration} -technical_contact-> phone:+442079460100`,
      ],
    },
    {
      name: 'asks the registrar for the contacts that a thin registry leaves to it, and tags what lapsed',
      given: 'northwind.example',
      http: [
        bootstrap,
        { url, body: { objectClassName: 'domain', status: ['redemption period'], links: [...links, related] } },
        {
          url: related.href,
          body: {
            objectClassName: 'domain',
            entities: [
              {
                roles: ['registrant'],
                vcardArray: [
                  'vcard',
                  [
                    ['fn', {}, 'text', 'Ada Larsen'],
                    ['adr', { label: '1 Harbour Way\nLondon\nGB' }, 'text', ['', '', '', '', '', '', '']],
                  ],
                ],
              },
            ],
          },
        },
      ],
      expect: [
        `-registration-> ${registration} #expired {"status":["redemption period"]}`,
        `${registration} -registrant_contact-> person:${registration}|Ada Larsen`,
        `person:${registration}|Ada Larsen -location-> postal-address:${registration}|1 Harbour Way, London, GB`,
      ],
    },
    {
      name: 'keeps what the registry says when the registrar is in trouble',
      given: 'northwind.example',
      http: [
        bootstrap,
        { url, body: { objectClassName: 'domain', links: [related] } },
        { url: related.href, status: 503, body: '' },
      ],
      expect: [`-registration-> ${registration}`],
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
