import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pause } from './clock.ts'
import { type Address, neverArrived, reasonOf } from './dispatch.ts'
import { MirageError } from './errors.ts'
import { Pool } from 'undici'

/** Hop by hop, RFC 9110 §7.6.1. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'expect',
])

const pauseMs = 100

/** Passes requests on to services that run elsewhere, as streams in both directions. */
export class Forwarder implements AsyncDisposable {
  readonly #pools = new Map<string, Pool>()
  readonly #patienceMs: number

  /** A request waits `patienceMs` for a service where nobody listens: it starts, or is being started again. */
  constructor(patienceMs = 5_000) {
    this.#patienceMs = patienceMs
  }

  /** Throws 503 `service.unreachable` when the service did not begin an answer, 413 when the body grows beyond the limit. */
  async forward(
    { service, address, bodyLimit }: { service: string; address: Address; bodyLimit: number },
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const hasBody = request.method !== 'GET' && request.method !== 'DELETE' && request.method !== 'HEAD'
    const send = (): ReturnType<Pool['request']> =>
      this.#poolOf(address).request({
        method: request.method as 'GET',
        path: request.url ?? '/',
        headers: endToEnd(request.headers),
        body: hasBody ? Readable.from(within(bodyLimit, request)) : null,
        signal: gone.signal,
      })
    let answer
    for (let waitedMs = 0; !answer; waitedMs += pauseMs)
      try {
        answer = await send()
      } catch (cause) {
        if (gone.signal.aborted) return
        if (cause instanceof MirageError) throw cause
        if (!neverArrived(cause) || waitedMs >= this.#patienceMs) throw unreachable(service, cause)
        await pause(pauseMs, gone.signal)
      }
    response.writeHead(answer.statusCode, endToEnd(answer.headers))
    response.flushHeaders() // the first row of a stream may be long in coming
    await pipeline(answer.body, response).catch(() => response.destroy()) // either side went away in the middle
  }

  #poolOf(address: Address): Pool {
    const name = 'socket' in address ? address.socket : address.origin
    let pool = this.#pools.get(name)
    if (!pool) {
      const options = { connections: 128, headersTimeout: 60_000, bodyTimeout: 0 }
      pool =
        'socket' in address
          ? new Pool('http://mirage', { ...options, socketPath: address.socket })
          : new Pool(address.origin, options)
      this.#pools.set(name, pool)
    }
    return pool
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()))
  }
}

function unreachable(service: string, cause: unknown): MirageError {
  return new MirageError({
    code: 'service.unreachable',
    status: 503,
    detail: `${service} does not answer at the moment (${reasonOf(cause)}).`,
    retryable: true,
    cause,
  })
}

/** A body as it comes, for as long as it stays within the limit. Where it was not begun, it can be sent again. */
async function* within(limit: number, request: IncomingMessage): AsyncGenerator<Buffer, void, void> {
  let length = 0
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += part.length
    if (length > limit) throw bodyTooLarge(limit)
    yield part
  }
}

export function bodyTooLarge(limit: number): MirageError {
  const detail = `The body is larger than this operation takes: ${Math.floor(limit / 1024)} KB.`
  return new MirageError({ code: 'request.too_large', status: 413, detail })
}

function endToEnd(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !hopByHop.has(name)) kept[name] = value
  return kept
}
