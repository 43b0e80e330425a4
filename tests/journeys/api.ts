import { readdirSync, readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text as wholeText } from 'node:stream/consumers'
import { type Operation, pathNames } from '@mirage/kit/contract.ts'
import { apiPrefix } from '@mirage/kit/routes.ts'
import { contracts } from '@mirage/server/contracts.ts'
import { type ServerHandle, startMirage } from '@mirage/server/start.ts'
import { afterAll, beforeAll } from 'vitest'
import { delay, Installation } from '../faults/installation.ts'

/** The API as anybody on the network meets it, through the gateway's port, with a finished run behind it. */

/** A module key that must never be seen again once it is set. */
const marked = 'MarkedKeyThatNobodyMaySee0123456789'

export const operations = contracts.flatMap(({ service, operations }) =>
  Object.entries(operations).map(([name, operation]) => ({ service, name, operation, title: `${service}.${name}` })),
)
export const open = operations.filter(({ operation }) => operation.permission !== 'service')

export interface Answer {
  status: number
  type: string
  text: string
}

let installation: Installation
export let server: ServerHandle
/** What every answer said, to look for secrets in. */
export const said: string[] = []
/** A finished run, one of its entities and one of its exchanges. */
export let run = ''
let entity = ''
let exchange = ''

beforeAll(async () => {
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

export async function ask(
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
export async function askInPieces(method: string, path: string, limit: number): Promise<Answer> {
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

/** Sends bytes that may be no HTTP, and reads until the server closes the connection; one answer, no more. */
export async function askRaw(sent: string): Promise<Answer> {
  const { hostname, port } = new URL(server.url!)
  const socket = connect({ host: hostname, port: Number(port), timeout: 10_000 })
  socket.once('timeout', () => socket.destroy(new Error('the connection was left open')))
  socket.write(Buffer.from(sent, 'latin1'))
  const [head = '', text = '', ...more] = (await wholeText(socket)).split('\r\n\r\n')
  if (more.length > 0) throw new Error(`more than one answer: ${more.join()}`)
  said.push(text)
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1])
  return { status, type: /^content-type: (.*)$/im.exec(head)?.[1] ?? '', text }
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
export function valueOf<T>({ status, text }: Answer): T {
  if (status >= 300) throw new Error(`${status}: ${text}`)
  return JSON.parse(text) as T
}

/** What is wrong with an answer to a bad request; undefined for a problem document as it should be. */
export function wrongWith({ status, type, text }: Answer): string | undefined {
  if (status >= 500) return `${status}: ${text}`
  if (status < 400) return undefined
  if (!type.startsWith('application/problem+json')) return `${status} as ${type}: ${text.slice(0, 200)}`
  const problem = JSON.parse(text) as Record<string, unknown>
  const whole = ['type', 'title', 'code', 'detail'].every(
    (name) => typeof problem[name] === 'string' && problem[name] !== '',
  )
  return whole && problem['status'] === status ? undefined : `not a problem: ${text}`
}

/** Inputs that every operation of this name takes, so that a request is good but for what a test puts into it. */
export function usual(): Record<string, unknown> {
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

export function goodInput({ input }: Operation): Record<string, unknown> {
  const known = usual()
  const required = (input as { required?: string[] }).required ?? []
  const names = Object.keys(input.properties).filter((name) => required.includes(name) || name === 'lab')
  return Object.fromEntries(names.filter((name) => name in known).map((name) => [name, known[name]]))
}

export function pathOf(operation: Operation, more: Record<string, unknown>): string {
  const input = { ...goodInput(operation), ...more }
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    // Half a surrogate pair cannot stand in an address; browsers send what URLSearchParams does below.
    encodeURIComponent(textOf(input[name] ?? 'x').toWellFormed()),
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

export function isTelling(text: string): boolean {
  return text.includes(marked) || text.includes(server.apiKey)
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

/** Where a secret was said or is kept that should not be: none of it is anybody's to see, whatever was asked. */
export function leaks(): { said: string[]; kept: Record<string, string[]>; open: string[] } {
  const { dataDirectory } = installation
  const files = filesIn(dataDirectory).filter((file) => !/^(lab\/|sockets\/)/.test(file))
  const holding = (secret: string): string[] =>
    files.filter((file) => readFileSync(join(dataDirectory, file)).includes(secret)).sort()
  return {
    said: said.filter(isTelling),
    kept: {
      moduleKey: holding(marked),
      apiKey: holding(server.apiKey),
      masterKey: holding(readFileSync(join(dataDirectory, 'master.key'), 'utf8').trim()),
    },
    open: ['api-key', 'connection.json', 'master.key'].filter(
      (file) => (statSync(join(dataDirectory, file)).mode & 0o077) !== 0,
    ),
  }
}

/** What `leaks` answers where there are none: each secret is in its own file only, which its owner alone may read. */
export const noLeaks = {
  said: [],
  kept: { moduleKey: [], apiKey: ['api-key', 'connection.json'], masterKey: ['master.key'] },
  open: [],
}
