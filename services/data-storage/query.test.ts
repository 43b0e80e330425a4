import { expect, test } from 'vitest'
import { entityId } from '@mirage/model/entity.ts'
import { parseQuery } from './query.ts'

const now = Date.parse('2026-11-21T09:00:00Z')
const parse = (text: string) => parseQuery(text, now)

test('words are text, fields are conditions, a minus turns both around', () => {
  expect(parse('VPN "a b" -old -"x y" type:domain,email tag:prod -tag:cdn -module:crtsh')).toEqual({
    phrases: ['vpn', 'a b'],
    notPhrases: ['old', 'x y'],
    facets: { type: ['domain', 'email'], tag: ['prod'] },
    notFacets: { tag: ['cdn'], module: ['crtsh'] },
    ranges: {},
  })
  expect(parse('seen:>2026-11-20 first:<7d').ranges).toEqual({
    seen: { from: Date.parse('2026-11-20') },
    first: { to: now - 7 * 86_400_000 },
  })
})

test('a type in front of a value is that entity, in any spelling', () => {
  const vpn = entityId('domain', 'vpn.example.com')
  expect(parse('domain:vpn.example.com')).toMatchObject({ ids: [vpn], phrases: [], facets: {} })
  expect(parse('domain:VPN.Example.com. ip:192.0.2.7 organization:"given|Acme Inc."').ids).toEqual([
    vpn,
    entityId('ip-address', '192.0.2.7'),
    entityId('organization', 'given|Acme Inc.'),
  ])
  expect(parse('open-port:192.0.2.7:22/tcp').ids).toEqual([entityId('open-port', '192.0.2.7:22/tcp')])
  expect(parse('type:domain -domain:vpn.example.com').notIds).toEqual([vpn])
})

test('a type in front of a part of a value is those that contain it', () => {
  expect(parse('domain:vpn')).toMatchObject({ phrases: ['vpn'], facets: { type: ['domain'] } })
  expect(parse('organization:"Acme Inc"')).toMatchObject({ phrases: ['acme inc'], facets: { type: ['organization'] } })
})

test('values with a colon are text', () => {
  for (const value of ['https://example.com/', '2001:db8::1', 's3:bucket', 'lei:5299|acme', 'sha256:00ff', 'host:8080'])
    expect(parse(value)).toMatchObject({ phrases: [value], facets: {} })
})

test.each([
  ['typ:domain', '“typ:” is not a field; did you mean “type”?'],
  ['scope:in', '“scope:” is not a field. Fields are type, tag,'],
  ['type:domian', '“domian” is not an entity type; did you mean “domain”?'],
  ['is:parked', '“is:parked” says nothing; there is false-positive.'],
  ['tag:,', '“tag:” needs a value.'],
  ['seen:>soon', '“seen:>soon”: write a date such as seen:>2026-01-31'],
  ['-seen:>1d', '“-seen:” cannot be turned around'],
  ['-domain:vpn', '“-domain:vpn” names no entity'],
])('%s is explained', (text, detail) => {
  expect(() => parse(text)).toThrow(detail)
})
