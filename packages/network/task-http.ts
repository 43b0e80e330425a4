import type { HttpAnswer, HttpRequest } from '@mirage/model/exchange.ts'
import { NetworkError, retryAfter, retryableStatus } from './error.ts'
import { describeRequest, readHttp, storeHttp } from './record/exchange.ts'
import { type Followed, follow } from './http/follow.ts'
import { hostOf, parseHost, parseUrl } from './guard.ts'
import { type Redactor, openRedactor } from './record/redact.ts'
import { retry } from './limits/retry.ts'
import type { Sent, TaskContext } from './task.ts'

/**
 * Sends a request for a module, or answers what was recorded for it. Providers are asked up to three times while they
 * are in trouble or want to be called later; a target is asked once, and its answer is what it is. The last answer is
 * given whatever its status. Throws a NetworkError without a secret in it.
 */
export async function requestHttp(
  context: TaskContext,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { task, options, network } = context
  const redactor = openRedactor(task.secrets, request.secrets ?? [])
  // The context's signal follows the task's.
  const isFollowed = signal === context.signal || signal === task.signal
  const both = isFollowed ? context.signal : AbortSignal.any([context.signal, signal])
  const asked = describeRequest(request, redactor)
  const credentials = hasCredentials(request, task.secrets)
  const cache = request.maxAgeMs === undefined ? undefined : { maxAgeMs: request.maxAgeMs, credentials }
  try {
    const exchange = await context.exchange('http', asked, send, cache)
    return readHttp(exchange)
  } catch (error) {
    throw error instanceof NetworkError ? withoutSecrets(error, redactor) : error
  }

  async function send(): Promise<Sent> {
    const { answer, route } = await ask()
    return {
      contact: route.contact,
      peer: route.peer.host.name ?? route.peer.host.address,
      request: asked,
      ...storeHttp(redactAnswer(answer, redactor)),
      credentials,
      reusable: isData(answer, request),
    }
  }

  /** The answer of the last try. A status that was worth another try is thrown inside and given when no try is left. */
  async function ask(): Promise<Followed> {
    let last: Followed | undefined
    try {
      return await retry(
        async () => {
          last = undefined
          const followed = await followOnce()
          if (followed.route.contact === 'target') return followed
          const error = retryableStatus(followed.answer, network.now())
          if (error === undefined) return followed
          last = followed
          throw error
        },
        {
          attempts: request.contact === 'target' ? 1 : 3,
          baseMs: 1_000,
          maxMs: 20_000,
          signal: both,
          random: network.random,
          ...(network.sleep && { sleep: network.sleep }),
        },
      )
    } catch (error) {
      if (last !== undefined && !both.aborted) return last
      throw error
    }
  }

  async function followOnce(): Promise<Followed> {
    const pinnedTo = request.address === undefined ? undefined : hostOf(new URL(request.url))
    const pinned = request.address === undefined ? undefined : parseHost(request.address).address
    const followed = await follow(
      { ...request, headers: { 'user-agent': options.userAgent, ...request.headers } },
      {
        http: context.http,
        route(url, signal) {
          const host = hostOf(url)
          const isPinned = pinnedTo !== undefined && host.name === pinnedTo.name && host.address === pinnedTo.address
          return context.routeUrl(url, request.contact, isPinned ? pinned : undefined, signal)
        },
        admit: (_url, route, signal) => context.admit(route, signal),
        headersFor: ({ contact }) => (contact === 'target' ? (options.targetHeaders ?? {}) : {}),
        onRefused: (url, refusal) =>
          network.log.info('redirect not followed', { url: redactor.url(url.href), reason: refusal.reason }),
        now: network.now,
        signal: both,
      },
    )
    const { status, headers } = followed.answer
    const waitMs = status === 429 || status === 503 ? retryAfter(headers, network.now()) : undefined
    if (waitMs !== undefined) await network.limiter.block(context.limitKey(followed.route), waitMs)
    return followed
  }
}

/** Long enough for a sentence that refuses. */
const sentenceBytes = 1_000

/** True for an answer that may stand for another one to the same request. */
function isData({ status, body }: Followed['answer'], { refusedBy }: HttpRequest): boolean {
  if (status >= 300 && status !== 404 && status !== 410) return false
  if (refusedBy === undefined) return true
  return !new RegExp(refusedBy, 'i').test(Buffer.from(body.subarray(0, sentenceBytes)).toString('latin1'))
}

/** The last page that answered for this URL in this run; sends nothing. */
export async function recordedPage({ options, network }: TaskContext, url: string): Promise<HttpAnswer | undefined> {
  const { workspace, run } = options
  const exchange = await network.recorder.page({ workspace, run, url: parseUrl(url).href })
  return exchange && readHttp(exchange)
}

function hasCredentials(request: HttpRequest, secrets: string[]): boolean {
  if (secrets.length > 0 || (request.secrets?.length ?? 0) > 0) return true
  return Object.keys(request.headers).some((name) => /^(authorization|cookie)$/i.test(name))
}

function redactAnswer(answer: Followed['answer'], redactor: Redactor): Followed['answer'] {
  return {
    ...answer,
    url: redactor.url(answer.url),
    headers: redactor.headers(answer.headers),
    body: redactor.bytes(answer.body),
    hops: answer.hops.map(({ url, status, location }) => ({
      url: redactor.url(url),
      status,
      location: redactor.url(location),
    })),
  }
}

function withoutSecrets(error: NetworkError, redactor: Redactor): NetworkError {
  const { outcome, reason, retryable, retryAfterMs, cause } = error
  const detail = redactor.text(error.detail)
  if (detail === error.detail && (!(cause instanceof Error) || redactor.text(cause.message) === cause.message))
    return error
  const safeCause = cause instanceof Error ? new Error(redactor.text(cause.message)) : undefined
  return new NetworkError({
    outcome,
    reason,
    detail,
    retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(safeCause && { cause: safeCause }),
  })
}
