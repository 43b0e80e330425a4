import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedAnswer, type RawAnswer, openAnswerReader } from './answer.ts'

const wanted = { method: 'GET', maxBytes: 1 << 20 } as const

/** Reads an answer that comes in these pieces, then the end of the connection where it is not complete before. */
function read(pieces: Iterable<string>, options: Parameters<typeof openAnswerReader>[0] = wanted) {
  const reader = openAnswerReader(options)
  for (const piece of pieces) {
    const answer = reader.read(Buffer.from(piece, 'latin1'))
    if (answer !== undefined) return shown(answer)
  }
  const last = reader.end()
  return last && shown(last)
}

function shown({ status, headers, body, truncated, keepMs }: RawAnswer) {
  return { status, headers: { ...headers }, body: body.toString('latin1'), truncated, keepMs }
}

const ok = 'HTTP/1.1 200 OK\r\n'

describe('the length of a body', () => {
  test.each([
    ['by its length', `${ok}Content-Length: 3\r\n\r\nabc`, 'abc', 4_000],
    ['by equal lengths', `${ok}Content-Length: 3, 3\r\nContent-Length: 3\r\n\r\nabc`, 'abc', 4_000],
    ['none', `${ok}Content-Length: 0\r\n\r\n`, '', 4_000],
    ['by its chunks', `${ok}Transfer-Encoding: chunked\r\n\r\n3;x="y"\r\nabc\r\n02\r\nde\r\n0\r\n\r\n`, 'abcde', 4_000],
    [
      'by chunks with trailers',
      `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: y\r\nz: 1\r\n\r\n`,
      'a',
      4_000,
    ],
    [
      'by chunks, whatever length is said',
      `${ok}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`,
      'a',
      0,
    ],
    ['by the end of the connection', `${ok}\r\nabc`, 'abc', 0],
    ['by the end where chunks are not the last coding', `${ok}Transfer-Encoding: chunked, gzip\r\n\r\nabc`, 'abc', 0],
    ['none of 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n', '', 4_000],
    ['none of 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n', '', 4_000],
    [
      'after interim answers',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${ok}Content-Length: 1\r\n\r\na`,
      'a',
      4_000,
    ],
    ['of an older protocol', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na', 'a', 0],
    [
      'of an older protocol that keeps',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na',
      'a',
      4_000,
    ],
    ['of a connection that is closed', `${ok}Connection: Foo, Close\r\nContent-Length: 1\r\n\r\na`, 'a', 0],
    ['of one that is kept for two seconds', `${ok}Keep-Alive: timeout=2\r\nContent-Length: 1\r\n\r\na`, 'a', 1_000],
    ['with more behind it', `${ok}Content-Length: 1\r\n\r\nab`, 'a', 0],
    ['with lines that end without CR', 'HTTP/1.1 200 OK\nContent-Length: 1\n\na', 'a', 4_000],
  ])('%s', (_what, text, body, keepMs) => {
    expect(read([text])).toMatchObject({ status: Number(/ (2..|304)/.exec(text)![1]), body, keepMs, truncated: false })
    expect(read(text)).toMatchObject({ body, truncated: false })
  })

  test('of an answer to HEAD there is no body', () => {
    expect(read([`${ok}Content-Length: 3\r\n\r\n`], { ...wanted, method: 'HEAD' })).toMatchObject({
      body: '',
      keepMs: 4_000,
    })
  })

  test('an answer that ends too early is none', () => {
    expect(read([`${ok}Content-Length: 3\r\n\r\nab`])).toBeUndefined()
    expect(read([`${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n`])).toBeUndefined()
    expect(read([`${ok}Content-Len`])).toBeUndefined()
  })

  test('what is longer than wanted is cut', () => {
    const few = { ...wanted, maxBytes: 3 }
    for (const framing of [
      'Content-Length: 4\r\n\r\nabcd',
      '\r\nabcd',
      'Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n',
    ])
      expect(read([`${ok}${framing}`], few)).toMatchObject({ body: 'abc', truncated: true, keepMs: 0 })
    expect(read([`${ok}Content-Length: 3\r\n\r\nabc`], few)).toMatchObject({ body: 'abc', truncated: false })
  })
})

describe('headers', () => {
  test('have names in lower case, values without the space around them, and a list where a name is repeated', () => {
    const text = `${ok}X-A:  1 \r\nset-cookie: a=b\r\nSet-Cookie: c=d\r\nFolded: one\r\n  two\r\nEmpty:\r\n__proto__: 1\r\n__proto__: 2\r\n\r\n`
    expect(read([text])?.headers).toEqual({
      'x-a': '1',
      'set-cookie': ['a=b', 'c=d'],
      folded: 'one two',
      empty: '',
      ['__proto__']: ['1', '2'],
    })
  })
})

describe('what is not HTTP is found at once', () => {
  test.each([
    ['another protocol', 'SSH-2'],
    ['an older one', 'HTTP/0.9 200 OK\r\n'],
    ['no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['a header without a colon', `${ok}nothing\r\n\r\n`],
    ['a header with a space in its name', `${ok}a b: c\r\n\r\n`],
    ['a carriage return in a value', `${ok}a: b\rc: d\r\n\r\n`],
    ['a negative length', `${ok}Content-Length: -1\r\n\r\n`],
    ['a length with a sign', `${ok}Content-Length: +1\r\n\r\n`],
    ['two lengths', `${ok}Content-Length: 1, 2\r\n\r\n`],
    ['a chunk of a negative size', `${ok}Transfer-Encoding: chunked\r\n\r\n-1\r\n`],
    ['a chunk of more than can be counted', `${ok}Transfer-Encoding: chunked\r\n\r\nfffffffffffff\r\n`],
    ['a chunk that is longer than its size', `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n`],
    ['an endless chunk size', `${ok}Transfer-Encoding: chunked\r\n\r\n${'0'.repeat(2_000)}`],
    ['endless headers', `${ok}a: ${'b'.repeat(70_000)}`],
    ['endless interim answers', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(3_000)],
    ['endless trailers', `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(20_000)}`],
  ])('%s', (_what, text) => {
    expect(() => read([text])).toThrow(MalformedAnswer)
    expect(() => read(text)).toThrow(MalformedAnswer)
  })
})

test('an answer is the same in whatever pieces it comes', () => {
  const chunk = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 })
  const value = fc.stringMatching(/^[\x21-\x7e]{0,20}$/)
  const answer = fc.record({
    status: fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 304),
    values: fc.array(value, { maxLength: 4 }),
    chunks: fc.array(chunk, { maxLength: 5 }),
    isChunked: fc.boolean(),
  })
  fc.assert(
    fc.property(answer, fc.array(fc.nat(), { maxLength: 12 }), ({ status, values, chunks, isChunked }, cuts) => {
      const body = chunks.join('')
      const sized = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')
      const text = [
        `HTTP/1.1 ${status} Whatever\r\n`,
        ...values.map((value, i) => `X-${i}: ${value}\r\n`),
        isChunked
          ? `Transfer-Encoding: chunked\r\n\r\n${sized}0\r\n\r\n`
          : `Content-Length: ${body.length}\r\n\r\n${body}`,
      ].join('')
      const marks = [0, ...cuts.map((cut) => cut % text.length).sort((a, b) => a - b), text.length]
      const pieces = marks.slice(1).map((mark, i) => text.slice(marks[i], mark))
      const expected = { status, body, truncated: false, keepMs: 4_000 }
      expect(read(pieces)).toMatchObject(expected)
      for (const [i, value] of values.entries()) expect(read(pieces)?.headers[`x-${i}`]).toBe(value)
    }),
  )
})

test('whatever a peer sends is an answer, none, or malformed', () => {
  const noise = fc.oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 200 }),
    fc
      .array(
        fc.constantFrom('HTTP/1.1 200 OK', '\r\n', '\n', ': ', 'transfer-encoding: chunked', '5', '0', 'a', '\r'),
        { maxLength: 20 },
      )
      .map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 5 }), (pieces) => {
      expect(outcome(pieces)).toBeOneOf(['an answer', 'none', 'malformed'])
    }),
  )
})

function outcome(pieces: string[]): string {
  try {
    return read(pieces) === undefined ? 'none' : 'an answer'
  } catch (error) {
    return error instanceof MalformedAnswer ? 'malformed' : String(error)
  }
}
