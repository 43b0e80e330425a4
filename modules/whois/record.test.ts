import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isWall, readWhois, refuses, saysNothing } from './record.ts'

const folder = join(import.meta.dirname, 'fixtures', 'registries')
const answerOf = (registry: string): string => readFileSync(join(folder, `${registry}.txt`), 'utf8')

const registrar = 'Name Orchard Ltd'
const nobody = { emails: [], phones: [] }
const northwind = { ...nobody, organization: 'Northwind Trading Ltd' }

/** What each registry's own form says, name servers left out: every fixture has the same two. */
const expected: Record<string, object> = {
  at: {
    registrar,
    changedAt: '20240501 08:00:00',
    contacts: {
      registrant: {
        ...northwind,
        emails: ['domains@northwind.example'],
        phones: ['+442079460100'],
        address: ['1 Harbour Way', 'London', 'United Kingdom'],
      },
      technical: { ...nobody, person: 'Ada Larsen', emails: ['ada@northwind.example'] },
    },
  },
  be: {
    registrar,
    registeredAt: 'Wed May 1 1996',
    status: ['NOT AVAILABLE'],
    contacts: {
      technical: { organization: registrar, emails: ['tech@name-orchard.example'], phones: ['+442079460990'] },
    },
  },
  cn: {
    registrar,
    registeredAt: '1996-05-01 12:20:05',
    expiresAt: '2027-05-01 12:48:36',
    status: ['ok'],
    contacts: { registrant: { ...northwind, emails: ['domains@northwind.example'] } },
  },
  cz: {
    registrar: 'REG-ORCHARD',
    registeredAt: '01.05.1996 15:21:00',
    changedAt: '01.05.2024 23:28:45',
    expiresAt: '01.05.2027',
    contacts: {
      registrant: {
        ...northwind,
        person: 'Ada Larsen',
        emails: ['domains@northwind.example'],
        address: ['1 Harbour Way'],
      },
      administrative: { ...nobody, person: 'Ada Larsen' },
      technical: {
        ...northwind,
        person: 'Ada Larsen',
        emails: ['domains@northwind.example'],
        address: ['1 Harbour Way'],
      },
    },
  },
  de: { status: ['connect'], changedAt: '2024-05-01T08:00:00+02:00' },
  dk: {
    registrar,
    registeredAt: '1996-05-01',
    expiresAt: '2027-05-31',
    status: ['Active'],
    contacts: { registrant: { ...nobody, person: 'Northwind Trading Ltd', address: ['1 Harbour Way', 'GB'] } },
  },
  eu: {
    registrar,
    contacts: { technical: { ...nobody, organization: registrar, emails: ['tech@name-orchard.example'] } },
  },
  fr: {
    registrar,
    registeredAt: '1996-05-01T08:00:00Z',
    changedAt: '2024-05-01T08:00:00Z',
    expiresAt: '2027-05-01T08:00:00Z',
    status: ['ACTIVE'],
    contacts: {
      registrant: { ...northwind, emails: ['domains@northwind.example'], phones: ['+442079460100'] },
      administrative: { ...northwind, emails: ['domains@northwind.example'], phones: ['+442079460100'] },
      technical: { ...nobody, person: 'Ada Larsen' },
    },
  },
  it: {
    registrar,
    registeredAt: '1996-05-01 00:00:00',
    changedAt: '2024-05-01 01:05:35',
    expiresAt: '2027-05-01',
    status: ['ok'],
    contacts: {
      registrant: { ...northwind, address: ['1 Harbour Way', 'London', 'GB'] },
      administrative: { ...northwind, person: 'Ada Larsen' },
      technical: { ...nobody, person: 'hidden' },
    },
  },
  jp: {
    registeredAt: '1996/05/01',
    changedAt: '2024/05/01 01:05:07 (JST)',
    expiresAt: '2027/05/31',
    status: ['Active'],
    contacts: { registrant: northwind },
  },
  kr: {
    registrar,
    registeredAt: '1996. 05. 01.',
    changedAt: '2024. 05. 01.',
    expiresAt: '2027. 05. 01.',
    contacts: { registrant: northwind },
  },
  nl: { registrar, registeredAt: '1996-05-01', changedAt: '2024-05-01', status: ['active'] },
  pl: {
    registrar,
    registeredAt: '1996.05.01 13:00:00',
    changedAt: '2024.05.01 11:21:09',
    expiresAt: '2027.05.01 14:00:00',
  },
  ru: {
    registrar: 'ORCHARD-RU',
    registeredAt: '1996-05-01T08:00:00Z',
    expiresAt: '2027-05-01T08:00:00Z',
    contacts: { registrant: northwind },
  },
  se: {
    registrar,
    registeredAt: '1996-05-01',
    changedAt: '2024-05-01',
    expiresAt: '2027-05-01',
    status: ['ok'],
  },
  tr: { registrar, registeredAt: '1996-May-01.', expiresAt: '2027-Apr-30.', status: ['Active'] },
  uk: {
    registrar: 'Name Orchard Ltd t/a Orchard',
    registeredAt: '01-May-1996',
    changedAt: '01-May-2024',
    expiresAt: '01-May-2027',
  },
}

describe('the forms of registries', () => {
  test('each has an expectation', () => {
    expect(
      readdirSync(folder)
        .map((file) => file.replace(/\.txt$/, ''))
        .sort(),
    ).toEqual(Object.keys(expected))
  })

  test.for(Object.entries(expected))('.%s', ([registry, facts]) => {
    const text = answerOf(registry)
    const { nameServers, contacts, status, ...rest } = readWhois(text)
    expect([...nameServers].sort()).toEqual(['ns1.northwind.example', 'ns2.dnshost.test'])
    expect({
      ...rest,
      ...(status.length > 0 ? { status } : {}),
      ...(contacts.size > 0 ? { contacts: Object.fromEntries(contacts) } : {}),
    }).toEqual(facts)
    expect([saysNothing(text), refuses(text), isWall(text)]).toEqual([false, false, false])
  })
})

test.each([
  'No match for "NORTHWIND.EXAMPLE".',
  '% No match for northwind.example',
  'Domain: northwind.example\nStatus: free',
  'Domain:\tnorthwind.example\nStatus:\tAVAILABLE',
  'Domain Name: northwind.example\nDomain Status: No Object Found',
  'northwind.example is free',
  'domain "northwind.example" not found.',
  '%% NOT FOUND',
  '    No match for "northwind.example".\n\n      This domain name has not been registered.',
  'No information available about domain name northwind.example in the Registry NASK database.',
  'We do not have an entry in our database matching your query.',
  'no matching record.',
  'northwind.example: no existe',
  'Above domain name is not registered to KRNIC.',
  'No_Se_Encontro_El_Objeto/Object_Not_Found\nObject_Not_Found',
])('says that nobody has the name: %s', (text) => {
  expect(saysNothing(text)).toBe(true)
})

test('tells a wall from an answer', () => {
  expect(isWall('Requests of this client are not permitted. Please use https://www.nic.ch/whois/ for queries.')).toBe(
    true,
  )
})

test.each([
  ['blanks', ' '],
  ['line ends', '\n'],
  ['colons', ':'],
  ['brackets', '['],
  ['stars', '* '],
  ['fields', 'a: b\n'],
])('reads a megabyte of %s in one go', (_name, unit) => {
  const text = unit.repeat(1_000_000 / unit.length)
  expect(readWhois(text).nameServers).toEqual([])
  expect(saysNothing(text)).toBe(false)
})

test('a hostile answer costs no more than its length', () => {
  // A pattern that tries every split of such a name takes minutes for these lines.
  const line = `Name Server: a${'.'.repeat(490)}${'a'.repeat(490)}:\n`
  expect(readWhois(`${line.repeat(1_000)}Name Server: ns1.northwind.example\n`).nameServers).toEqual([
    'ns1.northwind.example',
  ])
})
