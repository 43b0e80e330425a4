import { describe, expect, test } from 'vitest'
import { NetworkError, retryAfter, unreachable } from '../error.ts'
import { type Bucket, bucketOf, openLimiter } from './limiter.ts'
import { quotasOf } from './quota.ts'
import { retry } from './retry.ts'

const never = new AbortController().signal

/** A clock that sleeping turns, and a bucket that reserves as the cache port does. */
function world(maxWaitMs = 60_000) {
  let at = 1_000_000
  const free = new Map<string, number>()
  const take = (key: string, { capacity, perSecond }: Bucket, cost: number, now: number): Promise<number> => {
    const from = Math.max(free.get(key) ?? -Infinity, now - (capacity / perSecond) * 1_000)
    const until = from + (cost / perSecond) * 1_000
    free.set(key, until)
    return Promise.resolve(Math.max(now, until))
  }
  const sleep = (ms: number): Promise<void> => {
    at += ms
    return Promise.resolve()
  }
  return { limiter: openLimiter({ take, now: () => at, maxWaitMs, sleep }), now: () => at, sleep }
}

describe('the limiter', () => {
  test('lets a burst through and then holds the rate', async () => {
    const { limiter, now } = world()
    const bucket = bucketOf({ perMinute: 120 })
    const startedAt = now()
    for (let i = 0; i < 22; i++) await limiter.admit('a', bucket, 1, never)
    expect(now() - startedAt).toBe(10_000)
    await limiter.admit('b', bucket, 1, never)
    expect(now() - startedAt).toBe(10_000)
  })

  test('waits for a block and fails when it is too long to wait for', async () => {
    const { limiter, now } = world(60_000)
    await limiter.block('a', 30_000)
    await limiter.block('a', 5_000)
    const startedAt = now()
    expect(limiter.blockedUntil('a')).toBe(startedAt + 30_000)
    await limiter.admit('a', undefined, 1, never)
    expect(now()).toBe(startedAt + 30_000)
    expect(limiter.blockedUntil('a')).toBeUndefined()
    await limiter.block('a', 3_600_000)
    const error: unknown = await limiter.admit('a', undefined, 1, never).catch((error: unknown) => error)
    expect(error).toMatchObject({ outcome: 'rate-limited', retryAfterMs: 3_600_000 })
    await limiter.admit('b', undefined, 1, never)
  })

  test('admits nobody who was stopped', async () => {
    const { limiter } = world()
    await expect(limiter.admit('a', undefined, 1, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
  })

  test('takes the stricter of two declared rates', () => {
    expect(bucketOf({ perMinute: 60, perSecond: 10 })).toEqual({ capacity: 1, perSecond: 1 })
    expect(bucketOf({ perSecond: 10 })).toEqual({ capacity: 10, perSecond: 10 })
    expect(bucketOf({})).toBeUndefined()
  })
})

describe('a quota', () => {
  const refusal = async (work: Promise<void>): Promise<unknown> =>
    work.then(() => undefined).catch((error: unknown) => error)

  test('lets so many requests through at once, none more, and all of them again when its window ends', async () => {
    const { limiter, now, sleep } = world()
    const quotas = quotasOf({ perDay: 50 })
    const startedAt = now()
    for (let i = 0; i < 50; i++) await limiter.count('source:a', quotas, never)
    await sleep(3_600_000)
    const error = await refusal(limiter.count('source:a', quotas, never))
    expect(error).toMatchObject({ outcome: 'quota', retryable: false, retryAfterMs: 23 * 3_600_000 })
    expect(String(error)).toContain(
      `a is used up; it is asked again from ${new Date(startedAt + 86_400_000).toISOString()}`,
    )
    await limiter.count('source:b', quotas, never)
    await sleep(23 * 3_600_000)
    for (let i = 0; i < 50; i++) await limiter.count('source:a', quotas, never)
    expect(await refusal(limiter.count('source:a', quotas, never))).toMatchObject({ outcome: 'quota' })
  })

  test('of a day and of an hour hold together, and a window that is nearly over is waited for', async () => {
    const { limiter, now, sleep } = world()
    const quotas = quotasOf({ perHour: 2, perDay: 3 })
    await limiter.count('a', quotas, never)
    await limiter.count('a', quotas, never)
    await sleep(3_600_000 - 30_000)
    const before = now()
    await limiter.count('a', quotas, never)
    expect(now() - before).toBe(30_000)
    expect(await refusal(limiter.count('a', quotas, never))).toMatchObject({ retryAfterMs: 82_800_000 })
  })

  test('of one run that is used up holds no other run back', async () => {
    const { limiter } = world()
    const strict = quotasOf({ perDay: 1 })
    await limiter.count('a', strict, never)
    expect(await refusal(limiter.count('a', strict, never))).toMatchObject({ outcome: 'quota' })
    await limiter.exhaust('a', strict)
    await limiter.count('a', quotasOf({ perDay: 50 }), never)
    await limiter.admit('a', undefined, 1, never)
  })

  test('that a source calls used up holds everything back: as long as it says, else for its window, else an hour', async () => {
    const { limiter, now } = world()
    const held = async (key: string): Promise<unknown> => refusal(limiter.admit(key, undefined, 1, never))
    await limiter.exhaust('unknown', [])
    expect(await held('unknown')).toMatchObject({ outcome: 'quota', retryAfterMs: 3_600_000 })
    await limiter.exhaust('declared', quotasOf({ perDay: 50 }))
    expect(await held('declared')).toMatchObject({ outcome: 'quota', retryAfterMs: 86_400_000 })
    await limiter.block('named', 600_000)
    await limiter.exhaust('named', quotasOf({ perDay: 50 }))
    expect(await held('named')).toMatchObject({ outcome: 'quota', retryAfterMs: 600_000 })
    // Whoever is held back by it is told the same, and lengthens nothing.
    await limiter.exhaust('named', quotasOf({ perDay: 50 }))
    expect(limiter.blockedUntil('named')).toBe(now() + 600_000)
  })
})

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1)
  test.each([
    ['30', 30_000],
    ['0', 1_000],
    ['-5', 1_000],
    ['soon', 1_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Thu, 01 Jan 2015 00:00:00 GMT', 1_000],
    ['999999999', 86_400_000],
  ])('%s is %d ms', (value, ms) => {
    expect(retryAfter({ 'retry-after': value }, now)).toBe(ms)
  })

  test('urlscan.io says the same under a name of its own, and Retry-After comes first', () => {
    expect(retryAfter({ 'x-rate-limit-reset-after': '17' }, 0)).toBe(17_000)
    expect(retryAfter({ 'x-rate-limit-reset-after': '17', 'retry-after': '3' }, 0)).toBe(3000)
  })

  test('may be absent', () => {
    expect(retryAfter({}, now)).toBeUndefined()
  })
})

describe('retry', () => {
  function failing(times: number, error: NetworkError): { work: () => Promise<string>; calls: () => number } {
    let calls = 0
    return { calls: () => calls, work: () => (++calls > times ? Promise.resolve('done') : Promise.reject(error)) }
  }
  const options = { attempts: 4, baseMs: 1_000, maxMs: 10_000, signal: never }

  test('waits longer each time, jittered over the upper half', async () => {
    for (const random of [0, 0.999]) {
      const waits: number[] = []
      const { work } = failing(3, unreachable('connection', 'away'))
      const sleep = (ms: number): Promise<void> => Promise.resolve(void waits.push(ms))
      expect(await retry(work, { ...options, random: () => random, sleep })).toBe('done')
      const full = [1_000, 2_000, 4_000]
      for (const [i, wait] of waits.entries()) {
        expect(wait).toBeGreaterThanOrEqual(full[i]! / 2)
        expect(wait).toBeLessThan(full[i]!)
      }
      expect(waits).toHaveLength(3)
    }
  })

  test('waits as long as it is asked to, and not at all when that is too long', async () => {
    const waits: number[] = []
    const sleep = (ms: number): Promise<void> => Promise.resolve(void waits.push(ms))
    const asking = (retryAfterMs: number): NetworkError =>
      new NetworkError({ outcome: 'rate-limited', reason: 'status', detail: '429', retryable: true, retryAfterMs })
    const patient = failing(1, asking(7_000))
    expect(await retry(patient.work, { ...options, random: () => 0, sleep })).toBe('done')
    expect(waits).toEqual([7_000])
    const impatient = failing(1, asking(11_000))
    await expect(retry(impatient.work, { ...options, random: () => 0, sleep })).rejects.toThrow('429')
    expect(impatient.calls()).toBe(1)
  })

  test('gives up after the last attempt, and at once on what cannot help or was stopped', async () => {
    const sleep = (): Promise<void> => Promise.resolve()
    const always = failing(99, unreachable('connection', 'away'))
    await expect(retry(always.work, { ...options, random: () => 0, sleep })).rejects.toThrow('away')
    expect(always.calls()).toBe(4)
    const final = failing(99, new NetworkError({ outcome: 'out-of-scope', reason: 'excluded', detail: 'no' }))
    await expect(retry(final.work, { ...options, random: () => 0, sleep })).rejects.toThrow('no')
    expect(final.calls()).toBe(1)
    const stopped = failing(99, unreachable('connection', 'away'))
    await expect(
      retry(stopped.work, { ...options, random: () => 0, sleep, signal: AbortSignal.abort() }),
    ).rejects.toThrow('away')
    expect(stopped.calls()).toBe(1)
  })
})
