import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splitDer } from './record/exchange.ts'
import { decodeBody } from './http/decode.ts'
import { decodeFrame, encodeFrame } from './record/frame.ts'
import { openGate } from './limits/gate.ts'
import { parseHost, parseUrl } from './guard.ts'
import { NetworkError } from './error.ts'
import { interleave, race } from './dial/race.ts'
import { mask, openRedactor } from './record/redact.ts'

const key = { workspace: 'default', run: 'run_1', module: 'dns', task: '7' }
const never = new AbortController().signal

test('frames give back what was put in', () => {
  const pair = fc.record({
    question: fc.string(),
    answer: fc.option(fc.record({ status: fc.string(), records: fc.array(fc.string()) }), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 50 }), (pairs) => {
      const plain = pairs.map(({ question, answer }) => ({ question, answer: answer && { ...answer } }))
      expect(decodeFrame(encodeFrame(key, 'dns', plain, 5))).toEqual(plain)
    }),
  )
})

test('a frame of names that do not exist costs their names and little more', () => {
  const pairs = Array.from({ length: 1_000 }, (_, i) => ({
    question: `A word${i}.northwind.example`,
    answer: undefined,
  }))
  expect(encodeFrame(key, 'dns', pairs, 5).body.length).toBeLessThan(4_000)
})

test('DER values are split as they were joined', () => {
  const der = fc.uint8Array({ maxLength: 70_000 }).map((content) => {
    const { length } = content
    const size =
      length < 128
        ? [length]
        : length < 256
          ? [129, length]
          : length < 65_536
            ? [130, length >> 8, length & 255]
            : [131, length >> 16, (length >> 8) & 255, length & 255]
    return Buffer.concat([Uint8Array.of(0x30, ...size), content])
  })
  fc.assert(
    fc.property(fc.array(der, { maxLength: 4 }), (values) => {
      expect(splitDer(Buffer.concat(values)).map((value) => Buffer.from(value))).toEqual(values)
    }),
    { numRuns: 50 },
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => splitDer(bytes).length <= bytes.length))
})

test('hosts and URLs are read or refused, never anything else', () => {
  const host = fc.oneof(fc.string(), fc.webAuthority(), fc.ipV4Extended(), fc.ipV6(), fc.domain())
  fc.assert(
    fc.property(host, (text) => {
      for (const read of [() => parseHost(text), () => parseUrl(text), () => parseUrl(`http://${text}/`)])
        expect(faultOf(read)).toSatisfy((fault) => fault === undefined || fault instanceof NetworkError)
    }),
  )
  fc.assert(
    fc.property(fc.ipV4Extended(), (text) => {
      expect(parseHost(text).address).toMatch(/^\d+(\.\d+){3}$/)
    }),
  )
})

test('bodies decode within their bound whatever they are', async () => {
  const coding = fc.constantFrom('gzip', 'deflate', 'br', 'zstd', 'gzip, br', 'identity', 'nonsense', '')
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), coding, fc.nat(200), async (bytes, coding, limit) => {
      const { body } = await decodeBody(Buffer.from(bytes), coding, limit)
      expect(body.length).toBeLessThanOrEqual(limit)
    }),
  )
})

describe('redaction', () => {
  test('leaves no form of a secret in text, bytes, URLs or headers', () => {
    const secret = fc
      .string({ minLength: 6, maxLength: 30, unit: 'binary' })
      .filter((text) => text.trim().length >= 6 && text.isWellFormed() && !mask.includes(text))
    fc.assert(
      fc.property(secret, fc.webPath(), (value, path) => {
        const redactor = openRedactor([value], [])
        const forms = [value, encodeURIComponent(value), new URLSearchParams({ v: value }).toString().slice(2)]
        for (const form of forms) {
          expect(redactor.text(`${path}${form}${path}`).includes(form)).toBe(path.includes(form))
          expect(redactor.url(`https://api.example${path}?key=${form}`)).not.toContain(`=${form}`)
          expect(Buffer.from(redactor.bytes(Buffer.from(`a ${form} b`))).includes(` ${form} `)).toBe(false)
        }
        expect(redactor.headers({ 'x-echo': value, list: [value] })).toEqual({ 'x-echo': mask, list: [mask] })
      }),
    )
  })

  test('knows a secret as others write it down', () => {
    const value = 'k+y/0&1=<é>"Zx'
    const { text } = openRedactor([value], [])
    for (const form of [
      encodeURIComponent(value).toLowerCase().replace('zx', 'Zx'),
      JSON.stringify(value).slice(1, -1),
      JSON.stringify(value)
        .slice(1, -1)
        .replaceAll('/', String.raw`\/`),
      String.raw`k\u002By\u002F0\u00261\u003D\u003Cé\u003E\"Zx`,
      String.raw`k\u002by\u002f0\u00261\u003d\u003cé\u003e\"Zx`,
      'k+y/0&amp;1=&lt;é&gt;&quot;Zx',
      Buffer.from(value).toString('base64url'),
    ])
      expect(text(`before ${form} after`)).toBe(`before ${mask} after`)
    for (let length = 6; length < 12; length++) {
      const key = 'abcdefghijkl'.slice(0, length)
      const basic = Buffer.from(`${key}:`).toString('base64')
      expect(openRedactor([key], []).text(basic)).not.toContain(basic.slice(0, 8))
    }
  })

  test('masks parameters and headers by name, whatever their case and encoding', () => {
    const redactor = openRedactor([], ['apiKey', 'X-Token'])
    expect(redactor.url('https://a.example/?q=1&APIKEY=abc&api%4bey=def&x=2')).toBe(
      'https://a.example/?q=1&APIKEY=[secret]&api%4bey=[secret]&x=2',
    )
    expect(redactor.headers({ 'x-token': 'a', Authorization: 'b', cookie: 'c', accept: 'd' })).toEqual({
      'x-token': mask,
      Authorization: mask,
      cookie: mask,
      accept: 'd',
    })
  })

  test('leaves bytes alone that hold none', () => {
    const bytes = Uint8Array.of(1, 2, 3)
    expect(openRedactor(['secret value'], []).bytes(bytes)).toBe(bytes)
  })
})

describe('the race of addresses', () => {
  test('takes the families in turns', () => {
    expect(interleave(['1.1.1.1', '1.0.0.1', '2606:4700::1'])).toEqual(['2606:4700::1', '1.1.1.1', '1.0.0.1'])
  })

  test('goes on at once after a failure and answers the first that opens', async () => {
    const tried: string[] = []
    const opened = await race(
      ['a', 'b', 'c'],
      (candidate) => {
        tried.push(candidate)
        return candidate === 'c' ? Promise.resolve(candidate) : Promise.reject(new Error(candidate))
      },
      { delayMs: 60_000, signal: never, discard: () => {} },
    )
    expect(opened).toBe('c')
    expect(tried).toEqual(['a', 'b', 'c'])
  })

  test('leaves the silent one behind, and discards it when it opens after all', async () => {
    const late = Promise.withResolvers<string>()
    const discarded: string[] = []
    const opened = await race(
      ['slow', 'fast'],
      (candidate) => (candidate === 'slow' ? late.promise : Promise.resolve(candidate)),
      {
        delayMs: 1,
        signal: never,
        discard: (candidate) => discarded.push(candidate),
      },
    )
    expect(opened).toBe('fast')
    late.resolve('slow')
    await expect.poll(() => discarded).toEqual(['slow'])
  })

  test('fails with the first failure when all fail', async () => {
    const all = race(['a', 'b'], (candidate) => Promise.reject(new Error(candidate)), {
      delayMs: 1,
      signal: never,
      discard: () => {},
    })
    await expect(all).rejects.toThrow('a')
  })
})

test('a gate lets so many in, in order, and forgets who gave up', async () => {
  const gate = openGate(2)
  const entered: number[] = []
  const places = await Promise.all([gate.enter('a', never), gate.enter('a', never)])
  const stop = new AbortController()
  const waiting = [1, 2, 3].map(async (n) => {
    const place = await gate.enter('a', n === 2 ? stop.signal : never)
    entered.push(n)
    return place
  })
  stop.abort(new Error('gave up'))
  await expect(waiting[1]).rejects.toThrow('gave up')
  ;(await gate.enter('b', never))[Symbol.dispose]()
  expect(entered).toEqual([])
  places[0][Symbol.dispose]()
  places[0][Symbol.dispose]()
  await waiting[0]
  expect(entered).toEqual([1])
  places[1][Symbol.dispose]()
  await waiting[2]
  expect(entered).toEqual([1, 3])
})

function faultOf(work: () => unknown): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}
