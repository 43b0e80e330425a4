import dnsPacket from 'dns-packet'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nameToWire } from './name.ts'
import { echoOf, maxQueryBytes, writeQuery } from './query.ts'

const form = { id: 0xbeef, type: 28, recursion: true, edns: true, ecs: true, dnssec: false, caseBits: 0 }

function query(name: string, change: Partial<typeof form> = {}): Buffer {
  const wire = nameToWire(name)!
  const bytes = Buffer.alloc(maxQueryBytes)
  return bytes.subarray(0, writeQuery(bytes, wire, 0, wire.length, { ...form, ...change }))
}

describe('queries', () => {
  it('are what dns-packet understands', () => {
    const packet = dnsPacket.decode(query('www.example.com'))
    expect(packet).toMatchObject({ id: 0xbeef, type: 'query', flag_rd: true })
    expect(packet.questions).toEqual([{ name: 'www.example.com', type: 'AAAA', class: 'IN' }])
    expect(packet.additionals).toMatchObject([
      { type: 'OPT', udpPayloadSize: 1232, flag_do: false, options: [{ code: 8, family: 1, sourcePrefixLength: 0 }] },
    ])
    expect(dnsPacket.decode(query('a', { ecs: false, dnssec: true })).additionals).toMatchObject([
      { type: 'OPT', flag_do: true, options: [] },
    ])
    expect(dnsPacket.decode(query('a', { edns: false, recursion: false }))).toMatchObject({
      flag_rd: false,
      additionals: [],
    })
  })

  it('recognise their echo in the case they were sent in', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,20}(\.[a-z]{1,20}){0,3}$/), fc.integer(), (name, caseBits) => {
        const wire = nameToWire(name)!
        const sent = query(name, { caseBits })
        expect(
          sent
            .subarray(12, 12 + wire.length)
            .toString('latin1')
            .toLowerCase(),
        ).toBe(Buffer.from(wire).toString('latin1'))
        expect(echoOf(sent, wire, 0, wire.length, 28, caseBits)).toBe('same')
        expect(echoOf(sent, wire, 0, wire.length, 1, caseBits)).toBe('other')
        const other = Buffer.from(sent)
        other[13] = other[13]! ^ 0x20
        expect(echoOf(other, wire, 0, wire.length, 28, caseBits)).toBe('other-case')
        other[13] = 0x21
        expect(echoOf(other, wire, 0, wire.length, 28, caseBits)).toBe('other')
        expect(echoOf(sent.subarray(0, 12 + wire.length), wire, 0, wire.length, 28, caseBits)).toBe('other')
      }),
    )
  })
})
