import { parseDuration } from '@mirage/kit/clock.ts'
import type { HttpAnswer, HttpRequest } from '@mirage/model/exchange.ts'
import type { Outcome } from '@mirage/model/outcome.ts'
import type { Static, TSchema } from 'typebox'
import { textOf } from './body.ts'
import { challengeOf } from './challenge.ts'
import type { Http, HttpOptions, TargetOptions, Transport } from './context.ts'
import { ModuleError, failureOf } from './error.ts'
import { readAs } from './permissive.ts'
import type { Tally } from './tally.ts'

export interface HttpDefaults {
  contact: HttpRequest['contact']
  /** How old an answer from the cache may be, in milliseconds. */
  maxAgeMs?: number
}

const defaultRedirects = 5
const defaultBytes = 16 * 1024 * 1024
const defaultTimeoutMs = 30_000

/** A peer that gives no answer, or may not be asked: not the end of a task that looks at several. */
const noAnswer = new Set<Outcome>(['unreachable', 'timed-out', 'changed-format', 'out-of-scope', 'blocked'])

/** The author's HTTP over a raw transport. Every answer is noted in `tally` as the evidence of what is yielded next. */
export function openHttp(transport: Transport, defaults: HttpDefaults, tally: Tally, signal: AbortSignal): Http {
  async function get(address: string, options: TargetOptions = {}): Promise<HttpAnswer> {
    tally.requests++
    const answer = await transport.request(requestOf(address, options, defaults), signal)
    tally.exchange = answer.exchange
    return answer
  }

  async function look(address: string, options: TargetOptions = {}): Promise<HttpAnswer | undefined> {
    try {
      return await get(address, options)
    } catch (error) {
      const failure = failureOf(error)
      if (!noAnswer.has(failure.outcome)) throw error
      tally.failure = failure
      return undefined
    }
  }

  /** The answer of a source of data: undefined where it knows nothing; anything but data ends the task. */
  async function fetchData(address: string, options: HttpOptions): Promise<HttpAnswer | undefined> {
    const answer = await get(address, options)
    if (options.missing?.includes(answer.status)) return undefined
    const { exchange } = answer
    if (options.quotaWhen?.test(textOf(answer))) {
      throw new ModuleError('quota', `${hostOf(address)} says that the quota is spent.`, { exchange })
    }
    const wall = challengeOf(answer)
    if (wall) throw new ModuleError('blocked', `${hostOf(address)} answered with a page of ${wall}.`, { exchange })
    const refusal = refusalOf(answer, options.means?.[answer.status])
    if (refusal) {
      throw new ModuleError(refusal[0], `${hostOf(address)} ${refusal[1]} (HTTP ${answer.status}).`, { exchange })
    }
    if (answer.truncated) {
      throw changedFormat(address, `is longer than ${options.maxBytes ?? defaultBytes} bytes or was cut`, answer)
    }
    if (options.emptyWhen?.test(textOf(answer))) return undefined
    return answer
  }

  function read<S extends TSchema>(address: string, schema: S, document: unknown, answer: HttpAnswer): Static<S> {
    const { value, dropped } = readAs(schema, document)
    tally.dropped += dropped
    if (value === undefined) throw changedFormat(address, 'does not have the fields it is known by', answer)
    return value
  }

  async function json<S extends TSchema>(
    address: string,
    schema: S,
    options: HttpOptions = {},
  ): Promise<Static<S> | undefined> {
    const answer = await fetchData(address, withAccept(options, 'application/json'))
    return answer && read(address, schema, parseJson(address, textOf(answer), answer), answer)
  }

  return {
    get,
    look,
    json,
    async lines(address, schema, options = {}) {
      const answer = await fetchData(address, withAccept(options, 'application/x-ndjson, application/json'))
      if (!answer) return []
      let misread = 0
      const rows = linesOf(textOf(answer)).flatMap((line) => {
        const { value, dropped } = readAs(schema, tryJson(line))
        tally.dropped += dropped
        if (value === undefined) misread++
        return value === undefined ? [] : [value]
      })
      tally.dropped += misread
      if (rows.length === 0 && misread > 0) throw changedFormat(address, 'has no line that can be read', answer)
      return rows
    },
    async rows(address, parse, options = {}) {
      const answer = await fetchData(address, withAccept(options, 'text/plain, text/csv'))
      if (!answer) return []
      const lines = linesOf(textOf(answer))
      const rows = lines.flatMap((line) => parse(line) ?? [])
      tally.dropped += lines.length - rows.length
      if (rows.length === 0 && lines.length > 0) throw changedFormat(address, 'has no line that can be read', answer)
      return rows
    },
    async text(address, options = {}) {
      const answer = await fetchData(address, options)
      return answer && textOf(answer)
    },
    async bytes(address, options = {}) {
      return (await fetchData(address, options))?.body
    },
    async *pages(address, schema, next, options = {}) {
      const { maxPages = 1000, ...request } = options
      const seen = new Set<string>()
      let at: string | undefined = address
      while (at && !seen.has(at) && seen.size < maxPages) {
        seen.add(at)
        const page: Static<typeof schema> | undefined = await json(at, schema, request)
        if (page === undefined) return
        yield page
        at = next(page, at)
      }
    },
    async recorded(address) {
      const answer = await transport.recorded(address, signal)
      if (answer) tally.exchange = answer.exchange
      return answer
    },
  }
}

function requestOf(address: string, options: TargetOptions, defaults: HttpDefaults): HttpRequest {
  const { body } = options
  const maxAgeMs = options.cacheFor === undefined ? defaults.maxAgeMs : parseDuration(options.cacheFor)
  const asJson = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)
  return {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    url: address,
    headers: { ...(asJson ? { 'content-type': 'application/json' } : {}), ...options.headers },
    ...(body === undefined ? {} : { body: asJson ? JSON.stringify(body) : body }),
    contact: defaults.contact,
    redirects: options.redirects ?? defaultRedirects,
    maxBytes: options.maxBytes ?? defaultBytes,
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    ...(options.address === undefined ? {} : { address: options.address }),
    ...(options.anyCertificate === undefined ? {} : { anyCertificate: options.anyCertificate }),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    ...(options.quotaWhen === undefined ? {} : { refusedBy: options.quotaWhen.source }),
    ...(options.secrets === undefined ? {} : { secrets: options.secrets }),
  }
}

function withAccept(options: HttpOptions, accept: string): HttpOptions {
  return { ...options, headers: { accept, ...options.headers } }
}

/** What a status means that is not data (RFC 9110 §15); undefined for 2xx. */
function refusalOf(answer: HttpAnswer, meaning: Outcome | undefined): [Outcome, string] | undefined {
  const { status } = answer
  if (status >= 200 && status < 300) return undefined
  if (meaning) return [meaning, 'refused']
  // GitHub and others say 403 when too much was asked, and these headers tell it from a refused key.
  const isExhausted = answer.headers['x-ratelimit-remaining'] === '0' || answer.headers['retry-after'] !== undefined
  if (status === 403 && isExhausted) return ['rate-limited', 'asks for fewer requests']
  if (status === 401 || status === 403) return ['key-refused', 'refused the key, or wants one']
  if (status === 402) return ['quota', 'wants to be paid']
  if (status === 429) return ['rate-limited', 'asks for fewer requests']
  if (status === 451) return ['blocked', 'may not answer here']
  if (status >= 500) return ['unreachable', 'is in trouble']
  return ['changed-format', 'does not know this request any more']
}

function parseJson(address: string, text: string, answer: HttpAnswer): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw changedFormat(address, 'is not JSON', answer, cause)
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function changedFormat(address: string, how: string, answer: HttpAnswer, cause?: unknown): ModuleError {
  return new ModuleError(
    'changed-format',
    `The answer of ${hostOf(address)} ${how}; it is recorded as ${answer.exchange}.`,
    {
      exchange: answer.exchange,
      cause,
    },
  )
}

function hostOf(address: string): string {
  return URL.parse(address)?.host ?? address
}
