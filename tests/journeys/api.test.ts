import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Operation, pathNames, replyKind } from '@mirage/kit/contract.ts'
import { apiPrefix } from '@mirage/kit/routes.ts'
import { contracts } from '@mirage/server/contracts.ts'
import { type ServerHandle, startMirage } from '@mirage/server/start.ts'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { delay, Installation } from '../faults/installation.ts'

/** The API as anybody on the network meets it: through the gateway's port. */

const seed = Number(process.env['MIRAGE_TEST_SEED'] ?? Date.now() % 1_000_000)
/** Hostile requests an operation is sent. */
const attacks = 30
/** A module key that must never be seen again once it is set. */
const marked = 'MarkedKeyThatNobodyMaySee0123456789'

const operations = contracts.flatMap(({ service, operations }) =>
  Object.entries(operations).map(([name, operation]) => ({ service, name, operation, title: `${service}.${name}` })),
)
const open = operations.filter(({ operation }) => operation.permission !== 'service')

interface Answer {
  status: number
  type: string
  text: string
}

let installation: Installation
let server: ServerHandle
/** What every answer said, to look for secrets in. */
const said: string[] = []
/** A finished run, one of its entities and one of its exchanges. */
let run = ''
let entity = ''
let exchange = ''

beforeAll(async () => {
  console.info(`api.test.ts: MIRAGE_TEST_SEED=${seed}`)
  installation = await Installation.create()
  server = await startMirage({ dataDirectory: installation.dataDirectory, port: 0 })
  await ask('PUT', '/api/v1/keys/SHODAN_API_KEY', { value: marked })
  const definition = {
    seeds: [{ type: 'domain', value: 'northwind.example' }],
    modules: ['dns-resolve', 'dns-transfer', 'hackertarget', 'internetdb', 'shodan'],
    lab: { size: 'demo', seed: 7 },
  }
  run = valueOf<{ run: string }>(await ask('POST', '/api/v1/runs', { definition })).run
  for (let status = ''; status !== 'finished';) {
    await delay(200)
    status = valueOf<{ status: string }>(await ask('GET', `/api/v1/runs/${run}`)).status
  }
  entity = valueOf<{ items: { id: string }[] }>(await ask('GET', `/api/v1/entities?run=${run}&limit=1`)).items[0]!.id
  exchange = valueOf<{ items: { id: string }[] }>(await ask('GET', `/api/v1/exchanges?run=${run}&limit=1`)).items[0]!.id
}, 120_000)
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await installation?.[Symbol.asyncDispose]()
})

interface Asking {
  key?: string | null
  type?: string
  raw?: string
}

async function ask(
  method: string,
  path: string,
  body?: unknown,
  { key = server.apiKey, type, raw }: Asking = {},
): Promise<Answer> {
  const answer = await fetch(server.url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined && raw === undefined ? {} : { 'content-type': type ?? 'application/json' }),
    },
    ...(raw === undefined ? (body === undefined ? {} : { body: JSON.stringify(body) }) : { body: raw }),
    signal: AbortSignal.timeout(30_000),
  })
  const text = await read(answer)
  said.push(text)
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', text }
}

/** Sends a body that is too long without saying how long it is. */
async function askInPieces(method: string, path: string, limit: number): Promise<Answer> {
  async function* pieces() {
    for (let sent = 0; sent <= limit; sent += 64 << 10) yield Buffer.alloc(64 << 10, ' ')
  }
  const answer = await fetch(server.url + path, {
    method,
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
    body: pieces() as never, // Node takes any async iterable, which the types of the web do not say
    duplex: 'half',
    signal: AbortSignal.timeout(30_000),
  })
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', text: await answer.text() }
}

/** The body; of one that goes on and on the beginning. */
async function read(answer: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const part of answer.body ?? []) {
    text += decoder.decode(part, { stream: true })
    if (text.length > 4 << 20 || answer.headers.get('content-type')?.startsWith('text/event-stream')) break
  }
  return text
}

// The type says what the contract of the asked operation says.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
function valueOf<T>({ status, text }: Answer): T {
  if (status >= 300) throw new Error(`${status}: ${text}`)
  return JSON.parse(text) as T
}

/** What is wrong with an answer to a bad request; undefined for a problem document as it should be. */
function wrongWith({ status, type, text }: Answer): string | undefined {
  if (status >= 500) return `${status}: ${text}`
  if (status < 400) return undefined
  if (!type.startsWith('application/problem+json')) return `${status} as ${type}: ${text.slice(0, 200)}`
  const problem = JSON.parse(text) as Record<string, unknown>
  const whole = ['type', 'title', 'code', 'detail'].every(
    (name) => typeof problem[name] === 'string' && problem[name] !== '',
  )
  return whole && problem['status'] === status ? undefined : `not a problem: ${text}`
}

describe('the OpenAPI document', () => {
  it('has every operation that people may call, and no other', async () => {
    const { paths } = valueOf<{ paths: Record<string, Record<string, { operationId: string; responses: object }>> }>(
      await ask('GET', '/api/openapi.json', undefined, { key: null }),
    )
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(documented.sort()).toEqual(
      open.map(({ operation }) => `${operation.method} ${apiPrefix}${operation.path}`).sort(),
    )
    const all = Object.values(paths).flatMap((methods) => Object.values(methods))
    expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(all.length)
    for (const { responses } of all) expect(responses).toHaveProperty('default.content.application/problem+json')
  })
})

describe('without a key', () => {
  it.each(['/', '/page.css', '/page.js', '/health/live', '/health/ready', '/api/openapi.json', '/api/docs/'])(
    '%s answers',
    async (path) => {
      expect((await ask('GET', path, undefined, { key: null })).status).toBe(200)
    },
  )

  it.each(operations)('$title does not', async ({ operation }) => {
    const path = pathOf(operation, {})
    for (const key of [null, 'wrong', `${server.apiKey}x`, '']) {
      const answer = await ask(
        operation.method,
        path,
        operation.method === 'GET' || operation.method === 'DELETE' ? undefined : {},
        { key },
      )
      expect(answer.status, `${path} with ${key}`).toBe(
        operation.permission === 'service' && answer.status === 404 ? 404 : 401,
      )
      expect(wrongWith(answer)).toBeUndefined()
    }
  })

  it('nor do metrics', async () => {
    expect((await ask('GET', '/metrics', undefined, { key: null })).status).toBe(401)
  })

  it('operations of services are not there for people with a key either', async () => {
    for (const { operation, title } of operations.filter(({ operation }) => operation.permission === 'service')) {
      const answer = await ask(
        operation.method,
        pathOf(operation, {}),
        operation.method === 'GET' || operation.method === 'DELETE' ? undefined : {},
      )
      expect([403, 404], title).toContain(answer.status)
      expect(wrongWith(answer), title).toBeUndefined()
    }
  })
})

describe('lists', () => {
  const lists = open.filter(({ operation }) => {
    const { properties = {} } = operation.reply as { properties?: Record<string, unknown> }
    return operation.method === 'GET' && 'items' in properties
  })

  it('are pages, all but the reasons for an entity, which nobody counts', () => {
    const others = lists.filter(({ operation }) => !('total' in (operation.reply as { properties: object }).properties))
    expect(others.map(({ title }) => title)).toEqual(['data-storage.explainEntity'])
  })

  it.each(lists.filter(({ operation }) => 'limit' in operation.input.properties))(
    '$title gives each item once, whatever the size of the page',
    async ({ operation }) => {
      const whole = await pagesOf(operation, 1000)
      const step = Math.max(1, Math.ceil(whole.items.length / 7))
      const small = await pagesOf(operation, step)
      expect(new Set(small.items).size).toBe(small.items.length)
      expect(small.items).toEqual(whole.items)
      expect(whole.totalIsLowerBound === false ? whole.total : whole.items.length).toBe(whole.items.length)
    },
  )

  async function pagesOf(
    operation: Operation,
    limit: number,
  ): Promise<{ items: string[]; total?: number; totalIsLowerBound?: boolean }> {
    const items: string[] = []
    let after: string | undefined
    for (;;) {
      const page = valueOf<{ items: unknown[]; next?: string; total?: number; totalIsLowerBound?: boolean }>(
        await ask('GET', pathOf(operation, { limit, ...(after === undefined ? {} : { after }) })),
      )
      expect(page.items.length).toBeLessThanOrEqual(limit)
      items.push(...page.items.map((item) => JSON.stringify(item)))
      after = page.next
      if (after === undefined) return { ...page, items }
    }
  }
})

/** Inputs that every operation of this name takes, so that a request is good but for what a test puts into it. */
function usual(): Record<string, unknown> {
  return {
    run,
    entity,
    node: entity,
    from: entity,
    to: entity,
    id: exchange,
    ids: [entity],
    finding: 'none',
    module: 'extract-contacts',
    name: 'SHODAN_API_KEY',
    format: 'cytoscape',
    query: 'type:domain',
    // The lab and a module that sends nothing: whatever else is changed, no packet leaves this machine.
    definition: {
      seeds: [{ type: 'domain', value: 'northwind.example' }],
      modules: ['extract-contacts'],
      lab: { size: 'demo', seed: 7 },
    },
    type: 'url',
    value: 'https://northwind.example/',
    lab: true,
    enabled: true,
    rights: ['runs:read'],
    nodes: [entity],
  }
}

function goodInput({ input }: Operation): Record<string, unknown> {
  const known = usual()
  const required = (input as { required?: string[] }).required ?? []
  const names = Object.keys(input.properties).filter((name) => required.includes(name) || name === 'lab')
  return Object.fromEntries(names.filter((name) => name in known).map((name) => [name, known[name]]))
}

function pathOf(operation: Operation, more: Record<string, unknown>): string {
  const input = { ...goodInput(operation), ...more }
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(textOf(input[name] ?? 'x')),
  )
  if (operation.method !== 'GET' && operation.method !== 'DELETE') return apiPrefix + path
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(input))
    if (!pathNames(operation.path).includes(name))
      for (const one of Array.isArray(value) ? value : [value]) query.append(name, textOf(one))
  return `${apiPrefix}${path}${query.size > 0 ? `?${query.toString()}` : ''}`
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

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

describe('a key that was used', () => {
  it('is in no recorded exchange', async () => {
    for (const { operation } of open)
      if (operation.method === 'GET' && ['stream', 'bytes', 'json'].includes(replyKind(operation.reply)))
        await ask('GET', pathOf(operation, {}))
    const { items } = valueOf<{ items: { id: string; module: string }[] }>(
      await ask('GET', `/api/v1/exchanges?run=${run}&limit=1000`),
    )
    expect(
      items.some(({ module }) => module === 'shodan'),
      'the key was used',
    ).toBe(true)
    for (const { id } of items) await ask('GET', `/api/v1/exchanges/${id}/body`)
    expect(said.filter(isTelling)).toEqual([])
  })
})

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
    expect(said.filter(isTelling)).toEqual([])
    const kept = filesIn(installation.dataDirectory).filter((file) => !/^(lab\/|sockets\/)/.test(file))
    const holding = (secret: string): string[] =>
      kept.filter((file) => readFileSync(join(installation.dataDirectory, file)).includes(secret))
    expect(holding(marked)).toEqual([])
    expect(holding(server.apiKey).sort()).toEqual(['api-key', 'connection.json'])
    expect(holding(readFileSync(join(installation.dataDirectory, 'master.key'), 'utf8').trim())).toEqual(['master.key'])
    for (const file of ['api-key', 'connection.json', 'master.key'])
      expect(statSync(join(installation.dataDirectory, file)).mode & 0o077, file).toBe(0)
  })
})

function isTelling(text: string): boolean {
  return text.includes(marked) || text.includes(server.apiKey)
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}
