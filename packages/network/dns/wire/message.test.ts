import dnsPacket from 'dns-packet'
import type { Answer, StringAnswer } from 'dns-packet'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAnswer, decodeMessage, isReadable, skimMessage } from './message.ts'

function response(answers: unknown[], extra: object = {}, type = 'A'): Buffer {
  return dnsPacket.encode({
    type: 'response',
    id: 7,
    flags: 0x80,
    questions: [{ type: type as 'A', name: 'www.example.com', class: 'IN' }],
    // The library's types do not cover every record it encodes.
    answers: answers as Answer[],
    ...extra,
  })
}

const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9-]{0,10}[a-z0-9])?$/)
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'))
const ttl = fc.integer({ min: 0, max: 0x7fff_ffff })
const number16 = fc.integer({ min: 0, max: 65_535 })
const number32 = fc.integer({ min: 0, max: 0xffff_ffff })

/** A record for the oracle to encode, and what we must read from it. */
const record = fc
  .oneof<fc.MaybeWeightedArbitrary<{ type: string; data: unknown; text: string }>[]>(
    fc.ipV4().map((data) => ({ type: 'A', data: data, text: data })),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => {
      const groups = Array.from({ length: 8 }, (_, i) => ((bytes[i * 2]! << 8) | bytes[i * 2 + 1]!).toString(16))
      // WHATWG's URL parser writes addresses as RFC 5952 does.
      return {
        type: 'AAAA',
        data: groups.join(':'),
        text: new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1),
      }
    }),
    fc.tuple(fc.constantFrom('CNAME', 'NS', 'PTR'), name).map(([type, data]) => ({ type, data: data, text: data })),
    fc.tuple(number16, name).map(([preference, exchange]) => ({
      type: 'MX',
      data: { preference, exchange },
      text: `${preference} ${exchange}`,
    })),
    fc
      .array(fc.string({ maxLength: 60, unit: 'grapheme-ascii' }), { minLength: 1, maxLength: 4 })
      .map((parts) => ({ type: 'TXT', data: parts.map((part) => Buffer.from(part)), text: parts.join('') })),
    fc.tuple(name, name, fc.array(number32, { minLength: 5, maxLength: 5 })).map(([mname, rname, numbers]) => ({
      type: 'SOA',
      data: {
        mname,
        rname,
        serial: numbers[0],
        refresh: numbers[1],
        retry: numbers[2],
        expire: numbers[3],
        minimum: numbers[4],
      },
      text: `${mname} ${rname} ${numbers.join(' ')}`,
    })),
    fc.tuple(number16, number16, number16, name).map(([priority, weight, port, target]) => ({
      type: 'SRV',
      data: { priority, weight, port, target },
      text: `${priority} ${weight} ${port} ${target}`,
    })),
    fc.tuple(fc.constantFrom('issue', 'issuewild', 'iodef'), name).map(([tag, value]) => ({
      type: 'CAA',
      data: { flags: 0, tag, value },
      text: `0 ${tag} "${value}"`,
    })),
    fc.tuple(number16, fc.uint8Array({ minLength: 1, maxLength: 40 })).map(([keyTag, digest]) => ({
      type: 'DS',
      data: { keyTag, algorithm: 8, digestType: 2, digest: Buffer.from(digest) },
      text: `${keyTag} 8 2 ${Buffer.from(digest).toString('hex').toUpperCase()}`,
    })),
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((key) => ({
      type: 'DNSKEY',
      data: { flags: 257, algorithm: 13, key: Buffer.from(key) },
      text: `257 3 13 ${Buffer.from(key).toString('base64')}`,
    })),
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((certificate) => ({
      type: 'TLSA',
      data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from(certificate) },
      text: `3 1 1 ${Buffer.from(certificate).toString('hex').toUpperCase()}`,
    })),
    fc
      .tuple(name, fc.uniqueArray(fc.constantFrom('A', 'NS', 'SOA', 'MX', 'RRSIG', 'NSEC', 'CAA'), { minLength: 1 }))
      .map(([nextDomain, rrtypes]) => {
        const codes = (['A', 'NS', 'SOA', 'MX', 'RRSIG', 'NSEC', 'CAA'] as const).filter((type) =>
          rrtypes.includes(type),
        )
        return { type: 'NSEC', data: { nextDomain, rrtypes }, text: `${nextDomain} ${codes.join(' ')}` }
      }),
  )
  .chain((item) => fc.record({ item: fc.constant(item), name, ttl }))

describe('decoding responses', () => {
  it('reads what dns-packet writes', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), fc.array(record, { maxLength: 3 }), (answers, authorities) => {
        const encode = (list: typeof answers): unknown[] =>
          list.map(({ item, name: owner, ttl: seconds }) => ({
            type: item.type,
            name: owner,
            ttl: seconds,
            data: item.data,
          }))
        const expected = (list: typeof answers): unknown[] =>
          list.map(({ item, name: owner, ttl: seconds }) => ({
            name: owner,
            type: item.type,
            ttl: seconds,
            data: item.text,
          }))
        const bytes = response(encode(answers), { authorities: encode(authorities) })
        const message = decodeMessage(bytes)!
        expect(message.records).toEqual(expected(answers))
        expect(message.authority).toEqual(expected(authorities))
        expect(decodeAnswer(bytes, 's').records).toEqual(message.records)
        expect(skimMessage(bytes, 12 + 17 + 4).wellFormed).toBe(true)
      }),
    )
  })

  it('ends on damaged messages, with no more records than they announce', () => {
    let both = 0
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (answers, damage, cut) => {
          const bytes = response(
            answers.map(({ item, name: owner, ttl: seconds }) => ({
              type: item.type,
              name: owner,
              ttl: seconds,
              data: item.data,
            })),
          )
          for (const [at, value] of damage) bytes[at % bytes.length] = value
          const damaged = cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes
          const ours = decodeMessage(damaged)
          decodeAnswer(damaged, 's')
          skimMessage(damaged, Math.min(33, damaged.length))
          if (ours === undefined || damaged.length < 12) return
          both++
          expect(ours.records.length).toBeLessThanOrEqual(damaged.readUInt16BE(6))
        },
      ),
      { numRuns: 500 },
    )
    expect(both).toBeGreaterThan(0)
  })

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const message = Buffer.from(bytes)
        expect(decodeMessage(message)?.records.length ?? 0).toBeLessThanOrEqual(600)
        expect(decodeAnswer(message, 's').server).toBe('s')
        expect(skimMessage(message, 12).ttl).toBeLessThanOrEqual(86_400)
      }),
      { numRuns: 2_000 },
    )
  })

  it('ends on compression loops', () => {
    const question = Buffer.from([0, 7, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 97, 0, 0, 1, 0, 1])
    const loop = Buffer.concat([question, Buffer.from([0xc0, 19, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4])])
    expect(decodeMessage(loop)).toBeUndefined()
    expect(decodeAnswer(loop, 's')).toMatchObject({ name: 'a', status: 'FORMERR', records: [] })
    const inData = Buffer.concat([question, Buffer.from([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 0, 0, 2, 0xc0, 31])])
    expect(decodeAnswer(inData, 's').status).toBe('FORMERR')
  })

  it('tells the states apart', () => {
    const a = { type: 'A', name: 'www.example.com', ttl: 60, data: '192.0.2.1' }
    const cname = { type: 'CNAME', name: 'www.example.com', ttl: 60, data: 'gone.example.net' }
    const status = (answers: unknown[], flags: number): string => decodeAnswer(response(answers, { flags }), 's').status
    expect(status([a], 0x80)).toBe('NOERROR')
    expect(status([], 0x80)).toBe('NODATA')
    expect(status([cname], 0x80)).toBe('NODATA')
    expect(status([cname], 0x83)).toBe('NXDOMAIN')
    expect(status([], 0x81)).toBe('FORMERR')
    expect(status([], 0x82)).toBe('SERVFAIL')
    expect(status([], 0x84)).toBe('NOTIMP')
    expect(status([], 0x85)).toBe('REFUSED')
    expect(status([], 0x8b)).toBe('SERVFAIL')
  })

  it('leaves out what the model has no word for, and reads binary text', () => {
    const { records } = decodeAnswer(
      response([
        { type: 'HINFO', name: 'www.example.com', ttl: 1, data: { cpu: 'a', os: 'b' } },
        { type: 'TXT', name: 'www.example.com', ttl: 1, data: [Buffer.from([97, 0xff, 0x80])] },
        { type: 'TXT', name: 'www.example.com', ttl: 1, data: [Buffer.from('grüße')] },
      ]),
      's',
    )
    expect(records.map((item) => item.data)).toEqual(['a\\255\\128', 'grüße'])
  })

  it('reads service bindings', () => {
    const rdata = Buffer.from('0001 00 0001 0006 026832 026833 0003 0002 20fb'.replaceAll(' ', ''), 'hex')
    const bytes = response([{ type: 'UNKNOWN_65', name: 'www.example.com', ttl: 5, data: rdata }], {}, 'A')
    expect(decodeAnswer(bytes, 's').records).toEqual([
      { name: 'www.example.com', type: 'HTTPS', ttl: 5, data: '1 . alpn=h2,h3 port=8443' },
    ])
  })

  it('tells answers with names that loop, without decoding those that have none', () => {
    const at = 12 + 17 + 4
    const written = response([{ type: 'A', name: 'www.example.com', ttl: 60, data: '192.0.2.1' }])
    const honest = Buffer.concat([written.subarray(0, at), Buffer.from('c00c000100010000012c0004c6120001', 'hex')])
    expect(skimMessage(honest, at)).toMatchObject({ wellFormed: true, plain: true })
    const looping = Buffer.concat([honest.subarray(0, at), Buffer.from('c021000100010000012c0004c6120001', 'hex')])
    expect(skimMessage(looping, at)).toMatchObject({ wellFormed: true, plain: false })
    expect([isReadable(honest), isReadable(looping)]).toEqual([true, false])
  })

  it('keeps a negative answer as long as its SOA says, and any other as its shortest record', () => {
    const soa = {
      type: 'SOA',
      name: 'example.com',
      ttl: 900,
      data: { mname: 'a', rname: 'b', serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 300 },
    }
    const at = 12 + 17 + 4
    expect(skimMessage(response([], { flags: 0x83, authorities: [soa] }), at)).toEqual({
      wellFormed: true,
      ttl: 300,
      plain: true,
    })
    expect(skimMessage(response([], { flags: 0x83 }), at)).toEqual({ wellFormed: true, ttl: 0, plain: true })
    const answers: StringAnswer[] = [
      { type: 'A', name: 'www.example.com', ttl: 60, data: '192.0.2.1' },
      { type: 'A', name: 'www.example.com', ttl: 30, data: '192.0.2.2' },
    ]
    expect(skimMessage(response(answers), at)).toMatchObject({ wellFormed: true, ttl: 30 })
  })
})
