/** The only place that reads the time. Everything else is given a `Clock`, so that tests can turn it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/**
 * A clock that is never set back, for waits within a process: where the time of day is set back it goes on from where it
 * was, and where it is set forward, as after the sleep of a machine, it follows. It may be ahead of `clock`, never behind.
 * `elapsed` counts the milliseconds of the process.
 */
export function steadyClock(clock: Clock, elapsed: () => number = () => performance.now()): Clock {
  let origin = -Infinity
  return {
    now() {
      const passed = elapsed()
      origin = Math.max(origin, clock.now() - passed)
      return Math.round(origin + passed)
    },
  }
}

const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a duration as people write it: `500ms`, `90s`, `10m`, `6h`, `2d`, `1h30m`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  if (text.length > 100 || !/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) total += Number(amount) * units[unit!]!
  return Math.round(total)
}

/** ISO 8601 UTC, as instants travel. */
export function toInstant(at: number): string {
  return new Date(at).toISOString()
}

/** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** Resolves when what else is waiting in this thread had its turn. For long work in pieces. */
export function othersTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
