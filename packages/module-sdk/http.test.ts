import { Type as t } from 'typebox'
import { describe, expect, test } from 'vitest'
import type { Http } from './context.ts'
import { failureOf } from './error.ts'
import { openHttp } from './http.ts'
import { type HttpMock, type ReplayTransport, openReplay } from './replay.ts'
import { type Tally, newTally } from './tally.ts'

const Row = t.Object({ name: t.String() })
const url = 'https://api.source.example/hosts'
const html = { 'content-type': 'text/html' }
const { signal } = new AbortController()

function open(...http: HttpMock[]): { http: Http; tally: Tally; transport: ReplayTransport } {
  const transport = openReplay({ http })
  const tally = newTally()
  return { http: openHttp(transport, { contact: 'stored' }, tally, signal), tally, transport }
}

async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  return error === undefined ? 'answered' : failureOf(error).outcome
}

describe('an answer that is no data ends the task', () => {
  test.for<[string, Partial<HttpMock>, string]>([
    ['200', { body: { name: 'a' } }, 'answered'],
    ['204', { status: 204, body: '' }, 'changed-format'],
    ['301 that was not followed', { status: 301 }, 'changed-format'],
    ['400', { status: 400 }, 'changed-format'],
    ['401', { status: 401 }, 'key-refused'],
    ['402', { status: 402 }, 'quota'],
    ['403', { status: 403 }, 'key-refused'],
    ['403 with Retry-After', { status: 403, headers: { 'retry-after': '60' } }, 'rate-limited'],
    ['403 with a spent limit', { status: 403, headers: { 'x-ratelimit-remaining': '0' } }, 'rate-limited'],
    ['404', { status: 404 }, 'changed-format'],
    ['429', { status: 429 }, 'rate-limited'],
    ['451', { status: 451 }, 'blocked'],
    ['500', { status: 500 }, 'unreachable'],
    ['503 of a wall', { status: 503, headers: html, body: '<title>Just a moment...</title>' }, 'blocked'],
    ['200 of a wall', { headers: html, body: '<div class="g-recaptcha">' }, 'blocked'],
    ['200 of a wall by its header', { headers: { 'cf-mitigated': 'challenge' }, body: { name: 'a' } }, 'blocked'],
    ['a page instead of data', { headers: html, body: '<p>Hello' }, 'changed-format'],
    ['half an answer', { body: '{"name": "a', truncated: true }, 'changed-format'],
    ['a whole answer that was cut', { body: '{"name": "a"}', truncated: true }, 'changed-format'],
    ['deep nesting', { body: '['.repeat(100_000) }, 'changed-format'],
    ['invalid UTF-8', { body: new Uint8Array([0x7b, 0xff, 0xfe]) }, 'changed-format'],
  ])('%s', async ([, mock, outcome]) => {
    expect(await outcomeOf(open({ url, ...mock }).http.json(url, Row))).toBe(outcome)
  })

  test('and the error names the host and the recorded answer', async () => {
    const { http } = open({ url, body: '<' })
    await expect(http.json(url, Row)).rejects.toThrow(/api\.source\.example is not JSON.*exchange-1/)
  })
})

test('sentences in a 200 are read as what they mean', async () => {
  const options = { quotaWhen: /count exceeded/, emptyWhen: /no records/ }
  expect(await outcomeOf(open({ url, body: 'API count exceeded' }).http.text(url, options))).toBe('quota')
  expect(await open({ url, body: 'no records' }).http.text(url, options)).toBeUndefined()
})

test('a status that means “nothing known” answers undefined, and one that means something else says it', async () => {
  const { http } = open({ url, status: 404 }, { url, status: 403 })
  expect(await http.json(url, Row, { missing: [404] })).toBeUndefined()
  expect(await outcomeOf(http.json(url, Row, { means: { 403: 'quota' } }))).toBe('quota')
})

test('lines and rows leave out and count what they cannot read, and fail when they can read nothing', async () => {
  const { http, tally } = open({ url, body: '{"name":"a"}\nnonsense\n\n{"name":1}\n' }, { url, body: 'a,1\n?\n' })
  expect(await http.lines(url, Row)).toEqual([{ name: 'a' }])
  expect(tally.dropped).toBe(2)
  expect(await http.rows(url, (line) => /^(\w),\d$/.exec(line)?.[1])).toEqual(['a'])
  expect(tally.dropped).toBe(3)
  expect(await outcomeOf(open({ url, body: 'oops' }).http.lines(url, Row))).toBe('changed-format')
  expect(await open({ url, body: '\n' }).http.lines(url, Row)).toEqual([])
})

test('pages end with the last one, and where a URL comes again', async () => {
  const page = (n: number): HttpMock => ({ url: `${url}?page=${n}`, body: { name: String(n) } })
  const { http, transport } = open(page(1), page(2), page(3))
  const names: string[] = []
  const next = ({ name }: { name: string }): string => `${url}?page=${(Number(name) % 3) + 1}`
  for await (const { name } of http.pages(`${url}?page=1`, Row, next)) names.push(name)
  expect(names).toEqual(['1', '2', '3'])
  expect(transport.unused()).toEqual([])
})

test('a body travels as JSON unless it is text, and a key is declared as a secret', async () => {
  const requests: unknown[] = []
  const transport = openReplay({
    http: [
      { url, sent: { a: 1 }, body: {} },
      { url, method: 'POST', sent: 'a=1', body: {} },
    ],
  })
  const spy = {
    ...transport,
    request: (...given: Parameters<typeof transport.request>) => (requests.push(given[0]), transport.request(...given)),
  }
  const http = openHttp(spy, { contact: 'stored', maxAgeMs: 5 }, newTally(), signal)
  await http.get(url, { body: { a: 1 }, secrets: ['key'] })
  await http.get(url, { body: 'a=1', cacheFor: '1h', headers: { 'content-type': 'text/plain' } })
  expect(requests).toMatchObject([
    { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' }, secrets: ['key'], maxAgeMs: 5 },
    { method: 'POST', body: 'a=1', headers: { 'content-type': 'text/plain' }, maxAgeMs: 3_600_000 },
  ])
})

test('looking at a peer that gives no answer is no failure, but remembered; a stop is one', async () => {
  const failing = (outcome: string): HttpMock => ({ url, fails: Object.assign(new Error('no'), { outcome }) })
  const { http, tally } = open(failing('unreachable'), failing('out-of-scope'), failing('cancelled'), {
    url,
    status: 500,
  })
  expect(await http.look(url)).toBeUndefined()
  expect(tally.failure).toEqual({ outcome: 'unreachable', reason: 'no' })
  expect(await http.look(url)).toBeUndefined()
  expect(await outcomeOf(http.look(url))).toBe('cancelled')
  expect((await http.look(url))?.status).toBe(500)
})
