import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressBytes, formatIpv4 } from './address.ts'
import {
  addressesOf,
  blocksOfRange,
  boundsOf,
  contains,
  formatNetblock,
  parseNetblock,
  sizeOf,
  toBigInt,
} from './netblock.ts'

describe('netblocks', () => {
  it.each([
    ['192.0.2.77/24', '192.0.2.0/24'],
    ['192.0.2.77/32', '192.0.2.77/32'],
    ['192.0.2.77/0', '0.0.0.0/0'],
    ['192.0.2.77/255.255.254.0', '192.0.2.0/23'],
    ['2001:db8:ffff::1/33', '2001:db8:8000::/33'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
  ])('%s is %s', (text, canonical) => {
    expect(formatNetblock(parseNetblock(text)!)).toBe(canonical)
  })

  it.each([
    '1.2.3.4',
    '1.2.3.4/',
    '1.2.3.4/33',
    '1.2.3.4/-1',
    '1.2.3.4/08',
    '::/129',
    '::ffff:10.0.0.0/8',
    '1.2.3.4/255.0.255.0',
  ])('%s is none', (text) => {
    expect(parseNetblock(text)).toBeUndefined()
  })

  it('contain exactly the addresses between their bounds', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(32), fc.nat(0xffffffff), (base, prefix, other) => {
        const block = parseNetblock(`${formatIpv4(base)}/${prefix}`)!
        const { first, last } = boundsOf(block)
        const number = toBigInt(addressBytes(formatIpv4(other)))
        expect(contains(block, formatIpv4(other))).toBe(number >= toBigInt(first) && number <= toBigInt(last))
        expect(sizeOf(block)).toBe(toBigInt(last) - toBigInt(first) + 1n)
      }),
    )
  })

  it('contain blocks inside them, and nothing of the other family', () => {
    expect(contains('10.0.0.0/8', '10.1.0.0/16')).toBe(true)
    expect(contains('10.1.0.0/16', '10.0.0.0/8')).toBe(false)
    expect(contains('10.0.0.0/8', '10.0.0.0/8')).toBe(true)
    expect(contains('::/0', '10.0.0.1')).toBe(false)
    expect(() => contains('10.0.0.0/8', 'example.com')).toThrow(/not an IP address: example.com/)
  })

  it('list their addresses one by one', () => {
    expect([...addressesOf('192.0.2.254/30')]).toEqual(['192.0.2.252', '192.0.2.253', '192.0.2.254', '192.0.2.255'])
    expect([...addressesOf('255.255.255.254/31')]).toEqual(['255.255.255.254', '255.255.255.255'])
    expect(addressesOf('2001:db8::/32').next().value).toBe('2001:db8::')
  })

  it('cover a range exactly, with as few blocks as adjoining ones cannot be joined', () => {
    expect(blocksOfRange('10.0.0.3', '10.0.0.8').map(formatNetblock)).toEqual([
      '10.0.0.3/32',
      '10.0.0.4/30',
      '10.0.0.8/32',
    ])
    expect(blocksOfRange('0.0.0.0', '255.255.255.255').map(formatNetblock)).toEqual(['0.0.0.0/0'])
    expect(blocksOfRange('10.0.0.2', '10.0.0.1')).toEqual([])
    expect(blocksOfRange('10.0.0.1', '::1')).toEqual([])
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a]
        const blocks = blocksOfRange(formatIpv4(low), formatIpv4(high))
        let next = BigInt(low)
        for (const block of blocks) {
          expect(toBigInt(boundsOf(block).first)).toBe(next)
          next = toBigInt(boundsOf(block).last) + 1n
        }
        expect(next).toBe(BigInt(high) + 1n)
        expect(blocks.length).toBeLessThanOrEqual(62)
      }),
    )
  })
})
