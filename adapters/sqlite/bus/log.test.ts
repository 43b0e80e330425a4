import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { standingClock } from '@mirage/ports/conformance.ts'
import { describe, expect, it } from 'vitest'
import { openSqliteBus } from '../bus.ts'

async function onFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-bus-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function events(count: number, from = 0, bytes = 2) {
  return Array.from({ length: count }, (_, i) => ({
    name: 'a',
    workspace: 'w',
    id: `${from + i}`,
    body: JSON.stringify('x'.repeat(bytes)),
  }))
}

async function removeLog(folder: string): Promise<void> {
  for (const end of ['', '-wal', '-shm']) await rm(join(folder, `bus.db${end}`), { force: true })
}

describe('the sqlite log', () => {
  it('says that a consumer must rebuild when its log was made anew', () =>
    onFolder(async (folder) => {
      const options = { path: join(folder, 'bus.db'), offsets: join(folder, 'c.db'), now: standingClock().now }
      const first = await openSqliteBus(options)
      const subscription = await first.subscribe({ name: 's:one', events: ['a'] }, async () => {})
      await first.publish(events(5))
      await subscription.drained()
      await first[Symbol.asyncDispose]()
      await removeLog(folder)

      await using second = await openSqliteBus(options)
      // More than before, so that only the epoch tells the two logs apart.
      await second.publish(events(9))
      const got: string[] = []
      let lost = 0
      const again = await second.subscribe({ name: 's:one', events: ['a'], onLost: () => lost++ }, async (batch) => {
        got.push(...batch.map(({ id }) => id))
      })
      await again.drained()
      expect(got).toHaveLength(9)
      expect(lost).toBe(1)
      expect(await second.states()).toMatchObject([{ name: 's:one', rebuild: true, lag: 0 }])
      await second.rebuilt('s:one')
      expect(await second.states()).toMatchObject([{ rebuild: false }])
    }))

  it('says the same when the consumer has lost its file', () =>
    onFolder(async (folder) => {
      const options = { path: join(folder, 'bus.db'), now: standingClock().now }
      const first = await openSqliteBus({ ...options, offsets: join(folder, 'c.db') })
      await (await first.subscribe({ name: 's:one', events: ['a'] }, async () => {})).drained()
      await first[Symbol.asyncDispose]()
      await using second = await openSqliteBus({ ...options, offsets: join(folder, 'new.db') })
      await second.subscribe({ name: 's:one', events: ['a'] }, async () => {})
      expect(await second.states()).toMatchObject([{ rebuild: true }])
    }))

  it('trims what all have read, but not what is young', () =>
    onFolder(async (folder) => {
      const clock = standingClock()
      await using bus = await openSqliteBus({ path: join(folder, 'bus.db'), now: clock.now, limitBytes: 64 << 20 })
      const subscription = await bus.subscribe({ name: 's:one', events: ['a'] }, async () => {})
      await bus.publish(events(300, 0, 10_000))
      await subscription.drained()
      const before = await bus.pressure()
      await bus.trim()
      expect(await bus.pressure()).toBe(before)
      await clock.advance(601_000)
      await bus.publish(events(1))
      await subscription.drained()
      await bus.states()
      await bus.trim()
      expect(await bus.pressure()).toBeLessThan(before / 2)
    }))

  it('cuts off the slowest at its limit, marks it, and goes on for the others', () =>
    onFolder(async (folder) => {
      const clock = standingClock()
      const limitBytes = 4 << 20
      await using bus = await openSqliteBus({ path: join(folder, 'bus.db'), now: clock.now, limitBytes })
      const gate = Promise.withResolvers<void>()
      const slow: string[] = []
      const fast: string[] = []
      let lost = 0
      const slowOne = await bus.subscribe(
        { name: 's:slow', events: ['a'], maxEvents: 1, onLost: () => lost++ },
        async (batch) => {
          await gate.promise
          slow.push(...batch.map(({ id }) => id))
        },
      )
      const fastOne = await bus.subscribe({ name: 's:fast', events: ['a'] }, async (batch) => {
        fast.push(...batch.map(({ id }) => id))
      })
      for (let i = 0; i < 80; i++) {
        await bus.publish(events(10, i * 10, 10_000))
        await fastOne.drained()
        await bus.states()
        expect(await bus.pressure()).toBeLessThanOrEqual(1)
      }
      gate.resolve()
      await slowOne.drained()
      expect(fast).toHaveLength(800)
      expect(slow.length).toBeLessThan(800)
      expect(slow).toContain('799')
      expect(lost).toBeGreaterThan(0)
      const states = await bus.states()
      expect(states.find(({ name }) => name === 's:slow')).toMatchObject({ rebuild: true, lag: 0 })
      expect(states.find(({ name }) => name === 's:fast')).toMatchObject({ rebuild: false, lag: 0 })
    }))

  it('refuses an event that is too large', () =>
    onFolder(async (folder) => {
      await using bus = await openSqliteBus({ path: join(folder, 'bus.db'), now: standingClock().now })
      await expect(bus.publish(events(1, 0, 17 << 20))).rejects.toMatchObject({ code: 'bus.event_too_large' })
    }))
})
