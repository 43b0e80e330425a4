import { isIP } from 'node:net'
import * as fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import {
  addressBytes,
  addressOfReverseName,
  canonicalAddress,
  embeddedIpv4,
  formatAddress,
  parseAddress,
  reverseName,
} from './address.ts'

const v4Bytes = fc.uint8Array({ minLength: 4, maxLength: 4 })
/** Many zero bytes, so that runs of zeros of every length and place occur. */
const v6Bytes = fc
  .array(fc.oneof(fc.constant(0), fc.constant(0), fc.nat(255)), { minLength: 16, maxLength: 16 })
  .map((bytes) => Uint8Array.from(bytes))

describe('addresses', () => {
  it.each([
    ['1.2.3.4', '1.2.3.4'],
    ['::', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1::', '1::'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::ffff:0102:0304', '1.2.3.4'],
    ['::1.2.3.4', '::102:304'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical)
  })

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.04',
    '1..3.4',
    '.1.2.3',
    '1.2.3.',
    ' 1.2.3.4',

    ':',
    ':::',
    '1',
    '1:2',
    '1::2::3',
    ':1::',
    '1:',
    '::1:',
    '12345::',
    'g::',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',

    '::1.2.3',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
    'fe80::1%eth0',
    '[::1]',
    '0x7f.1',
    '2130706433',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })

  it('come back from text as the same bytes', () => {
    fc.assert(
      fc.property(fc.oneof(v4Bytes, v6Bytes), (bytes) => {
        const text = formatAddress(bytes)
        const isMapped =
          bytes.length === 16 &&
          bytes.subarray(0, 10).every((byte) => byte === 0) &&
          bytes[10] === 255 &&
          bytes[11] === 255
        expect(parseAddress(text)).toEqual(isMapped ? bytes.slice(12) : bytes)
        expect(canonicalAddress(text)).toBe(isMapped ? formatAddress(bytes.slice(12)) : text)
      }),
    )
  })

  it('are written as ipaddr.js and WHATWG write them', () => {
    fc.assert(
      fc.property(v6Bytes, (bytes) => {
        const text = formatAddress(bytes)
        expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`)
        expect(new ipaddr.IPv6([...bytes]).toRFC5952String()).toBe(text)
      }),
    )
  })

  it('are exactly what Node takes for one, but for zones', () => {
    const alike = fc.string({ unit: fc.constantFrom('0', '1', 'f', '25', ':', '::', '.', 'g', '255'), maxLength: 14 })
    fc.assert(
      fc.property(alike, (text) => {
        expect(parseAddress(text) !== undefined).toBe(isIP(text) !== 0)
      }),
      { numRuns: 5_000 },
    )
  })

  it('have reverse names that lead back', () => {
    expect(reverseName('192.0.2.1')).toBe('1.2.0.192.in-addr.arpa')
    expect(reverseName('2001:db8::567:89ab')).toBe(
      'b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
    )
    fc.assert(
      fc.property(fc.oneof(v4Bytes, v6Bytes), (bytes) => {
        const text = canonicalAddress(formatAddress(bytes))!
        expect(addressOfReverseName(reverseName(text))).toBe(text)
      }),
    )
    for (const name of [
      '2.0.192.in-addr.arpa',
      '1.2.3.256.in-addr.arpa',
      '01.2.3.4.in-addr.arpa',
      'example.com',
      'in-addr.arpa',
    ]) {
      expect(addressOfReverseName(name)).toBeUndefined()
    }
  })

  it.each([
    ['::ffff:127.0.0.1', undefined],
    ['::127.0.0.1', '127.0.0.1'],
    ['64:ff9b::7f00:1', '127.0.0.1'],
    ['2002:7f00:1::', '127.0.0.1'],
    ['2001:0:1:2:3:4:80ff:fffe', '127.0.0.1'],
    ['64:ff9b:1::7f00:1', '127.0.0.1'],
    ['64:ff9b:2::7f00:1', undefined],
    ['::ffff:0:7f00:1', '127.0.0.1'],
    ['::fffe:0:7f00:1', undefined],
    ['2a00:1450::5efe:7f00:1', '127.0.0.1'],
    ['2a00:1450::200:5efe:7f00:1', '127.0.0.1'],
    ['2a00:1450::100:5efe:7f00:1', undefined],
    ['::1', undefined],
    ['::', undefined],
    ['2001:db8::1', undefined],
  ])('%s carries %s', (text, embedded) => {
    const found = embeddedIpv4(text)
    expect(found && formatAddress(found)).toBe(embedded)
  })

  it('that are mapped and given as bytes carry their IPv4 address', () => {
    const mapped = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1])
    expect(embeddedIpv4(mapped)).toEqual(addressBytes('127.0.0.1'))
  })
})
