import { Type as t } from 'typebox'
import { anything, array, assert, property } from 'fast-check'
import { expect, test } from 'vitest'
import { openHttp } from './http.ts'
import { type RdapKind, askRdap, contactsOf } from './rdap.ts'
import { openReplay } from './replay.ts'
import { newTally } from './tally.ts'

const registration = { type: 'domain-registration', value: 'Northwind.example' } as const

test.for<[RdapKind, string, string, [string[], string[]][], string | undefined]>([
  [
    'domain',
    'a.co.example',
    'dns',
    [
      [['example'], ['https://one.example/']],
      [['co.example'], ['https://two.example']],
    ],
    'https://two.example/domain/a.co.example',
  ],
  [
    'domain',
    'a.example',
    'dns',
    [[['example'], ['http://one.example/', 'https://one.example/']]],
    'https://one.example/domain/a.example',
  ],
  ['domain', 'notexample', 'dns', [[['example'], ['https://one.example/']]], undefined],
  [
    'ip',
    '198.18.0.1',
    'ipv4',
    [
      [['198.0.0.0/8'], ['https://one.example/']],
      [['198.18.0.0/15'], ['https://two.example/']],
    ],
    'https://two.example/ip/198.18.0.1',
  ],
  ['ip', '2001:db8::1', 'ipv6', [[['2001:db8::/32'], ['https://one.example/']]], 'https://one.example/ip/2001:db8::1'],
  ['ip', '203.0.113.1', 'ipv4', [[['198.0.0.0/8', 'nonsense'], ['https://one.example/']]], undefined],
  [
    'autnum',
    '64500',
    'asn',
    [[['1-100', '64496-64511'], ['https://one.example/']]],
    'https://one.example/autnum/64500',
  ],
  ['autnum', '200', 'asn', [[['1-100', '200'], ['https://one.example/']]], 'https://one.example/autnum/200'],
])('%s %s is asked where the %s table says', async ([kind, key, table, services, url]) => {
  const bootstrap = { url: `https://data.iana.org/rdap/${table}.json`, body: { services } }
  const replay = openReplay({ http: [bootstrap, ...(url ? [{ url, body: { handle: 'H' } }] : [])] })
  const http = openHttp(replay, { contact: 'stored' }, newTally(), new AbortController().signal)
  const answer = await askRdap(http, kind, key, t.Object({ handle: t.String() }))
  expect(answer?.handle).toBe(url ? 'H' : undefined)
  expect(replay.unused()).toEqual([])
})

test('contacts of any shape are read as far as they go, each told apart by its registration', () => {
  const roles = ['registrant', 'administrative', 'technical', 'abuse', 'registrar']
  assert(
    property(array(array(anything(), { maxLength: 5 })), anything(), (properties, entities) => {
      const said = [...contactsOf(registration, [{ roles, vcardArray: ['vcard', properties], entities }])]
      const named = said.filter(({ type }) => type === 'organization' || type === 'person')
      expect(named.every(({ value }) => value.startsWith('domain-registration:northwind.example|'))).toBe(true)
    }),
  )
})

test('what is redacted says nothing, and a group is neither person nor organisation', () => {
  const card = (...properties: [string, string][]): object => ({
    roles: ['registrant'],
    vcardArray: ['vcard', properties.map(([name, value]) => [name, {}, 'text', value])],
  })
  const said = (entity: object): string[] =>
    [...contactsOf(registration, [entity])].map(({ type, value }) => `${type} ${value}`)
  expect(
    said(card(['fn', 'REDACTED FOR PRIVACY'], ['org', 'Data Protected'], ['email', 'Not Disclosed'], ['tel', ''])),
  ).toEqual([])
  expect(said(card(['fn', 'Hostmaster'], ['kind', 'group'], ['email', 'h@northwind.example']))).toEqual([
    'email h@northwind.example',
  ])
  expect(said(card(['fn', 'Privacy International'], ['kind', 'org']))).toEqual([
    'organization domain-registration:northwind.example|Privacy International',
  ])
})

test.each([
  [['org', 'Privacy service provided by WITHHELD FOR PRIVACY LLC']],
  [['org', 'Withheld for Privacy ehf']],
  [['org', 'Domains By Proxy, LLC']],
  [['org', 'Contact Privacy Inc. Customer 012345']],
  [['org', 'Whois Privacy Protection Service, Inc.']],
  [['fn', 'Registration Private']],
  [['email', 'b9ea79.protect@withheldforprivacy.com']],
])('whose contact is that of a privacy service, %s, has none', (property) => {
  const address = ['adr', {}, 'text', ['', '', '16192 Coastal Highway', 'Lewes', 'Delaware', '19958', '']]
  const phone = ['tel', { type: ['voice'] }, 'uri', 'tel:+1.3022061391']
  const [name, value] = property
  const vcardArray = ['vcard', [[name, {}, 'text', value], address, phone]]
  expect([...contactsOf(registration, [{ roles: ['registrant'], vcardArray }])]).toEqual([])
})
