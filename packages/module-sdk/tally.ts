import type { Failure } from './error.ts'

/** What a task has done so far, kept by the face and read by the runner. */
export interface Tally {
  /** HTTP, TCP, TLS and WHOIS requests asked for, answered from a cache or not. */
  requests: number
  /** DNS questions answered. */
  queries: number
  /** Those of them that no server answered. */
  unanswered: number
  /** Rows, fields and sightings that could not be read or are not of their type. */
  dropped: number
  /** The exchange that the author was given last: the evidence of what is yielded next. */
  exchange: string | undefined
  /** Why the last peer that was looked at gave no answer: the outcome of a task that yields nothing. */
  failure: Failure | undefined
}

export function newTally(): Tally {
  return { requests: 0, queries: 0, unanswered: 0, dropped: 0, exchange: undefined, failure: undefined }
}
