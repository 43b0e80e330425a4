import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { labelsOf, nameToWire, parentOf, readName, writeName } from './name.ts'

function read(bytes: Buffer, at = 0): { name: string; at: number; failed: boolean } {
  const cursor = { bytes, at, failed: false }
  const name = readName(cursor)
  return { name, at: cursor.at, failed: cursor.failed }
}

describe('names on the wire', () => {
  it('writes labels behind their length, lower case, with or without the final dot', () => {
    const wire = Uint8Array.from([3, 119, 119, 119, 2, 97, 98, 0])
    expect(nameToWire('www.ab')).toEqual(wire)
    expect(nameToWire('WWW.aB.')).toEqual(wire)
    expect(nameToWire('.')).toEqual(Uint8Array.from([0]))
  })

  it('refuses what is no name', () => {
    const label = 'a'.repeat(63)
    for (const text of [
      '..',
      '.a',
      'a..b',
      `${label}a.b`,
      `${label}.${label}.${label}.${label}`,
      'bücher.example',
      'a\\',
      'a\\25',
      'a\\256b',
    ])
      expect([text, writeName(text, new Uint8Array(300), 0)]).toEqual([text, -1])
  })

  it('takes the longest names', () => {
    const label = 'a'.repeat(63)
    const name = `${label}.${label}.${label}.${'b'.repeat(61)}`
    expect(nameToWire(name)).toHaveLength(255)
    expect(nameToWire(`${name}b`)).toBeUndefined()
    expect(read(Buffer.from(nameToWire(name)!))).toEqual({ name, at: 255, failed: false })
  })

  it('keeps every byte but the case of letters', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 3 }), (labels) => {
        const wire = Buffer.concat([...labels.map((label) => Buffer.from([label.length, ...label])), Buffer.from([0])])
        const { name, at, failed } = read(wire)
        expect(failed).toBe(false)
        expect(at).toBe(wire.length)
        const lower = Buffer.concat([
          ...labels.map((label) =>
            Buffer.from([label.length, ...label.map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte))]),
          ),
          Buffer.from([0]),
        ])
        expect(Buffer.from(nameToWire(name)!)).toEqual(lower)
        expect(labelsOf(name)).toHaveLength(labels.length)
      }),
    )
  })

  it('follows pointers that go backwards and refuses the others', () => {
    const bytes = Buffer.from([1, 97, 0, 1, 98, 0xc0, 0, 0xc0, 7, 0xc0, 11, 0, 0])
    expect(read(bytes, 3)).toEqual({ name: 'b.a', at: 7, failed: false })
    expect(read(bytes, 7).failed).toBe(true)
    expect(read(bytes, 9).failed).toBe(true)
    expect(read(Buffer.from([1, 97, 0xc0, 0]), 0).failed).toBe(true)
    expect(read(Buffer.from([1, 97, 0xc0]), 0).failed).toBe(true)
    expect(read(Buffer.from([0x41, 97, 0]), 0).failed).toBe(true)
    expect(read(Buffer.from([5, 97]), 0).failed).toBe(true)
  })

  it('refuses long chains of pointers', () => {
    const chain = Buffer.alloc(602)
    for (let at = 2; at < 602; at += 2) chain.writeUInt16BE(0xc000 | (at - 2), at)
    expect(read(chain, 2 * 127)).toEqual({ name: '.', at: 2 * 128, failed: false })
    expect(read(chain, 600).failed).toBe(true)
  })

  it('splits names at dots that are not escaped', () => {
    expect(labelsOf('a\\.b.c')).toEqual(['a\\.b', 'c'])
    expect(parentOf('a\\.b.c.d')).toBe('c.d')
    expect(parentOf('d')).toBe('.')
    expect(parentOf('.')).toBe('.')
  })
})
