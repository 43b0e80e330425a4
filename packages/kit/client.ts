import { type CallOptions, type Client, type Contract, type Operation, pathNames, replyKind } from './contract.ts'
import { messageOf, MirageError } from './errors.ts'
import { errorFromProblem, type Problem } from './problem.ts'
import { apiPrefix, type BrokenOff } from './routes.ts'
import { fits, misfits } from './schema.ts'

/** One call on its way. */
export interface WireRequest {
  service: string
  method: string
  /** With the query. */
  path: string
  headers: Record<string, string>
  body?: string
  /** The call changes nothing, or changes the same when repeated: it may be sent again. */
  repeatable: boolean
  signal?: AbortSignal
}

export interface WireAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: AsyncIterable<Uint8Array>
}

/** How calls reach a service: by address, with the caller's credential. */
export type Wire = (request: WireRequest) => Promise<WireAnswer>

/** A typed client of a contract. Errors of the service arrive as the `MirageError` it threw. */
export function createClient<C extends Contract>(contract: C, wire: Wire): Client<C> {
  const calls = Object.entries(contract.operations).map(([name, operation]) => [
    name,
    (input: Record<string, unknown> = {}, options: CallOptions = {}) =>
      call(contract.service, name, operation, input, options, wire),
  ])
  return Object.fromEntries(calls) as Client<C> // the entries are the operations' names, each with its own types
}

async function call(
  service: string,
  name: string,
  operation: Operation,
  input: Record<string, unknown>,
  options: CallOptions,
  wire: Wire,
): Promise<unknown> {
  const answer = await wire({
    service,
    ...requestOf(operation, input),
    ...headersOf(options),
    ...(options.signal ? { signal: options.signal } : {}),
  })
  if (answer.status >= 400) throw errorFromProblem(answer.status, await textOf(answer.body))
  switch (replyKind(operation.reply)) {
    case 'stream':
      return rowsOf(answer.body)
    case 'events':
      return eventsOf(answer.body)
    case 'bytes':
      return {
        type: String(answer.headers['content-type']),
        body: unbroken(service, name, answer.body, options.signal),
      }
    case 'json':
      return checked(service, name, operation, await textOf(answer.body))
  }
}

function requestOf(
  operation: Operation,
  input: Record<string, unknown>,
): Pick<WireRequest, 'method' | 'path' | 'body' | 'repeatable'> {
  const names = pathNames(operation.path)
  const path =
    apiPrefix + operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name])))
  const rest = Object.entries(input).filter(([name, value]) => !names.includes(name) && value !== undefined)
  const { method } = operation
  const repeatable = operation.safe || method === 'PUT' || method === 'DELETE'
  if (method !== 'GET' && method !== 'DELETE')
    return { method, path, repeatable, body: JSON.stringify(Object.fromEntries(rest)) }
  const search = new URLSearchParams()
  for (const [name, value] of rest)
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one))
  return { method, path: search.size > 0 ? `${path}?${search.toString()}` : path, repeatable }
}

function headersOf({ workspace, lastEventId, trace }: CallOptions): { headers: Record<string, string> } {
  const headers: Record<string, string> = {}
  if (workspace) headers['mirage-workspace'] = workspace
  if (lastEventId) headers['last-event-id'] = lastEventId
  if (trace) headers['traceparent'] = trace
  return { headers }
}

function checked(service: string, name: string, operation: Operation, text: string): unknown {
  if (operation.status === 204) return {}
  const schema = operation.reply
  let reason: string
  try {
    const value: unknown = JSON.parse(text)
    if (fits(schema, value)) return value
    reason = misfits(schema, value).join('; ')
  } catch (error) {
    reason = messageOf(error)
  }
  throw new MirageError({
    code: 'service.unexpected_answer',
    status: 502,
    detail: `${service} answered ${name} with something else than its contract says: ${reason}.`,
  })
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** A document has no row in which its service could say why it broke off. */
async function* unbroken(
  service: string,
  name: string,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  try {
    yield* body
  } catch (cause) {
    if (signal?.aborted || cause instanceof MirageError) throw cause
    throw new MirageError({
      code: 'service.broke_off',
      status: 502,
      detail: `${service} broke off its answer to ${name} (${messageOf(cause)}). Its log says why; “mirage doctor” says whether files are damaged.`,
      retryable: true,
      cause,
    })
  }
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop()!
    yield* parts
  }
  if (rest) yield rest
}

async function* rowsOf(body: AsyncIterable<Uint8Array>): AsyncIterable<unknown> {
  for await (const line of linesOf(body)) {
    if (!line) continue
    const row: unknown = JSON.parse(line)
    if (isBrokenOff(row)) throw errorFromProblem(row.problem.status, JSON.stringify(row.problem))
    yield row
  }
}

async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncIterable<{ id: string; data: unknown }> {
  let id = ''
  let isProblem = false
  for await (const line of linesOf(body)) {
    if (line.startsWith('id: ')) id = line.slice(4)
    else if (line === 'event: problem') isProblem = true
    else if (isProblem && line.startsWith('data: ')) {
      const text = line.slice(6)
      throw errorFromProblem((JSON.parse(text) as Problem).status, text)
    } else if (line.startsWith('data: ')) yield { id, data: JSON.parse(line.slice(6)) }
  }
}

/** A row of ours has no such field alone. */
function isBrokenOff(row: unknown): row is BrokenOff {
  if (typeof row !== 'object' || row === null || !('problem' in row) || Object.keys(row).length !== 1) return false
  return typeof (row.problem as Partial<Problem> | null)?.status === 'number'
}
