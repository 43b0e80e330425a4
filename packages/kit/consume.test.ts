import { Type as t } from 'typebox'
import { describe, expect, it } from 'vitest'
import { consume, type Poison } from './consume.ts'
import { MirageError } from './errors.ts'
import { defineEvent } from './event.ts'
import { silentLog } from './log.ts'
import { type Incoming, on } from './service.ts'

const made = defineEvent('toys.made', t.Object({ toys: t.Array(t.Integer()) }))
type Made = { toys: number[] }

function delivery(id: string, payload: unknown): Parameters<typeof consume>[1][number] {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
  return { name: 'toys.made', workspace: 'default', id, body, publishedAt: 5 }
}

function openPoison(): Poison & { aside: { id: string; body: string; reason: string }[]; stop(): void } {
  const stop = new AbortController()
  const aside: { id: string; body: string; reason: string }[] = []
  return {
    aside,
    log: silentLog,
    signal: stop.signal,
    stop: () => stop.abort(),
    setAside: async ({ id, body }, reason) => void aside.push({ id, body, reason }),
  }
}

/** Halves a payload of several toys. */
function split({ toys }: Made): [Made, Made] | undefined {
  const middle = toys.length >> 1
  return toys.length > 1 ? [{ toys: toys.slice(0, middle) }, { toys: toys.slice(middle) }] : undefined
}

/** A consumer that cannot stand 13. */
function superstitious(options: { split?: typeof split } = {}): {
  consumer: ReturnType<typeof on>
  applied: number[]
  partial: number[]
  calls: number[]
  settled: { id: string; lost: number }[]
} {
  const applied: number[] = []
  const partial: number[] = []
  const calls: number[] = []
  const settled: { id: string; lost: number }[] = []
  const consumer = on(
    made,
    async (events: Incoming<Made>[]) => {
      calls.push(events.length)
      const toys = events.flatMap(({ payload }) => payload.toys)
      if (toys.includes(13)) throw new Error('thirteen')
      applied.push(...toys)
      if (events.some((event) => event.partial)) partial.push(...toys)
    },
    { ...options, settle: async ({ id }, lost) => void settled.push({ id, lost }) },
  )
  return { consumer, applied, partial, calls, settled }
}

describe('a consumer', () => {
  it('gets a batch as it came', async () => {
    const { consumer, applied, calls, settled } = superstitious()
    await consume(consumer, [delivery('a', { toys: [1] }), delivery('b', { toys: [2] })], openPoison())
    expect({ applied, calls, settled }).toEqual({ applied: [1, 2], calls: [2], settled: [] })
  })

  it('never sees what is not JSON or not of the schema', async () => {
    const { consumer, applied } = superstitious()
    const poison = openPoison()
    await consume(
      consumer,
      [delivery('a', '{"toys":'), delivery('b', { toys: ['x'] }), delivery('c', { toys: [3] })],
      poison,
    )
    expect(applied).toEqual([3])
    expect(poison.aside.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(poison.aside[0]!.reason).toMatch(/^not JSON: /)
    expect(poison.aside[1]!.reason).toBe('toys.0: must be integer')
  })

  it('that fails three times has its batch halved until the bad event stands alone', async () => {
    const { consumer, applied, calls } = superstitious()
    const poison = openPoison()
    const batch = Array.from({ length: 8 }, (_, i) => delivery(`e${i}`, { toys: [i === 5 ? 13 : i] }))
    await consume(consumer, batch, poison)
    expect(applied.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 6, 7])
    expect(calls.slice(0, 4)).toEqual([8, 8, 8, 4])
    expect(poison.aside).toEqual([{ id: 'e5', body: '{"toys":[13]}', reason: 'thirteen' }])
  })

  it('that can split has single records set aside and the rest applied as parts', async () => {
    const { consumer, applied, partial, settled } = superstitious({ split })
    const poison = openPoison()
    await consume(consumer, [delivery('a', { toys: [1, 2, 13, 4, 5, 13, 7] })], poison)
    expect(applied.toSorted((a, b) => a - b)).toEqual([1, 2, 4, 5, 7])
    expect(partial.toSorted((a, b) => a - b)).toEqual([1, 2, 4, 5, 7])
    expect(poison.aside.map(({ id, body }) => ({ id, body }))).toEqual([
      { id: 'a', body: '{"toys":[13]}' },
      { id: 'a', body: '{"toys":[13]}' },
    ])
    expect(settled).toEqual([{ id: 'a', lost: 2 }])
  })

  it('that fails twice and then works loses nothing', async () => {
    let failures = 2
    const applied: string[] = []
    const consumer = on(made, async (events) => {
      if (failures-- > 0) throw new Error('not yet')
      applied.push(...events.map(({ id }) => id))
    })
    const poison = openPoison()
    await consume(consumer, [delivery('a', { toys: [] }), delivery('b', { toys: [] })], poison)
    expect({ applied, aside: poison.aside }).toEqual({ applied: ['a', 'b'], aside: [] })
  })

  it.each(['store.full', 'service.unreachable'])(
    'is not blamed for its store: that is thrown at once and nothing is set aside: %s',
    async (code) => {
      let calls = 0
      const consumer = on(made, async () => {
        calls++
        throw new MirageError({ code, status: 503, detail: 'away' })
      })
      const poison = openPoison()
      await expect(consume(consumer, [delivery('a', { toys: [] })], poison)).rejects.toMatchObject({ code })
      expect({ calls, aside: poison.aside }).toEqual({ calls: 1, aside: [] })
    },
  )

  it('that fails while the service stops sets nothing aside', async () => {
    const poison = openPoison()
    const consumer = on(made, async () => {
      poison.stop()
      throw new Error('interrupted')
    })
    await expect(consume(consumer, [delivery('a', { toys: [] })], poison)).rejects.toThrow('interrupted')
    expect(poison.aside).toEqual([])
  })
})
