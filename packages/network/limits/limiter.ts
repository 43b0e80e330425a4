import { pause } from '@mirage/kit/clock.ts'
import { NetworkError } from '../error.ts'
import { openQuotas, type Quota, type Window } from './quota.ts'

export interface Bucket {
  /** Tokens it holds at most. */
  capacity: number
  /** Tokens a second. */
  perSecond: number
}

/** Takes tokens now or reserves them, and answers the moment (milliseconds) from which the caller may act. */
export type TakeTokens = (key: string, bucket: Bucket, cost: number, now: number) => Promise<number>

/** Nothing of this key leaves before `until` (milliseconds). */
export interface Block {
  key: string
  until: number
  /** How a task ends that would have to wait for long: it was asked to wait, or a quota is used up. */
  outcome: 'rate-limited' | 'quota'
}

export interface Limiter {
  /**
   * Resolves when a request of this key may leave. Rejects with the block's outcome when a longer pause was asked for
   * than a task should wait, and with the signal's reason when it aborts.
   */
  admit(key: string, bucket: Bucket | undefined, cost: number, signal: AbortSignal): Promise<void>
  /**
   * Counts a request within its quotas. Rejects with `quota` when one is used up for longer than a task should wait; the
   * request counts for none of them then.
   */
  count(key: string, quotas: Quota[], signal: AbortSignal): Promise<void>
  /**
   * Nothing of this key leaves for `ms` milliseconds: what a Retry-After asks. The longer of two pauses wins. It holds at
   * once, and resolves when it is kept for the next process.
   */
  block(key: string, ms: number): Promise<void>
  /**
   * The source says that a quota is used up: nothing of this key leaves until the moment it named, else until the window
   * of its quotas ends, else for an hour. Resolves when that is kept. Where one of these quotas is used up by our own
   * count, nothing changes: it holds back whom it concerns, and others may have another one.
   */
  exhaust(key: string, quotas: Quota[]): Promise<void>
  /** The moment until which a key is blocked, by the limiter's clock; undefined when it is not. */
  blockedUntil(key: string): number | undefined
}

export interface LimiterOptions {
  take: TakeTokens
  /** A clock that is never set back: every moment here is one of it. */
  now: () => number
  /** The time of day, for sentences. Default: the same clock. */
  timeOfDay?: () => number
  /** What was blocked and counted before this process. */
  blocks?: Iterable<Block>
  windows?: Iterable<Window>
  /** Keep them for the next process. Never reject. */
  keepBlock?: (block: Block) => Promise<void>
  keepWindow?: (window: Window) => Promise<void>
  /** A source that asks for a longer pause ends the task. Default 60,000. */
  maxWaitMs?: number
  /** Resolves after so many milliseconds or when the signal aborts. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** How long a source is left alone whose quota is used up, when neither it nor its module says for how long. */
const unknownWindowMs = 3_600_000

export function openLimiter(options: LimiterOptions): Limiter {
  const { take, now, timeOfDay = now, keepBlock, maxWaitMs = 60_000, sleep = pause } = options
  const blocks = new Map<string, Block>()
  for (const block of options.blocks ?? []) note(block)
  const windows = openQuotas(options.windows, options.keepWindow)

  /** Of two blocks the one that ends later holds. */
  function note(block: Block): void {
    if (block.until >= (blocks.get(block.key)?.until ?? 0)) blocks.set(block.key, block)
  }

  function blockOf(key: string): Block | undefined {
    const block = blocks.get(key)
    if (block === undefined || block.until > now()) return block
    blocks.delete(key)
    return undefined
  }

  async function waitUntil(at: number, signal: AbortSignal): Promise<void> {
    const ms = at - now()
    if (ms > 0) await sleep(ms, signal)
    signal.throwIfAborted()
  }

  async function waitOrReject(block: Block, signal: AbortSignal): Promise<void> {
    const waitMs = block.until - now()
    if (waitMs > maxWaitMs) throw heldBack(block, waitMs, timeOfDay() + waitMs)
    await waitUntil(block.until, signal)
  }

  async function hold(block: Block): Promise<void> {
    note(block)
    await keepBlock?.(block)
  }

  return {
    async admit(key, bucket, cost, signal) {
      signal.throwIfAborted()
      if (bucket !== undefined) await waitUntil(await take(key, bucket, cost, now()), signal)
      // Looked at after the wait: others may have been told to stop meanwhile.
      for (let block = blockOf(key); block !== undefined; block = blockOf(key)) await waitOrReject(block, signal)
    },
    async count(key, quotas, signal) {
      for (;;) {
        const until = await windows.count(key, quotas, now())
        if (until === undefined) return
        await waitOrReject({ key, until, outcome: 'quota' }, signal)
      }
    },
    block: (key, ms) => hold({ key, until: now() + ms, outcome: 'rate-limited' }),
    async exhaust(key, quotas) {
      if (windows.isUsedUp(key, quotas, now())) return
      const ends = quotas.map((quota) => windows.endOf(key, quota, now()))
      const until = blockOf(key)?.until ?? (ends.length > 0 ? Math.min(...ends) : now() + unknownWindowMs)
      await hold({ key, until, outcome: 'quota' })
    },
    blockedUntil: (key) => blockOf(key)?.until,
  }
}

function heldBack({ key, outcome }: Block, waitMs: number, until: number): NetworkError {
  const source = key.slice(key.indexOf(':') + 1)
  const detail =
    outcome === 'quota'
      ? `The quota of ${source} is used up; it is asked again from ${new Date(until).toISOString()} on.`
      : `${source} asked to be left alone for another ${Math.ceil(waitMs / 1_000)} s.`
  // What is held back for a quota is not worth another try within the task.
  const retryable = outcome === 'rate-limited'
  return new NetworkError({ outcome, reason: 'status', detail, retryable, retryAfterMs: waitMs })
}

/** The bucket of a module's declared limits; undefined when it declares none. A burst is at most a second's worth, one at least. */
export function bucketOf(limits: { perMinute?: number; perSecond?: number }): Bucket | undefined {
  const perSecond = Math.min(limits.perSecond ?? Infinity, (limits.perMinute ?? Infinity) / 60)
  return Number.isFinite(perSecond) ? { capacity: Math.max(1, perSecond), perSecond } : undefined
}
