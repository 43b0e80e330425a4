import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import {
  type Bytes,
  type Call,
  type Contract,
  type EventRow,
  type Operation,
  pathNames,
  replyKind,
} from './contract.ts'
import { MirageError } from './errors.ts'
import { type Problem, problemOf } from './problem.ts'
import { decodeParameters, demand, fits, misfits } from './schema.ts'
import { continueTrace } from './telemetry.ts'
import type { Tokens } from './token.ts'

export const apiPrefix = '/api/v1'

type Handler = (input: never, call: Call) => unknown

export interface RouteOptions {
  tokens: Tokens
  /** Resolves when what was written so far survives a power cut: called before a change is answered. */
  flush?(): Promise<void>
  /** Told of what broke off an answer that had begun: nobody else can. */
  brokeOff?(error: unknown, requestId: string): void
}

/** Every operation of the contract as a route of this instance, under `/api/v1`. */
export function mountRoutes(
  app: FastifyInstance,
  contract: Contract,
  handlers: Record<string, Handler>,
  options: RouteOptions,
): void {
  for (const [name, operation] of Object.entries(contract.operations)) {
    app.route({
      method: operation.method,
      url: apiPrefix + operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      bodyLimit: operation.bodyLimit,
      handler: (request, reply) => answer(operation, handlers[name]!, options, request, reply),
    })
  }
}

async function answer(
  operation: Operation,
  handler: Handler,
  options: RouteOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { tokens, flush } = options
  const call = await openCall(operation, tokens, request, reply)
  const input = readInput(operation, request)
  const result = await handler(input as never, call)
  if (!operation.safe) await flush?.()
  switch (replyKind(operation.reply)) {
    case 'stream':
      return reply
        .type('application/x-ndjson')
        .send(readable(lines(told(result as AsyncIterable<unknown>, options, call)), call))
    case 'events':
      reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no')
      return reply
        .type('text/event-stream')
        .send(
          readable(
            eventLines(told(result as AsyncIterable<EventRow<unknown>>, options, call, true), call.signal),
            call,
          ),
        )
    case 'bytes':
      return sendBytes(reply, result as Bytes, options, call)
    case 'json':
      return sendJson(operation, reply, result)
  }
}

/** Who calls and whether they may. Throws 401 and 403. */
async function openCall(
  operation: Operation,
  tokens: Tokens,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Call> {
  const stop = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) stop.abort(new Error('the caller went away'))
  })
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const claims =
    operation.permission === 'public' && !token
      ? { caller: { kind: 'nobody' as const, id: '' }, workspace: 'default', rights: [] }
      : await tokens.verify(token ?? '')
  const asked = request.headers['mirage-workspace']
  const lastEventId = request.headers['last-event-id']
  const call: Call = {
    ...claims,
    workspace: claims.caller.kind === 'service' && typeof asked === 'string' ? asked : claims.workspace,
    requestId: request.id,
    trace: continueTrace(request.headers.traceparent as string | undefined),
    signal: stop.signal,
    ...(typeof lastEventId === 'string' ? { lastEventId } : {}),
  }
  if (!mayCall(operation.permission, call))
    throw new MirageError({
      code: 'request.forbidden',
      status: 403,
      detail: `This needs the right “${operation.permission}”, which ${call.caller.kind} “${call.caller.id}” does not have.`,
    })
  return call
}

/** `admin` includes `write`, `write` includes `read`; services may everything. */
export function mayCall(permission: string, { caller, rights }: Pick<Call, 'caller' | 'rights'>): boolean {
  if (permission === 'public' || caller.kind === 'service') return true
  if (permission === 'service') return false
  const [noun, verb] = permission.split(':')
  const enough = verb === 'read' ? ['read', 'write', 'admin'] : verb === 'write' ? ['write', 'admin'] : ['admin']
  return rights.includes('*') || enough.some((one) => rights.includes(`${noun}:${one}`) || rights.includes(`*:${one}`))
}

/** One flat input: names in the path, the query of GET and DELETE, the body of the rest. Throws 400 for anything unknown. */
function readInput(operation: Operation, request: FastifyRequest): unknown {
  const properties = operation.input.properties as Record<string, TSchema>
  const names = pathNames(operation.path)
  const search = new URLSearchParams(request.url.split('?')[1] ?? '')
  const fromPath = decodeParameters(
    properties,
    new URLSearchParams(Object.entries(request.params as Record<string, string>)),
  )
  const hasBody = operation.method !== 'GET' && operation.method !== 'DELETE'
  const rest = hasBody ? (request.body === undefined ? {} : request.body) : decodeParameters(properties, search)
  if (typeof rest !== 'object' || rest === null || Array.isArray(rest)) throw invalid('The body must be a JSON object.')
  const doubled = names.find((name) => Object.hasOwn(rest, name))
  if (doubled) throw invalid(`“${doubled}” stands in the path already.`)
  if (hasBody && search.size > 0) throw invalid('This operation takes no query parameters: send them in the body.')
  return demand(operation.input, { ...rest, ...fromPath })
}

function invalid(detail: string): MirageError {
  return new MirageError({ code: 'request.invalid', status: 400, detail })
}

function sendJson(operation: Operation, reply: FastifyReply, result: unknown): FastifyReply {
  if (operation.status === 204) return reply.code(204).send()
  const schema = operation.reply
  if (!fits(schema, result)) throw new Error(`answer does not fit its contract: ${misfits(schema, result).join('; ')}`)
  return reply.code(operation.status).type('application/json').send(JSON.stringify(result))
}

function sendBytes(
  reply: FastifyReply,
  { type, name, body }: Bytes,
  { brokeOff }: RouteOptions,
  { requestId }: Call,
): FastifyReply {
  reply.type(type)
  if (name) reply.header('content-disposition', `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}"`)
  if (typeof body === 'string' || body instanceof Uint8Array) return reply.send(Buffer.from(body as Uint8Array))
  const stream = Readable.from(body)
  stream.on('error', (error) => brokeOff?.(error, requestId))
  return reply.send(stream)
}

function readable(source: AsyncIterable<string>, { signal }: Call): Readable {
  const stream = Readable.from(source, { objectMode: false, highWaterMark: 64 << 10 })
  signal.addEventListener('abort', () => stream.destroy(), { once: true })
  return stream
}

/** The last row of an answer that broke off: what the status would have said, had it not been sent. */
export interface BrokenOff {
  problem: Problem
}

/**
 * The rows; where they break off, why, as the last of them. The connection is not cut for it: that would take rows and
 * reason with it that are still on their way.
 */
async function* told<T>(
  rows: AsyncIterable<T>,
  { brokeOff }: RouteOptions,
  { requestId, signal }: Call,
  hasBegun = false,
): AsyncIterable<T | BrokenOff> {
  let begun = hasBegun
  try {
    for await (const row of rows) {
      begun = true
      yield row
    }
  } catch (error) {
    // Before the first row there is a status to say it with.
    if (!begun || signal.aborted) throw error
    brokeOff?.(error, requestId)
    yield { problem: problemOf(error, requestId) }
  }
}

async function* lines(rows: AsyncIterable<unknown>): AsyncIterable<string> {
  for await (const row of rows) yield JSON.stringify(row) + '\n'
}

const heartbeatMs = 15_000

/** Rows as server-sent events, with a comment now and then so that proxies and clients see a live connection. */
async function* eventLines(
  rows: AsyncIterable<EventRow<unknown> | BrokenOff>,
  signal: AbortSignal,
): AsyncIterable<string> {
  const source = rows[Symbol.asyncIterator]()
  let next = source.next()
  next.catch(() => undefined) // handled by the race below, also when the caller goes away before
  yield ': open\n\n'
  try {
    while (!signal.aborted) {
      let timer: NodeJS.Timeout | undefined
      const quiet = new Promise<'quiet'>((resolve) => (timer = setTimeout(resolve, heartbeatMs, 'quiet')))
      const step = await Promise.race([next, quiet])
      clearTimeout(timer)
      if (step === 'quiet') {
        yield ': still here\n\n'
        continue
      }
      if (step.done) return
      if ('problem' in step.value) yield `event: problem\ndata: ${JSON.stringify(step.value.problem)}\n\n`
      else yield `id: ${step.value.id}\ndata: ${JSON.stringify(step.value.data)}\n\n`
      next = source.next()
      next.catch(() => undefined)
    }
  } finally {
    await source.return?.()
  }
}
