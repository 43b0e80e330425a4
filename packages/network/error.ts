import { MirageError } from '@mirage/kit/errors.ts'
import type { HttpAnswer } from '@mirage/model/exchange.ts'
import type { Outcome } from '@mirage/model/outcome.ts'
import { MalformedAnswer } from './http/answer.ts'

/** Why a request left nothing behind: the guard's reasons first, then the wire's, then what an answer meant. */
export type Reason =
  | 'excluded'
  | 'not-in-scope'
  | 'contact-ceiling'
  | 'special-address'
  | 'special-name'
  | 'own-address'
  | 'outside-lab'
  | 'not-of-name'
  | 'unreadable-host'
  | 'budget'
  | 'cancelled'
  | 'timed-out'
  | 'no-address'
  | 'connection'
  | 'proxy'
  | 'tls'
  | 'certificate'
  | 'malformed'
  | 'status'

export interface NetworkErrorOptions {
  outcome: Outcome
  reason: Reason
  /** Names the peer and what to do; never a secret. */
  detail: string
  retryable?: boolean
  /** Milliseconds to wait before the same request may succeed. */
  retryAfterMs?: number
  cause?: unknown
}

/** What every way out throws: the outcome a module's task ends with, and whether trying again can help. */
export class NetworkError extends MirageError {
  readonly outcome: Outcome
  readonly reason: Reason
  readonly retryAfterMs: number | undefined

  constructor({ outcome, reason, detail, retryable = false, retryAfterMs, cause }: NetworkErrorOptions) {
    super({ code: `network.${reason.replaceAll('-', '_')}`, status: 502, detail, retryable, cause })
    this.name = 'NetworkError'
    this.outcome = outcome
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}

/** The guard's answer: nothing was sent, and asking again changes nothing. */
export function refused(reason: Reason, detail: string): NetworkError {
  return new NetworkError({ outcome: 'out-of-scope', reason, detail })
}

export function cancelled(detail = 'The task was stopped.'): NetworkError {
  return new NetworkError({ outcome: 'cancelled', reason: 'cancelled', detail })
}

/** What ended work whose signal has aborted: its reason where that is one of ours, else that it was stopped. */
export function stopped({ reason }: AbortSignal): NetworkError {
  if (reason instanceof NetworkError) return reason
  return cancelled(reason instanceof Error ? `The task was stopped: ${reason.message}.` : undefined)
}

export function timedOut(peer: string, ms: number): NetworkError {
  const detail = `${peer} gave no complete answer within ${ms} ms.`
  return new NetworkError({ outcome: 'timed-out', reason: 'timed-out', detail, retryable: true })
}

/** A peer from which nothing came back, not even that it refuses. */
export function silent(peer: string, ms: number): NetworkError {
  const detail = `${peer} did not take the connection within ${ms} ms.`
  return new NetworkError({ outcome: 'timed-out', reason: 'timed-out', detail, retryable: true })
}

export function unreachable(reason: Reason, detail: string, cause?: unknown): NetworkError {
  return new NetworkError({ outcome: 'unreachable', reason, detail, retryable: true, cause })
}

/** The peer's machine says that nobody listens there. */
export function isConnectionRefused({ cause }: NetworkError): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}

/** True where an answer did not come. Who refuses a connection, has no address, or does not speak HTTP has answered. */
export function isUnanswered(error: NetworkError): boolean {
  const { reason } = error
  if (reason === 'connection') return !isConnectionRefused(error)
  return reason === 'timed-out' || reason === 'proxy' || reason === 'tls' || reason === 'status'
}

/** Maps what Node, OpenSSL and our reader of HTTP throw, once. `peer` names who was asked. */
export function toNetworkError(error: unknown, peer: string): NetworkError {
  if (error instanceof NetworkError) return error
  const { code = '', message } = describe(error)
  if (code === 'ETIMEDOUT')
    return new NetworkError({
      outcome: 'timed-out',
      reason: 'timed-out',
      detail: `${peer} did not answer in time.`,
      retryable: true,
      cause: error,
    })
  if (error instanceof MalformedAnswer)
    return new NetworkError({
      outcome: 'changed-format',
      reason: 'malformed',
      detail: `${peer} answered something that is not HTTP (${message}).`,
      cause: error,
    })
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO')
    return unreachable('tls', `TLS with ${peer} failed: ${message}`, error)
  return unreachable('connection', `The connection to ${peer} failed: ${code === '' ? message : code}`, error)
}

function describe(error: unknown): { code?: string; message: string } {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return code === undefined ? { message: error.message } : { code, message: error.message }
}

/** Statuses after which the same request may succeed: the source is in trouble, or asks for time. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504])

/**
 * The error of an answer that is worth another try, undefined for every other: what the rest mean is for whoever reads
 * them. `now` is needed for a Retry-After that names a date.
 */
export function retryableStatus(
  { status, headers, url }: Omit<HttpAnswer, 'exchange'>,
  now: number,
): NetworkError | undefined {
  if (!passing.has(status)) return undefined
  const retryAfterMs = retryAfter(headers, now)
  return new NetworkError({
    outcome: status === 429 ? 'rate-limited' : 'unreachable',
    reason: 'status',
    detail: `${new URL(url).host} is in trouble or wants to be called less often (HTTP ${status}).`,
    retryable: true,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

/**
 * Milliseconds that a Retry-After header asks to wait (RFC 9110 §10.2.3: seconds or a date), undefined without one. A
 * zero, a date in the past and nonsense mean "soon", never "at once": one second.
 */
export function retryAfter(headers: HttpAnswer['headers'], now: number): number | undefined {
  // urlscan.io says it in seconds under a name of its own (docs.urlscan.io, "Rate limits").
  const value = headers['retry-after'] ?? headers['x-rate-limit-reset-after']
  if (typeof value !== 'string' || value === '') return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 1_000), 86_400_000) : 1_000
}
