import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { detect } from './detect.ts'
import { entityTypes } from './entity.ts'
import { explainRefusal } from './explain.ts'
import { definitionOf, isCanonical } from './registry.ts'

function readings(line: string): string[] {
  return detect(line).map(({ entities }) => entities.map(({ type, value }) => `${type}:${value}`).join(' '))
}

describe('a line read as a target', () => {
  it.each([
    ['example.com', ['domain:example.com']],
    ['  EXAMPLE.com. ', ['domain:example.com']],
    ['bücher[.]example', ['domain:xn--bcher-kva.example']],
    ['1.2.3.4', ['ip-address:1.2.3.4']],
    ['1.2.3.4/32', ['ip-address:1.2.3.4']],
    ['::ffff:1.2.3.4', ['ip-address:1.2.3.4']],
    ['10.0.0.3-8', ['ip-address:10.0.0.3 netblock:10.0.0.4/30 ip-address:10.0.0.8']],
    ['10.0.0.0 – 10.0.0.255', ['netblock:10.0.0.0/24']],
    ['1.2.3.4:443', ['open-port:1.2.3.4:443/tcp', 'ip-address:1.2.3.4']],
    ['AS1234', ['asn:AS1234']],
    ['hxxps://example[.]com/a', ['url:https://example.com/a', 'domain:example.com']],
    ['example.com/a', ['url:https://example.com/a', 'domain:example.com']],
    ['https://github.com/jdoe', ['url:https://github.com/jdoe', 'account:github.com/jdoe', 'domain:github.com']],
    [
      'github.com/jdoe/site',
      ['code-repository:github.com/jdoe/site', 'url:https://github.com/jdoe/site', 'domain:github.com'],
    ],
    ['Jane@Example.com', ['email:jane@example.com']],
    ['+44 20 7946 0958', ['phone:+442079460958']],
    ['@jdoe', ['username:jdoe']],
    ['username:jdoe', ['username:jdoe']],
    ['ip: 1.2.3.4', ['ip-address:1.2.3.4']],
    ['netblock:10.0.0.1-2', ['ip-address:10.0.0.1 ip-address:10.0.0.2']],
    ['person:"Jane Doe"', ['person:given|Jane Doe']],
    ['"example.com"', ['keyword:example.com', 'organization:given|example.com', 'person:given|example.com']],
    ['Acme Inc', ['keyword:acme inc', 'organization:given|Acme Inc', 'person:given|Acme Inc']],
    ['jdoe', ['username:jdoe', 'keyword:jdoe', 'organization:given|jdoe', 'person:given|jdoe']],
  ])('%j is %j', (line, expected) => {
    expect(readings(line)).toEqual(expected)
  })

  it.each([
    ['999.1.1.1', '`999.1.1.1` is not an address: 999 is more than 255'],
    ['ip:999.1.1.1', '`999.1.1.1` is not an address: 999 is more than 255'],
    ['1.2.3', 'has four parts'],
    ['010.0.0.1', 'starts with a zero'],
    ['1.2.3.9-1.2.3.4', 'ends before it begins'],
    ['10.0.0.0/33', '/33 is more than /32'],
    ['1::2::3', '`::` may stand once'],
    ['fe80::1%eth0', 'has a zone'],
    ['64500', 'write `AS64500`'],
    ['AS0', 'AS1 to AS4294967295'],
    ['*.example.com', 'give `example.com`'],
    ['a..com', 'empty label'],
    ['exa$mple.com', '`$` cannot stand in a name'],
    [`${'a'.repeat(64)}.com`, '63 is the most'],
    ['example.c', 'cannot be a top level'],
    ['localhost', '127.0.0.1'],
    ['a@b', 'at least two'],
    ['jane doe@example.com', 'put quotes around a phrase'],
    ['gopher://example.com/', 'http, https, ftp'],
    ['https://example.com:99999/', 'not a host with an optional port'],
    ['emial:jane@example.com', 'did you mean `email:jane@example.com`?'],
    ['0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD', 'EIP-55'],
    ['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb', 'checksum'],
    ['DE88370400440532013000', 'not an IBAN'],
    ['expyuzz4wqqyqhjn.onion', 'version 3'],
    ['cve-99', 'CVE-2021-44228'],
    ['+1', 'not a phone number'],
    ['', 'an empty line'],
  ])('%j is refused: %s', (line, reason) => {
    expect(detect(line)).toEqual([])
    expect(explainRefusal(line)).toContain(reason)
  })

  it.each(entityTypes.filter((type) => !['credential-leak', 'web-form'].includes(type)))(
    'takes %s with its type in front',
    (type) => {
      for (const { raw, value } of definitionOf(type).examples) {
        const [first] = detect(`${type}:${raw}`)
        const isRange = type === 'netblock' && first?.entities.every((entity) => entity.type === 'ip-address')
        expect(isRange === true || first?.entities[0]?.value === value).toBe(true)
      }
    },
  )

  it('has only canonical readings, or else a reason, whatever is typed', () => {
    const pieces = fc.constantFrom(
      'example',
      '.',
      'com',
      '10.0.0.1',
      '-',
      '/',
      '8',
      ':',
      '@',
      ' ',
      '"',
      'AS',
      '::',
      '[.]',
      '*',
      '+',
      'é',
      '%',
      'http://',
      'email:',
      '1',
    )
    const typed = fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(typed, fc.string({ unit: 'binary', maxLength: 80 })), (line) => {
        const found = detect(line).flatMap(({ entities }) => entities)
        expect(found.filter(({ type, value }) => !isCanonical(type, value))).toEqual([])
        expect(explainRefusal(line)).not.toBe('')
        expect(explainRefusal(line)).not.toMatch(/[\r\n\0]/)
      }),
      { numRuns: 2_000 },
    )
  })
})
