import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { module } from './module.ts'
import { readWhois } from './record.ts'

const file = (name: string): string => fixture(import.meta.dirname, name)
const given = 'northwind.example'
const registration = 'domain-registration:northwind.example'
const iana = { 'whois.iana.org': { example: file('iana.txt') } }

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'asks registry and registrar and joins what they say',
      given,
      whois: {
        ...iana,
        'whois.nic.example': { [given]: file('registry.txt') },
        'whois.name-orchard.example': { [given]: file('registrar.txt') },
      },
      // The technical contact's e-mail is a web form.
      dropped: 1,
      expect: [
        `-registration-> ${registration} {"registeredAt":"1996-05-01T08:00:00Z","changedAt":"2024-05-01T08:00:00Z","expiresAt":"2027-05-01T08:00:00Z","status":["clientTransferProhibited"]}`,
        '-name_server-> domain:ns1.northwind.example',
        '-name_server-> domain:ns2.dnshost.test',
        `${registration} -registrar-> organization:${registration}|Name Orchard Ltd {"ianaId":"9995"}`,
        `${registration} -abuse_contact-> email:abuse@name-orchard.example`,
        `${registration} -abuse_contact-> phone:+442079460990`,
        `${registration} -registrant_contact-> organization:${registration}|Northwind Trading Ltd`,
        `${registration} -registrant_contact-> phone:+442079460100`,
        `${registration} -registrant_contact-> email:domains@northwind.example`,
        `${registration} -admin_contact-> person:${registration}|Ada Larsen`,
        `${registration} -admin_contact-> email:ada@northwind.example`,
        `${registration} -technical_contact-> organization:${registration}|Northwind Trading Ltd`,
      ],
    },
    {
      name: 'finds nothing for a name that is not registered',
      given,
      whois: { ...iana, 'whois.nic.example': { [given]: 'No match for "NORTHWIND.EXAMPLE".\r\n>>> Last update …' } },
      expect: [],
    },
    {
      name: 'tells a refusal from a record',
      given,
      whois: { ...iana, 'whois.nic.example': { [given]: 'WHOIS LIMIT EXCEEDED - SEE WWW.NIC.EXAMPLE/WHOIS' } },
      outcome: 'rate-limited',
      expect: [],
    },
    {
      name: 'keeps what the registry says when the registrar refuses',
      given,
      whois: {
        ...iana,
        'whois.nic.example': { [given]: file('registry.txt') },
        'whois.name-orchard.example': { [given]: 'Query rate exceeded.' },
      },
      expect: [
        `-registration-> ${registration} {"registeredAt":"1996-05-01T08:00:00Z","changedAt":"2024-05-01T08:00:00Z","expiresAt":"2027-05-01T08:00:00Z","status":["clientTransferProhibited"]}`,
        '-name_server-> domain:ns1.northwind.example',
        '-name_server-> domain:ns2.dnshost.test',
        `${registration} -registrar-> organization:${registration}|Name Orchard Ltd {"ianaId":"9995"}`,
        `${registration} -abuse_contact-> email:abuse@name-orchard.example`,
        `${registration} -abuse_contact-> phone:+442079460990`,
      ],
    },
    {
      name: 'asks a registry in its own words',
      given,
      whois: {
        'whois.iana.org': { example: 'whois: whois.denic.de' },
        'whois.denic.de': { [`-T dn,ace ${given}`]: file('registries/de.txt') },
      },
      expect: [
        `-registration-> ${registration} {"changedAt":"2024-05-01T08:00:00+02:00","status":["connect"]}`,
        '-name_server-> domain:ns1.northwind.example',
        '-name_server-> domain:ns2.dnshost.test',
      ],
    },
    {
      name: 'says that a registry answers known clients only',
      given,
      whois: {
        ...iana,
        'whois.nic.example': { [given]: 'The IP address used to perform the query is not authorised.' },
      },
      outcome: 'blocked',
      expect: [],
    },
    {
      name: 'tells any other text from a record',
      given,
      whois: { ...iana, 'whois.nic.example': { [given]: 'Welcome!' } },
      outcome: 'changed-format',
      expect: [],
    },
  ],
})

test('no text makes the reader throw', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      expect(readWhois(text).nameServers.join('')).not.toContain(':')
    }),
  )
})
