import { pause } from '@mirage/kit/clock.ts'
import { NetworkError } from './error.ts'

export interface Bucket {
  /** Tokens it holds at most. */
  capacity: number
  /** Tokens a second. */
  perSecond: number
}

/** Takes tokens now or reserves them, and answers the moment (milliseconds) from which the caller may act. */
export type TakeTokens = (key: string, bucket: Bucket, cost: number, now: number) => Promise<number>

export interface Limiter {
  /**
   * Resolves when a request of this key may leave. Rejects with `rate-limited` when the source asked for a longer pause
   * than a task should wait, and with the signal's reason when it aborts.
   */
  admit(key: string, bucket: Bucket | undefined, cost: number, signal: AbortSignal): Promise<void>
  /**
   * Nothing of this key leaves before `until` (milliseconds): what a Retry-After asks. A later moment wins. It holds at
   * once, and resolves when it is kept for the next process.
   */
  block(key: string, until: number): Promise<void>
  /** The moment until which a key is blocked; undefined when it is not. */
  blockedUntil(key: string): number | undefined
}

export interface LimiterOptions {
  take: TakeTokens
  now: () => number
  /** What was blocked before this process, and until when. */
  blocks?: Iterable<readonly [key: string, until: number]>
  /** Keeps a block for the next process. Never rejects. */
  keep?: (key: string, until: number) => Promise<void>
  /** A source that asks for a longer pause ends the task as `rate-limited`. Default 60,000. */
  maxWaitMs?: number
  /** Resolves after so many milliseconds or when the signal aborts. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

export function openLimiter(options: LimiterOptions): Limiter {
  const { take, now, keep, maxWaitMs = 60_000, sleep = pause } = options
  const blocks = new Map(options.blocks)

  function blockedUntil(key: string): number | undefined {
    const until = blocks.get(key)
    if (until === undefined || until > now()) return until
    blocks.delete(key)
    return undefined
  }

  async function waitUntil(at: number, signal: AbortSignal): Promise<void> {
    const ms = at - now()
    if (ms > 0) await sleep(ms, signal)
    signal.throwIfAborted()
  }

  return {
    async admit(key, bucket, cost, signal) {
      signal.throwIfAborted()
      if (bucket !== undefined) await waitUntil(await take(key, bucket, cost, now()), signal)
      // Looked at after the wait: others may have been told to stop meanwhile.
      for (let until = blockedUntil(key); until !== undefined; until = blockedUntil(key)) {
        const waitMs = until - now()
        if (waitMs > maxWaitMs)
          throw new NetworkError({
            outcome: 'rate-limited',
            reason: 'status',
            detail: `${key} asked to be left alone for another ${Math.ceil(waitMs / 1_000)} s.`,
            retryable: true,
            retryAfterMs: waitMs,
          })
        await waitUntil(until, signal)
      }
    },
    async block(key, until) {
      blocks.set(key, Math.max(until, blocks.get(key) ?? 0))
      await keep?.(key, until)
    },
    blockedUntil,
  }
}

/** The bucket of a module's declared limits; undefined when it declares none. A burst is at most a second's worth, one at least. */
export function bucketOf(limits: { perMinute?: number; perSecond?: number }): Bucket | undefined {
  const perSecond = Math.min(limits.perSecond ?? Infinity, (limits.perMinute ?? Infinity) / 60)
  return Number.isFinite(perSecond) ? { capacity: Math.max(1, perSecond), perSecond } : undefined
}
