import { type Operation, pathNames } from '@mirage/kit/contract.ts'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Answer,
  ask,
  askInPieces,
  askRaw,
  goodInput,
  leaks,
  noLeaks,
  open,
  pathOf,
  said,
  usual,
  wrongWith,
} from './api.ts'

const seed = Number(process.env['MIRAGE_TEST_SEED'] ?? Date.now() % 1_000_000)
/** Hostile requests an operation is sent. */
const attacks = 30

beforeAll(() => console.info(`hostile-input.test.ts: MIRAGE_TEST_SEED=${seed}`))

const hostileText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '..',
    '../../etc/passwd',
    '%00',
    '%',
    '%2e%2e%2f',
    "' or 1=1 --",
    '"; drop table run; --',
    '*',
    '-1',
    '1e309',
    'NaN',
    '99999999999999999999',
    '__proto__',
    'constructor',
    'last',
    '{}',
    '[]',
    'null',
    'type:',
    'type:domain (((',
    'seen:>not-a-date',
    '"unclosed',
    'x'.repeat(9_000),
    '\u202e\u{1f480}',
    '../'.repeat(300),
    'domain:northwind.example',
    ':',
    'url:https://[',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
)
const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom(null, true, -1, 0, 1.5, 2 ** 53, -(2 ** 63), 1e308, [], {}, [[]], { $gt: '' }, [null]),
  fc.array(hostileText, { maxLength: 4 }),
  fc.dictionary(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }),
)

type Attack = { field: number; value: unknown; inDefinition: boolean }
const attack: fc.Arbitrary<Attack> = fc.record({ field: fc.nat(), value: hostileValue, inDefinition: fc.boolean() })

describe('hostile input', () => {
  it.each(open)(
    '$title answers it with a problem, never with a failure of its own',
    { timeout: 120_000 },
    async ({ operation }) => {
      const names = [...Object.keys(operation.input.properties), 'unknown']
      await fc.assert(
        fc.asyncProperty(attack, async ({ field, value, inDefinition }) => {
          const name = names[field % names.length]!
          const input = { ...goodInput(operation), [name]: value }
          const { definition } = usual() as { definition: Record<string, unknown> }
          const fields = [
            ...Object.keys(definition),
            'profile',
            'include',
            'exclude',
            'distance',
            'budget',
            'rate',
            'moduleRates',
            'resolvers',
            'proxy',
            'headers',
            'userAgent',
            'want',
            'contact',
            'name',
            'note',
          ]
          if ('definition' in input && inDefinition)
            input['definition'] = { ...definition, [fields[field % fields.length]!]: value }
          const wrong = wrongWith(await send(operation, input))
          if (wrong !== undefined) throw new Error(`${operation.method} ${operation.path} with ${name}: ${wrong}`)
        }),
        { numRuns: attacks, seed },
      )
      expect(said.length).toBeGreaterThan(0)
    },
  )

  it.each(open.filter(({ operation }) => operation.method !== 'GET' && operation.method !== 'DELETE'))(
    '$title refuses bodies that are none',
    async ({ operation }) => {
      const path = pathOf(operation, {})
      for (const asking of [
        { raw: '{' },
        { raw: '[1,2]' },
        { raw: 'null' },
        { raw: '"text"' },
        { raw: '\u0000' },
        { raw: '{"__proto__": {"polluted": true}}' },
        { raw: '['.repeat(100_000) },
        { raw: `{"name": ${'['.repeat(50_000)}${']'.repeat(50_000)}}` },
        { raw: '<xml/>', type: 'application/xml' },
        { raw: 'a=b', type: 'application/x-www-form-urlencoded' },
        { raw: '{}', type: 'application/json; charset=utf-16' },
      ])
        expect(wrongWith(await ask(operation.method, path, undefined, asking)), asking.raw.slice(0, 40)).toBeUndefined()
      if (operation.bodyLimit > 2 << 20) return
      const large = await ask(operation.method, path, undefined, {
        raw: `{"name":"${'x'.repeat(operation.bodyLimit)}"}`,
      })
      expect(large.status).toBe(413)
      expect(wrongWith(large)).toBeUndefined()
      const endless = await askInPieces(operation.method, path, operation.bodyLimit)
      expect(endless.status).toBe(413)
      expect(wrongWith(endless)).toBeUndefined()
    },
  )

  it.each([
    ['headers that are too long', 431, `GET /api/v1/runs HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['an address that is too long', 431, `GET /api/v1/runs?after=${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['TLS on a plain port', 400, '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001'],
    ['another method', 400, 'G@T / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['two lengths', 400, 'POST /api/v1/plans HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x'],
    [
      'a length and chunks',
      400,
      'POST /api/v1/plans HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/keys HTTP/1.1\r\n\r\n',
    ],
  ])('%s: a problem, and the end of the connection', async (_what, status, sent) => {
    const answer = await askRaw(sent)
    expect(answer.status).toBe(status)
    expect(wrongWith(answer)).toBeUndefined()
  })

  it('paths that lead nowhere are problems too', async () => {
    for (const path of [
      '/api/v1',
      '/api/v1/',
      '/api/v1/nothing',
      '/api/v1/runs/%',
      '/api/v1/runs/%ff',
      '/nowhere',
      '/api/v1/runs/a/b/c',
      '/..%2f..%2fetc/passwd',
    ])
      for (const method of ['GET', 'POST', 'DELETE', 'PUT', 'OPTIONS']) {
        const answer = await ask(method, path)
        expect(answer.status, `${method} ${path}`).toBeGreaterThanOrEqual(400)
        expect(wrongWith(answer), `${method} ${path}`).toBeUndefined()
      }
  })

  async function send(operation: Operation, input: Record<string, unknown>): Promise<Answer> {
    const path = pathOf(operation, input)
    if (operation.method === 'GET' || operation.method === 'DELETE') return ask(operation.method, path)
    const inPath = pathNames(operation.path)
    return ask(
      operation.method,
      path,
      Object.fromEntries(Object.entries(input).filter(([name]) => !inPath.includes(name))),
    )
  }
})

describe('secrets', () => {
  it('are in no answer, no log and no file, whatever was asked', () => {
    expect(leaks()).toEqual(noLeaks)
  })
})
