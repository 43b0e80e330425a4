import { expect, it } from 'vitest'
import type { Bus, BusEvent, DeliveredEvent } from './bus.ts'
import { eventually, type OpenPort, suite, withPort } from './conformance.ts'

function events(name: string, count: number, from = 0): BusEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    name,
    workspace: 'w',
    id: `${name} ${from + i}`,
    body: JSON.stringify({ number: from + i, text: 'ü\u{1f600}' }),
  }))
}

function ids(delivered: DeliveredEvent[]): string[] {
  return delivered.map(({ id }) => id)
}

/** What every bus must do. A handler's pause after a rejection should be short in the adapter under test. */
export function busConformance(name: string, open: OpenPort<Bus>, unreachable?: string): void {
  suite(`bus: ${name}`, unreachable, () => {
    it('delivers what was published before and after, once each when nothing fails', () =>
      withPort(open, async (bus, _, clock) => {
        const got: DeliveredEvent[] = []
        await bus.publish(events('a', 3))
        const subscription = await bus.subscribe(
          { name: 's:one', events: ['a'] },
          async (batch) => void got.push(...batch),
        )
        await bus.publish(events('a', 3, 3))
        await subscription.drained()
        expect(ids(got).sort()).toEqual(ids(got.filter((_, i) => i < 6)).sort())
        expect(new Set(ids(got))).toEqual(new Set(events('a', 6).map(({ id }) => id)))
        expect(got).toHaveLength(6)
        expect(got.find(({ id }) => id === 'a 4')).toEqual({ ...events('a', 1, 4)[0], publishedAt: clock.now() })
      }))

    it('delivers to each subscription the events it named', () =>
      withPort(open, async (bus) => {
        const got: Record<string, string[]> = { 's:a': [], 's:b': [], 's:both': [] }
        const subscriptions = await Promise.all(
          Object.entries({ 's:a': ['a'], 's:b': ['b'], 's:both': ['a', 'b'] }).map(([name, names]) =>
            bus.subscribe({ name, events: names }, async (batch) => void got[name]!.push(...ids(batch))),
          ),
        )
        await bus.publish([...events('a', 10), ...events('b', 10), ...events('other', 10)])
        await Promise.all(subscriptions.map((subscription) => subscription.drained()))
        expect(got['s:a']!.sort()).toEqual(
          events('a', 10)
            .map(({ id }) => id)
            .sort(),
        )
        expect(got['s:b']!.sort()).toEqual(
          events('b', 10)
            .map(({ id }) => id)
            .sort(),
        )
        expect(got['s:both']).toHaveLength(20)
      }))

    it('keeps batches within their bounds and one at a time', () =>
      withPort(open, async (bus) => {
        let inside = 0
        const sizes: number[] = []
        const bytes: number[] = []
        await bus.publish(
          Array.from({ length: 60 }, (_, i) => ({ name: 'a', workspace: 'w', id: `${i}`, body: 'x'.repeat(100) })),
        )
        const subscription = await bus.subscribe(
          { name: 's:one', events: ['a'], maxEvents: 7, maxBytes: 350 },
          async (batch) => {
            expect(++inside).toBe(1)
            sizes.push(batch.length)
            bytes.push(batch.reduce((sum, { body }) => sum + body.length, 0))
            await new Promise((resume) => setTimeout(resume, 1))
            inside--
          },
        )
        await subscription.drained()
        expect(sizes.reduce((a, b) => a + b, 0)).toBe(60)
        expect(Math.max(...sizes)).toBeLessThanOrEqual(7)
        expect(Math.max(...bytes)).toBeLessThanOrEqual(350)
      }))

    it('delivers an event that is larger than the bound alone', () =>
      withPort(open, async (bus) => {
        const sizes: number[] = []
        await bus.publish([
          ...events('a', 2),
          { name: 'a', workspace: 'w', id: 'large', body: 'x'.repeat(50_000) },
          ...events('a', 2, 2),
        ])
        const subscription = await bus.subscribe(
          { name: 's:one', events: ['a'], maxBytes: 1_000 },
          async (batch) => void sizes.push(batch.length),
        )
        await subscription.drained()
        expect(sizes.reduce((a, b) => a + b, 0)).toBe(5)
      }))

    it('brings what was rejected again, until it is handled', () =>
      withPort(open, async (bus) => {
        const attempts: string[][] = []
        await bus.publish(events('a', 4))
        const subscription = await bus.subscribe({ name: 's:one', events: ['a'], maxEvents: 2 }, async (batch) => {
          attempts.push(ids(batch))
          if (attempts.length <= 2) throw new Error('not now')
        })
        await subscription.drained()
        expect(attempts[1]).toEqual(attempts[0])
        expect(attempts[2]).toEqual(attempts[0])
        expect(new Set(attempts.flat())).toEqual(new Set(events('a', 4).map(({ id }) => id)))
      }))

    it('loses nothing of many publishers at once', () =>
      withPort(open, async (bus) => {
        const got = new Set<string>()
        const subscription = await bus.subscribe({ name: 's:one', events: ['a'] }, async (batch) => {
          for (const { id } of batch) got.add(id)
        })
        await Promise.all(Array.from({ length: 40 }, (_, i) => bus.publish(events('a', 25, i * 25))))
        await subscription.drained()
        expect(got.size).toBe(1_000)
      }))

    it('publishes nothing when there is nothing', () =>
      withPort(open, async (bus) => {
        await bus.publish([])
        const subscription = await bus.subscribe({ name: 's:one', events: ['a'] }, async () => {})
        await subscription.drained()
        expect(await bus.states()).toEqual([{ name: 's:one', lag: 0, ageMs: 0, rebuild: false }])
      }))

    it('goes on where a closed subscription stopped', () =>
      withPort(open, async (bus) => {
        const got: string[] = []
        const handle = async (batch: DeliveredEvent[]): Promise<void> => void got.push(...ids(batch))
        const first = await bus.subscribe({ name: 's:one', events: ['a'] }, handle)
        await bus.publish(events('a', 5))
        await first.drained()
        await first[Symbol.asyncDispose]()
        await bus.publish(events('a', 5, 5))
        const second = await bus.subscribe({ name: 's:one', events: ['a'] }, handle)
        await second.drained()
        expect(got.sort()).toEqual(
          events('a', 10)
            .map(({ id }) => id)
            .sort(),
        )
      }))

    it('refuses a second subscription of the same name', () =>
      withPort(open, async (bus) => {
        await bus.subscribe({ name: 's:one', events: ['a'] }, async () => {})
        await expect(bus.subscribe({ name: 's:one', events: ['a'] }, async () => {})).rejects.toMatchObject({
          code: 'bus.subscribed',
        })
      }))

    it('says how far a subscription is behind', () =>
      withPort(open, async (bus, _, clock) => {
        const gate = Promise.withResolvers<void>()
        const subscription = await bus.subscribe({ name: 's:slow', events: ['a'], maxEvents: 1 }, () => gate.promise)
        await bus.publish(events('a', 3))
        await bus.publish(events('b', 3))
        await clock.advance(4_000)
        expect(await bus.states()).toEqual([{ name: 's:slow', lag: 3, ageMs: 4_000, rebuild: false }])
        gate.resolve()
        await subscription.drained()
        expect(await bus.states()).toEqual([{ name: 's:slow', lag: 0, ageMs: 0, rebuild: false }])
        const pressure = await bus.pressure()
        expect(pressure).toBeGreaterThanOrEqual(0)
        expect(pressure).toBeLessThanOrEqual(1)
      }))

    it('forgets a dropped subscription', () =>
      withPort(open, async (bus) => {
        await bus.subscribe({ name: 's:one', events: ['a'] }, async () => {})
        await bus.subscribe({ name: 's:two', events: ['a'] }, async () => {})
        await bus.drop('s:one')
        await bus.drop('s:never')
        expect((await bus.states()).map(({ name }) => name)).toEqual(['s:two'])
      }))

    it('keeps dead letters until they are played again', () =>
      withPort(open, async (bus, _, clock) => {
        const got: string[] = []
        const subscription = await bus.subscribe({ name: 's:one', events: ['a'], maxEvents: 1 }, async ([event]) => {
          got.push(event!.id)
          if (got.filter((id) => id === event!.id).length === 1)
            await bus.setAside('s:one', event!, `no good: ${event!.id}`)
        })
        await bus.publish(events('a', 3))
        await subscription.drained()
        const [first, ...rest] = await bus.deadLetters('s:one', { limit: 10 })
        expect([first!.reason, ...rest.map(({ reason }) => reason)]).toEqual([
          'no good: a 0',
          'no good: a 1',
          'no good: a 2',
        ])
        expect(first!.event).toEqual({ ...events('a', 1)[0], publishedAt: clock.now() })
        expect(first!.setAsideAt).toBe(clock.now())
        expect(await bus.deadLetters('s:one', { after: first!.place, limit: 1 })).toEqual([rest[0]])
        expect(await bus.deadLetters('s:two', { limit: 10 })).toEqual([])
        expect(await bus.replay('s:one', [first!.place, rest[1]!.place, 4_711])).toBe(2)
        await eventually('both letters come again', () => got.length === 5)
        await eventually('one letter is left', async () => (await bus.deadLetters('s:one', { limit: 10 })).length === 1)
      }))

    it('lets a running handler end before it closes, and then refuses', () =>
      withPort(open, async (bus) => {
        const entered = Promise.withResolvers<void>()
        let finished = false
        await bus.subscribe({ name: 's:one', events: ['a'] }, async () => {
          entered.resolve()
          await new Promise((resume) => setTimeout(resume, 30))
          finished = true
        })
        await bus.publish(events('a', 1))
        await entered.promise
        await bus[Symbol.asyncDispose]()
        expect(finished).toBe(true)
        await expect(bus.publish(events('a', 1))).rejects.toMatchObject({ code: 'store.closed' })
      }))

    it('keeps what `can` says it keeps', () =>
      withPort(open, async (bus, opened) => {
        if (!bus.can.durable) return
        const got: string[] = []
        const first = await bus.subscribe({ name: 's:one', events: ['a'] }, async () => {})
        await bus.publish(events('a', 2))
        await first.drained()
        await first[Symbol.asyncDispose]()
        await bus.publish(events('a', 2, 2))
        await bus.setAside('s:one', { ...events('a', 1)[0]!, publishedAt: 1 }, 'why')
        const again = await opened.reopen!()
        const second = await again.subscribe(
          { name: 's:one', events: ['a'] },
          async (batch) => void got.push(...ids(batch)),
        )
        await second.drained()
        expect(got).toEqual(['a 2', 'a 3'])
        expect(await again.deadLetters('s:one', { limit: 5 })).toHaveLength(1)
      }))
  })
}
