import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openMemoryCache } from '@mirage/adapters/memory/cache.ts'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { silentLog } from '@mirage/kit/log.ts'
import { bucketOf } from '@mirage/network/limits/limiter.ts'
import { quotasOf } from '@mirage/network/limits/quota.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLimits } from './limits.ts'
import { openStore } from './store.ts'

const never = new AbortController().signal
const fourAMinute = bucketOf({ perMinute: 4 })

const begin = Date.UTC(2026, 0, 1)

let folder: string
/** The time of day, and what the machine counts: a clock that is set moves the first alone. */
let clock: number
let passed: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirage-limits-'))
  clock = begin
  passed = 0
})
afterEach(() => rmSync(folder, { recursive: true }))

/** One life of the process: what is in the cache ends with it. Waiting turns the clock. */
async function life<T>(
  work: (limiter: Awaited<ReturnType<typeof openLimits>>, kept: () => Promise<number>) => Promise<T>,
) {
  await using documents = await openSqliteDocuments({
    path: join(folder, 'data-collection.db'),
    perWorkspace: false,
    use: 'control',
  })
  const store = await openStore(documents)
  await using cache = openMemoryCache({ now: () => clock })
  const sleep = (ms: number): Promise<void> => {
    clock += ms
    passed += ms
    return Promise.resolve()
  }
  const limiter = await openLimits({ store, cache, now: () => clock, elapsed: () => passed, log: silentLog, sleep })
  return await work(limiter, () => store.limits.count('installation', {}))
}

describe('after a restart', () => {
  it('a source that asked for a pause is still left alone, and nobody else', async () => {
    await life(async (limiter) => {
      await limiter.block('source:hunter', 3_600_000)
      await limiter.block('source:hunter', 1_000)
      await limiter.block('host:www.northwind.example', 5_000)
    })
    clock += 10_000
    await life(async (limiter, kept) => {
      expect(limiter.blockedUntil('source:hunter')).toBe(begin + 3_600_000)
      await expect(limiter.admit('source:hunter', undefined, 1, never)).rejects.toMatchObject({
        outcome: 'rate-limited',
        retryAfterMs: 3_590_000,
      })
      expect(limiter.blockedUntil('host:www.northwind.example')).toBeUndefined()
      await limiter.admit('source:other', undefined, 1, never)
      expect(await kept(), 'what is over is forgotten').toBe(1)
    })
  })

  it('a quota is used up as far as it was, and one that is used up stays so until its window ends', async () => {
    const quotas = quotasOf({ perDay: 3 })
    await life(async (limiter) => {
      await limiter.count('source:hackertarget', quotas, never)
      clock += 1_000
      await limiter.count('source:hackertarget', quotas, never)
      await limiter.exhaust('source:hunter', [])
    })
    clock += 60_000
    await life(async (limiter) => {
      await limiter.count('source:hackertarget', quotas, never)
      await expect(limiter.count('source:hackertarget', quotas, never)).rejects.toMatchObject({ outcome: 'quota' })
      await expect(limiter.admit('source:hunter', undefined, 1, never)).rejects.toMatchObject({ outcome: 'quota' })
    })
    clock += 86_400_000 - 61_000
    await life(async (limiter, kept) => {
      await limiter.count('source:hackertarget', quotas, never)
      await limiter.admit('source:hunter', undefined, 1, never)
      expect(await kept(), 'what is over is forgotten').toBe(1)
    })
  })

  it('requests that were spent stay spent', async () => {
    await life((limiter) => limiter.admit('source:virustotal', fourAMinute, 1, never))
    clock += 2_000
    const times = await life(async (limiter) => {
      const times: number[] = []
      for (let i = 0; i < 3; i++) {
        await limiter.admit('source:virustotal', fourAMinute, 1, never)
        times.push(clock - begin)
      }
      return times
    })
    expect(times).toEqual([15_000, 30_000, 45_000])
    clock += 60_000
    const before = clock
    await life((limiter) => limiter.admit('source:virustotal', fourAMinute, 1, never))
    expect(clock).toBe(before)
  })
})

describe('a time of day that is set back', () => {
  const daysMs = 30 * 86_400_000

  it('holds nobody back within the process', async () => {
    await life(async (limiter) => {
      await limiter.admit('source:virustotal', fourAMinute, 1, never)
      await limiter.block('host:www.northwind.example', 5_000)
      clock -= daysMs
      const before = passed
      await limiter.admit('source:virustotal', fourAMinute, 1, never)
      expect(passed - before).toBe(15_000)
      expect(limiter.blockedUntil('host:www.northwind.example')).toBeUndefined()
    })
  })

  it('tells the moment of a quota as the clock on the wall will show it', async () => {
    await life(async (limiter) => {
      clock -= daysMs
      await limiter.exhaust('source:hunter', [])
      const again = new Date(clock + 3_600_000).toISOString()
      await expect(limiter.admit('source:hunter', undefined, 1, never)).rejects.toThrow(`again from ${again}`)
    })
  })

  it('lengthens nothing that was kept, however often the process starts', async () => {
    const quotas = quotasOf({ perDay: 2 })
    await life(async (limiter) => {
      await limiter.block('source:hunter', 600_000)
      await limiter.count('source:hackertarget', quotas, never)
      await limiter.count('source:hackertarget', quotas, never)
      await limiter.admit('source:virustotal', fourAMinute, 1, never)
    })
    clock -= daysMs
    await life(async (limiter) => {
      expect(limiter.blockedUntil('source:hunter')).toBe(clock + 600_000)
      const refused = limiter.count('source:hackertarget', quotas, never)
      await expect(refused).rejects.toMatchObject({ outcome: 'quota', retryAfterMs: 86_400_000 })
      const before = passed
      await limiter.admit('source:virustotal', fourAMinute, 1, never)
      expect(passed - before).toBe(15_000)
    })
    clock += 3_600_000
    await life(async (limiter) => {
      expect(limiter.blockedUntil('source:hunter')).toBeUndefined()
      const refused = limiter.count('source:hackertarget', quotas, never)
      await expect(refused).rejects.toMatchObject({ retryAfterMs: 86_400_000 - 3_615_000 })
    })
    clock += 86_400_000
    await life((limiter) => limiter.count('source:hackertarget', quotas, never))
  })
})
