import { type Static, Type as t } from 'typebox'
import { Value } from 'typebox/value'

/**
 * A failure on demand, of a provider (by its id) or of a host (by name or address). `status` and `body` replace the
 * answer: 429 with Retry-After, 401, an error sentence in a 200. `truncateAt` cuts the true answer after so many bytes
 * and closes the connection. `delayMs` waits first. `down` refuses connections, `silent` never answers. `lossPercent`
 * drops DNS packets, and `dns` answers them with an error or with bytes that no server should send. `times`: so many requests, then it is over; otherwise it lasts until it is taken back.
 */
export const Failure = t.Object(
  {
    status: t.Optional(t.Integer({ minimum: 100, maximum: 599 })),
    headers: t.Optional(t.Record(t.String(), t.String())),
    body: t.Optional(t.String()),
    truncateAt: t.Optional(t.Integer({ minimum: 0 })),
    delayMs: t.Optional(t.Integer({ minimum: 0, maximum: 600_000 })),
    down: t.Optional(t.Boolean()),
    silent: t.Optional(t.Boolean()),
    lossPercent: t.Optional(t.Number({ minimum: 0, maximum: 100 })),
    dns: t.Optional(
      t.Enum([
        'FORMERR',
        'SERVFAIL',
        'NXDOMAIN',
        'NOTIMP',
        'REFUSED',
        'compression-loop',
        'garbage',
        'wrong-id',
        'truncated',
      ]),
    ),
    times: t.Optional(t.Integer({ minimum: 1 })),
  },
  { additionalProperties: false },
)
export type Failure = Static<typeof Failure>

export interface Failures {
  /** The failure that the next request to any of these subjects meets; it counts as met. */
  meet(...subjects: (string | undefined)[]): Failure | undefined
  /** As `meet`, but only to look. */
  peek(...subjects: (string | undefined)[]): Failure | undefined
  set(subject: string, failure: Failure): void
  clear(subject?: string): void
  list(): Record<string, Failure>
}

export function makeFailures(): Failures {
  const bySubject = new Map<string, Failure>()
  function find(subjects: (string | undefined)[]): string | undefined {
    return bySubject.size === 0
      ? undefined
      : subjects.find((subject) => subject !== undefined && bySubject.has(subject))
  }
  return {
    meet(...subjects) {
      const subject = find(subjects)
      if (subject === undefined) return undefined
      const failure = bySubject.get(subject)!
      if (failure.times === 1) bySubject.delete(subject)
      else if (failure.times !== undefined) bySubject.set(subject, { ...failure, times: failure.times - 1 })
      return failure
    },
    peek: (...subjects) => {
      const subject = find(subjects)
      return subject === undefined ? undefined : bySubject.get(subject)
    },
    set: (subject, failure) => void bySubject.set(subject, failure),
    clear: (subject) => (subject === undefined ? bySubject.clear() : void bySubject.delete(subject)),
    list: () => Object.fromEntries(bySubject),
  }
}

/** A failure as a person or a test wrote it. Throws a RangeError that names the first thing wrong. */
export function parseFailure(value: unknown): Failure {
  const [problem] = Value.Errors(Failure, value)
  if (problem) throw new RangeError(`not a failure: ${problem.instancePath || '/'} ${problem.message}`)
  return Value.Parse(Failure, value)
}
