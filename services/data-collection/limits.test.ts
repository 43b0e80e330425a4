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

let folder: string
let clock: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirage-limits-'))
  clock = 1_000_000
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
    return Promise.resolve()
  }
  const limiter = await openLimits({ store, cache, now: () => clock, log: silentLog, sleep })
  return await work(limiter, () => store.limits.count('installation', {}))
}

describe('after a restart', () => {
  it('a source that asked for a pause is still left alone, and nobody else', async () => {
    await life(async (limiter) => {
      await limiter.block('source:hunter', clock + 3_600_000)
      await limiter.block('source:hunter', clock + 1_000)
      await limiter.block('host:www.northwind.example', clock + 5_000)
    })
    clock += 10_000
    await life(async (limiter, kept) => {
      expect(limiter.blockedUntil('source:hunter')).toBe(1_000_000 + 3_600_000)
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
        times.push(clock - 1_000_000)
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
