import { pause } from '@mirage/kit/clock.ts'
import { NetworkError } from '../error.ts'

export interface RetryOptions {
  /** Tries in all, the first included. */
  attempts: number
  /** Before the second try; doubled for each further one. Milliseconds. */
  baseMs: number
  /** No single wait is longer; a source that asks for more gets no further try. Milliseconds. */
  maxMs: number
  signal: AbortSignal
  /** From 0 up to but not 1. */
  random: () => number
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * Does `work` again while it fails with a retryable NetworkError, after a wait that doubles and is jittered over its
 * upper half, and never shorter than what the source asked for. Throws the last failure.
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { attempts, baseMs, maxMs, signal, random, sleep = pause } = options
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt)
    } catch (error) {
      if (!(error instanceof NetworkError) || !error.retryable || attempt >= attempts || signal.aborted) throw error
      const backoff = Math.min(maxMs, baseMs * 2 ** (attempt - 1)) * (0.5 + random() / 2)
      const wait = Math.max(backoff, error.retryAfterMs ?? 0)
      if (wait > maxMs) throw error
      await sleep(wait, signal)
      if (signal.aborted) throw error
    }
  }
}
