import { type Outcome, outcomes } from '@mirage/model/outcome.ts'

/** Ends a task with the outcome that says why. What was yielded before it is kept. */
export class ModuleError extends Error {
  readonly outcome: Outcome
  /** The recorded answer that shows it. */
  readonly exchange: string | undefined

  constructor(outcome: Outcome, reason: string, options: { exchange?: string | undefined; cause?: unknown } = {}) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ModuleError'
    this.outcome = outcome
    this.exchange = options.exchange
  }
}

export interface Failure {
  outcome: Outcome
  reason: string
  exchange?: string
}

/**
 * How a task that threw `error` ended. Whatever carries an `outcome` of the closed list says it itself (the network's
 * errors do, without sharing a class with us); an abort is `cancelled` or `timed-out`; all else is a bug: `failed`.
 */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { outcome: 'failed', reason: String(error) }
  const { outcome, exchange } = error as { outcome?: unknown; exchange?: unknown }
  if (isOutcome(outcome)) {
    return { outcome, reason: error.message, ...(typeof exchange === 'string' ? { exchange } : {}) }
  }
  if (error.name === 'TimeoutError') return { outcome: 'timed-out', reason: 'It took longer than it may.' }
  if (error.name === 'AbortError') return { outcome: 'cancelled', reason: 'It was stopped.' }
  return { outcome: 'failed', reason: `${error.name}: ${error.message}` }
}

function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'string' && (outcomes as readonly string[]).includes(value)
}
