import type { EntityType } from '@mirage/model/entity.ts'
import { entityTypes } from '@mirage/model/entity.ts'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { type PartName, partNames, partOf } from './part.ts'

it.each<[EntityType, string, PartName, string | undefined]>([
  ['domain', 'a.b.northwind.co.uk', 'apex', 'northwind.co.uk'],
  ['domain', 'a.b.northwind.co.uk', 'below', 'a.b'],
  ['domain', 'northwind.example', 'below', ''],
  ['domain', 'a.b.northwind.example', 'label', 'a'],
  ['email', 'jane@mail.northwind.example', 'apex', 'northwind.example'],
  ['url', 'https://www.northwind.example/a?b', 'host', 'www.northwind.example'],
  ['url', 'https://www.northwind.example/a?b', 'path', '/a'],
  ['url', 'https://www.northwind.example/', 'port', '443'],
  ['url', 'https://www.northwind.example/', 'apex', 'northwind.example'],
  ['url', 'http://[2001:db8::1]:8080/', 'address', '2001:db8::1'],
  ['url', 'http://198.18.8.1/', 'apex', undefined],
  ['open-port', '[2001:db8::1]:443/tcp', 'address', '2001:db8::1'],
  ['open-port', '198.18.8.1:443/tcp', 'port', '443'],
  ['ip-address', '198.18.8.77', 'network', '198.18.8.0/24'],
  ['ip-address', '2001:db8:8:1::5', 'network', '2001:db8:8::/48'],
  ['dns-record', 'northwind.example SPF v=spf1 -all', 'kind', 'SPF'],
  ['dns-record', '_dmarc.northwind.example DMARC v=DMARC1; p=none', 'data', 'v=DMARC1; p=none'],
  ['fingerprint', 'analytics:UA-1', 'kind', 'analytics'],
  ['account', 'github.com/jdoe', 'site', 'github.com'],
  ['person', 'registration|Jane Doe', 'name', 'Jane Doe'],
  ['person', 'registration|Jane Doe', 'port', undefined],
])('%s %s: %s', (type, value, part, expected) => {
  expect(partOf(type, value, part)).toBe(expected)
})

it('never throws, whatever the value', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...entityTypes),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...partNames),
      (type, value, part) => {
        expect(['string', 'undefined']).toContain(typeof partOf(type, value, part))
      },
    ),
  )
})
