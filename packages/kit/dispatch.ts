import { Pool } from 'undici'
import { pause } from './clock.ts'
import type { Wire } from './client.ts'
import { MirageError, messageOf } from './errors.ts'

/** Where a service listens: a Unix socket on this machine, or an origin such as `http://10.0.0.7:8003`. */
export type Address = { socket: string } | { origin: string }

export interface Dispatch extends AsyncDisposable {
  wire: Wire
}

export interface DispatchOptions {
  /** The present address of a service; starts it where it is started on demand. */
  addressOf(service: string): Address | Promise<Address>
  /** The value of `authorization` for this call, computed when it is sent. */
  authorization(): string | Promise<string>
  /** How long a service may take to begin its answer, milliseconds. */
  timeoutMs?: number
  /** How long a call waits for a service where nobody listens: it starts, or is being started again; milliseconds. */
  patienceMs?: number
}

const attempts = 4
const longestPauseMs = 400
/** A longer time than this that a service asks for is its caller's to wait. */
const longestRetryAfterS = 2

/**
 * Calls over pooled connections. What could not be delivered is tried again when repeating it does no harm, and so is,
 * once, what a service cannot answer for the moment.
 */
export function openDispatch(options: DispatchOptions): Dispatch {
  const { addressOf, authorization, timeoutMs = 30_000, patienceMs = 10_000 } = options
  const pools = new Map<string, Pool>()

  function poolOf(address: Address): Pool {
    const name = 'socket' in address ? address.socket : address.origin
    let pool = pools.get(name)
    if (!pool) {
      const options = {
        connections: 64,
        pipelining: 1,
        headersTimeout: timeoutMs,
        bodyTimeout: 0,
        keepAliveTimeout: 30_000,
      }
      pool =
        'socket' in address
          ? new Pool('http://mirage', { ...options, socketPath: address.socket })
          : new Pool(address.origin, options)
      pools.set(name, pool)
    }
    return pool
  }

  return {
    async wire({ service, method, path, headers, body, repeatable, signal }) {
      for (let attempt = 1, waitedMs = 0; ; attempt++) {
        let pauseMs = Math.min(longestPauseMs, 25 * 2 ** attempt)
        try {
          const pool = poolOf(await addressOf(service))
          const answer = await pool.request({
            method: method,
            path,
            headers: {
              ...headers,
              authorization: await authorization(),
              ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            },
            body: body ?? null,
            signal: signal ?? null,
          })
          const isLater = answer.statusCode === 503 && retryAfterS(answer.headers) <= longestRetryAfterS
          if (!isLater || !repeatable || attempt > 1)
            return { status: answer.statusCode, headers: answer.headers, body: answer.body }
          await answer.body.dump()
          pauseMs = retryAfterS(answer.headers) * 1_000
        } catch (error) {
          if (signal?.aborted || error instanceof MirageError) throw error
          const isOver = neverArrived(error) ? waitedMs >= patienceMs : attempt >= attempts || !repeatable
          if (isOver) throw unreachable(service, error)
        }
        waitedMs += pauseMs
        await pause(pauseMs, signal)
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  }
}

function retryAfterS(headers: Record<string, string | string[] | undefined>): number {
  return headers['retry-after'] === undefined ? Infinity : Number(headers['retry-after'])
}

/** Nobody listened: the call can be made again, whatever it does. */
export function neverArrived(error: unknown): boolean {
  const code = (error as { code?: string }).code
  return code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'UND_ERR_CONNECT_TIMEOUT'
}

/** Why a connection failed, without the path of a socket: this may travel to whoever asked. */
export function reasonOf(error: unknown): string {
  return (error as { code?: string }).code ?? messageOf(error)
}

function unreachable(service: string, cause: unknown): MirageError {
  return new MirageError({
    code: 'service.unreachable',
    status: 503,
    detail: `The service ${service} does not answer (${reasonOf(cause)}). Is it running?`,
    retryable: true,
    cause,
  })
}
