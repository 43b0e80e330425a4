import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Cache } from './cache.ts'
import { type OpenPort, suite, withPort } from './conformance.ts'

/** What every cache must do. */
export function cacheConformance(name: string, open: OpenPort<Cache>, unreachable?: string): void {
  suite(`cache: ${name}`, unreachable, () => {
    it('answers undefined for what was never set', () =>
      withPort(open, async (cache) => {
        expect(await cache.get('nothing')).toBeUndefined()
        await cache.delete('nothing')
      }))

    it('holds a value until its moment and not beyond', () =>
      withPort(open, async (cache, _, clock) => {
        await cache.set('a', 'one', clock.now() + 1_000)
        await cache.set('a', 'two', clock.now() + 1_000)
        expect(await cache.get('a')).toBe('two')
        await clock.advance(1_000)
        expect(await cache.get('a')).toBeUndefined()
      }))

    it('does not keep what is already over', () =>
      withPort(open, async (cache, _, clock) => {
        await cache.set('a', 'one', clock.now() + 1_000)
        await cache.set('a', 'two', clock.now() - 1)
        expect(await cache.get('a')).toBeUndefined()
      }))

    it('forgets what is deleted, and only that', () =>
      withPort(open, async (cache, _, clock) => {
        await cache.set('a', '', clock.now() + 1_000)
        await cache.set('b', 'ü\0\u{1f600}', clock.now() + 1_000)
        await cache.delete('a')
        expect(await cache.get('a')).toBeUndefined()
        expect(await cache.get('b')).toBe('ü\0\u{1f600}')
      }))

    it('lets one of many set what is absent', () =>
      withPort(open, async (cache, _, clock) => {
        const won = await Promise.all(
          Array.from({ length: 50 }, (_, i) => cache.setIfAbsent('lock', `${i}`, clock.now() + 1_000)),
        )
        expect(won.filter(Boolean)).toHaveLength(1)
        expect(await cache.get('lock')).toBe(`${won.indexOf(true)}`)
        await clock.advance(1_001)
        expect(await cache.setIfAbsent('lock', 'again', clock.now() + 1_000)).toBe(true)
      }))

    it('gives a bucket at once, then one token at a time', () =>
      withPort(open, async (cache, _, clock) => {
        const bucket = { capacity: 3, perSecond: 2 }
        const now = clock.now()
        const moments = []
        for (let i = 0; i < 6; i++) moments.push((await cache.take('source', bucket, 1, now)) - now)
        expect(moments).toEqual([0, 0, 0, 500, 1_000, 1_500])
        // Another key is another bucket, and one that has filled up again gives at once.
        expect(await cache.take('other', bucket, 3, now)).toBe(now)
        expect(await cache.take('source', bucket, 3, now + 60_000)).toBe(now + 60_000)
      }))

    it('never gives more than the bucket allows, whatever is asked when', () =>
      withPort(open, async (cache, _, clock) => {
        let key = 0
        await fc.assert(
          fc.asyncProperty(
            fc.record({ capacity: fc.integer({ min: 1, max: 20 }), perSecond: fc.integer({ min: 1, max: 50 }) }),
            fc.array(fc.record({ wait: fc.nat(2_000), share: fc.double({ min: 0.1, max: 1, noNaN: true }) }), {
              maxLength: 40,
            }),
            async (bucket, calls) => {
              let now = clock.now()
              const taken: { at: number; cost: number }[] = []
              const id = `bucket ${key++}`
              for (const { wait, share } of calls) {
                now += wait
                const cost = Math.ceil(bucket.capacity * share)
                const at = await cache.take(id, bucket, cost, now)
                expect(at).toBeGreaterThanOrEqual(now)
                expect(at).toBeGreaterThanOrEqual(taken.at(-1)?.at ?? 0)
                taken.push({ at, cost })
              }
              for (const [i, first] of taken.entries()) {
                let sum = 0
                for (const { at, cost } of taken.slice(i)) {
                  sum += cost
                  // Moments are whole milliseconds, each rounded up by itself.
                  expect(sum).toBeLessThanOrEqual(
                    bucket.capacity + ((at + 1 - first.at) / 1_000) * bucket.perSecond + 0.001,
                  )
                }
              }
            },
          ),
          { numRuns: 50 },
        )
      }))

    it('gives each of many callers at the same moment a place of its own', () =>
      withPort(open, async (cache, _, clock) => {
        const now = clock.now()
        const bucket = { capacity: 1, perSecond: 10 }
        const moments = await Promise.all(Array.from({ length: 20 }, () => cache.take('k', bucket, 1, now)))
        expect(moments.map((at) => at - now).sort((a, b) => a - b)).toEqual(
          Array.from({ length: 20 }, (_, i) => i * 100),
        )
      }))
  })
}
