import { MirageError } from '@mirage/kit/errors.ts'
import type { HttpAnswer } from '@mirage/model/exchange.ts'
import type { Outcome } from '@mirage/model/outcome.ts'

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
  | 'challenge'

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

export function timedOut(peer: string, ms: number): NetworkError {
  const detail = `${peer} gave no complete answer within ${ms} ms.`
  return new NetworkError({ outcome: 'timed-out', reason: 'timed-out', detail, retryable: true })
}

export function unreachable(reason: Reason, detail: string, cause?: unknown): NetworkError {
  return new NetworkError({ outcome: 'unreachable', reason, detail, retryable: true, cause })
}

/** Node's and undici's names for an answer that is not HTTP. */
const malformedCodes =
  /^(HPE_|UND_ERR_(HEADERS_OVERFLOW|RES_CONTENT_LENGTH_MISMATCH|RESPONSE_STATUS_CODE|NOT_SUPPORTED)|ERR_INVALID)/

/** Maps what Node, OpenSSL and undici throw, once. `peer` names who was asked. */
export function toNetworkError(error: unknown, peer: string): NetworkError {
  if (error instanceof NetworkError) return error
  const { code = '', message } = describe(error)
  if (code === 'ETIMEDOUT' || (code.startsWith('UND_ERR_') && code.endsWith('_TIMEOUT')))
    return new NetworkError({
      outcome: 'timed-out',
      reason: 'timed-out',
      detail: `${peer} did not answer in time.`,
      retryable: true,
      cause: error,
    })
  if (code === 'UND_ERR_INVALID_ARG')
    return new NetworkError({
      outcome: 'failed',
      reason: 'malformed',
      detail: `The request to ${peer} cannot be sent: ${message}.`,
      cause: error,
    })
  // undici's parser gives its errors a name and, for most, no code.
  if (malformedCodes.test(code) || (error instanceof Error && error.name === 'HTTPParserError'))
    return new NetworkError({
      outcome: 'changed-format',
      reason: 'malformed',
      detail: `${peer} answered something that is not HTTP (${message}).`,
      cause: error,
    })
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO')
    return unreachable('tls', `TLS with ${peer} failed: ${message}`, error)
  return unreachable('connection', `The connection to ${peer} failed: ${code || message}`, error)
}

function describe(error: unknown): { code?: string; message: string } {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return code === undefined ? { message: error.message } : { code, message: error.message }
}

/**
 * The error an answer means for whoever asked a provider, or undefined when its body can be read. A challenge page is
 * `blocked` whatever its status; 401 and 403 `key-refused`; 402 `quota`; 429 `rate-limited`; 5xx and 408 may be tried
 * again. 3xx is a redirect that was not followed. `now` is needed for a Retry-After that names a date.
 */
export function errorForStatus(answer: HttpAnswer, now: number): NetworkError | undefined {
  const { status } = answer
  const host = new URL(answer.url).host
  if (isChallenge(answer))
    return new NetworkError({
      outcome: 'blocked',
      reason: 'challenge',
      detail: `${host} answered with a challenge page (HTTP ${status}); it does not serve programs from this address.`,
    })
  if (status >= 200 && status < 300) return undefined
  const error = (outcome: Outcome, says: string, retryable = false): NetworkError => {
    const retryAfterMs = retryAfter(answer.headers, now)
    return new NetworkError({
      outcome,
      reason: 'status',
      detail: `${host} ${says} (HTTP ${status}).`,
      retryable,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
  if (status === 401 || status === 403) return error('key-refused', 'refused the key or wants one')
  if (status === 402) return error('quota', 'wants payment: the quota is spent')
  if (status === 429) return error('rate-limited', 'asks to be called less often', true)
  if (status === 408) return error('timed-out', 'gave up waiting', true)
  if (status >= 500) return error('unreachable', 'is in trouble', true)
  if (status >= 300 && status < 400) return error('changed-format', 'redirects to where this request may not go')
  return error('changed-format', 'does not know this request any more')
}

/** Sentences of pages that ask a browser to prove itself; looked for in the first 16 KB. */
const challengePage =
  /<title>(just a moment|attention required! \| cloudflare|ddos-guard|access denied \| .{1,80} used cloudflare)|\/cdn-cgi\/challenge-platform\/|_incapsula_resource|id="challenge-(form|running|stage)"|\/\.well-known\/ddos-guard\/|<div id="px-captcha"|captcha-delivery\.com/i

/** True for a page that stands in front of the real one and wants a browser or a person. */
export function isChallenge(answer: Pick<HttpAnswer, 'status' | 'headers' | 'body'>): boolean {
  if (answer.headers['cf-mitigated'] === 'challenge' || answer.headers['x-amzn-waf-action'] !== undefined) return true
  if (!String(answer.headers['content-type'] ?? '').includes('html')) return false
  if (answer.status < 400 && answer.body.length > 65_536) return false
  return challengePage.test(Buffer.from(answer.body.subarray(0, 16_384)).toString('latin1'))
}

/**
 * Milliseconds that a Retry-After header asks to wait (RFC 9110 §10.2.3: seconds or a date), undefined without one. A
 * zero, a date in the past and nonsense mean "soon", never "at once": one second.
 */
export function retryAfter(headers: HttpAnswer['headers'], now: number): number | undefined {
  const value = headers['retry-after']
  if (typeof value !== 'string' || value === '') return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 1_000), 86_400_000) : 1_000
}
