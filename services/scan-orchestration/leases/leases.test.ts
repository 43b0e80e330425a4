import { pause } from '@mirage/kit/clock.ts'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { LeasedTask } from '../contract.ts'
import { Orchestration } from '../testing/orchestration.ts'

let open: Orchestration | undefined
afterEach(async () => {
  await open?.[Symbol.asyncDispose]()
  open = undefined
})

const values = (tasks: LeasedTask[]): string[] => tasks.map(({ entities }) => entities[0]!.value)

describe('a worker that leaves', () => {
  it('is answered at once, and given nothing more', async () => {
    open = await Orchestration.open()
    await open.run(10)
    const tasks = await open.lease('a#1', 1)
    expect(tasks).toHaveLength(1)
    const asked = open.lease('a#1', 0, 10_000)
    await open.leave('a#1')
    expect(await asked).toEqual([])
    expect(await open.lease('a#1', 1)).toEqual([])
    expect(await open.lease('a#2', 1)).toHaveLength(1)
  })
})

describe('a budget', () => {
  it('is kept whatever workers do: what nobody accounts for counts as spent', async () => {
    const step = fc.record({
      act: fc.constantFrom('finish', 'die', 'return', 'pause'),
      spends: fc.integer({ min: 0, max: 200 }),
      slots: fc.integer({ min: 1, max: 8 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1500 }),
        fc.array(step, { minLength: 1, maxLength: 25 }),
        async (maxRequests, steps) => {
          await using orchestration = await Orchestration.open()
          const run = await orchestration.run(40, { maxRequests })
          let sent = 0
          for (const [at, { act, spends, slots }] of steps.entries()) {
            const worker = `place#${at}` // the former one is dead
            const tasks = await orchestration.lease(worker, slots)
            expect(tasks.filter(({ requests }) => requests === 0)).toEqual([])
            for (const task of tasks) sent += Math.min(spends, task.requests!)
            if (act === 'finish')
              for (const task of tasks) await orchestration.finish([task], Math.min(spends, task.requests!))
            if (act === 'return')
              for (const task of tasks) await orchestration.giveBack(worker, [task], Math.min(spends, task.requests!))
            if (act === 'pause' && (await orchestration.show(run)).stopReason === undefined) {
              await orchestration.pause(run)
              await orchestration.resume(run)
              for (const task of tasks.slice(1))
                await orchestration.giveBack(worker, [task], Math.min(spends, task.requests!))
              orchestration.now += 5_000
            }
          }
          expect(sent).toBeLessThanOrEqual(maxRequests)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('gives nothing out while all of it is reserved, and the rest when some is left', async () => {
    open = await Orchestration.open()
    const run = await open.run(10, { maxRequests: 30 })
    const tasks = await open.lease('a#1')
    expect(tasks.map(({ requests }) => requests)).toEqual([12, 12, 6])
    expect(await open.lease('a#1')).toEqual([])
    await open.finish(tasks, 3)
    const more = await open.lease('a#1')
    expect(more.map(({ requests }) => requests)).toEqual([12, 9])
    await open.finish(more, 9)
    await open.finish(await open.lease('a#1'), 3)
    expect(await open.show(run)).toMatchObject({ stopReason: 'max-requests' })
  })

  it('reserves little of a small budget and all that a task may need of a large one', async () => {
    for (const [maxRequests, reserved] of [
      [300, 12],
      [6_400, 100],
      [100_000, 200],
    ] as const) {
      await using orchestration = await Orchestration.open()
      await orchestration.run(10, { maxRequests })
      const tasks = await orchestration.lease('a#1')
      expect([tasks.length, tasks[0]?.requests, tasks[0]?.mayGrow ?? false]).toEqual([10, reserved, reserved < 200])
    }
  })

  it('gives a task more for which that was too little, until it has all that a task may need', async () => {
    open = await Orchestration.open()
    const run = await open.run(1, { maxRequests: 1_000 })
    const reserved: (number | undefined)[] = []
    for (let more: boolean | undefined = true; more;) {
      const [task] = await open.lease('a#1')
      reserved.push(task?.requests)
      more = task?.mayGrow
      if (more) await open.giveBack('a#1', [task!], task!.requests!)
      else await open.finish([task!], 5)
    }
    expect(reserved).toEqual([16, 64, 200])
    expect(await open.show(run)).toMatchObject({ requests: 85, outcomes: { lookup: { empty: 1 } } })
  })
})

describe('a task of many', () => {
  it('waits for more to take while its worker is busy, and no longer than a second', async () => {
    open = await Orchestration.open(['lookup'], 10)
    await open.run(25)
    const sizes: number[] = []
    const leaseOne = async (): Promise<LeasedTask[]> => {
      const tasks = await open!.lease('a#1', 1)
      sizes.push(...tasks.map(({ entities }) => entities.length))
      return tasks
    }
    await leaseOne()
    await leaseOne()
    expect(await leaseOne()).toEqual([])
    open.now += 1_000
    await leaseOne()
    expect(sizes).toEqual([10, 10, 5])
  })

  it('is given to a worker that has nothing else', async () => {
    open = await Orchestration.open(['lookup'], 10)
    await open.run(15)
    await open.finish(await open.lease('a#1', 1))
    expect((await open.lease('a#1', 1)).map(({ entities }) => entities.length)).toEqual([5])
  })
})

describe('a task whose worker dies', () => {
  it('is tried alone after three deaths, and given up after two more', async () => {
    open = await Orchestration.open()
    const run = await open.run(5)
    let life = 0
    let worker = ''
    const first = await open.lease((worker = `a#${++life}`), 2)
    expect(first).toHaveLength(2)
    const killer = values(first)[0]!
    // Whatever runs beside it dies with it, and comes to its end when it is alone.
    const lives: string[][] = [values(first)]
    for (;;) {
      let tasks = await open.lease((worker = `a#${++life}`), 2)
      if (tasks.length === 0) {
        // Only the killer is left, and it waits until its worker has lived for a while.
        open.now += 5_000
        tasks = await open.lease(worker, 2)
      }
      if (tasks.length === 0) break
      lives.push(values(tasks))
      while (tasks.length > 0 && !values(tasks).includes(killer)) {
        await open.finish(tasks)
        tasks = await open.lease(worker, 2)
        if (tasks.length > 0) lives.push(values(tasks))
      }
    }
    expect(lives.slice(0, 3).every((names) => names.length === 2 && names.includes(killer))).toBe(true)
    const afterwards = lives.slice(3)
    expect(afterwards.filter((names) => names.includes(killer))).toEqual([[killer], [killer]])
    const [, , , , fifth] = lives
    expect(fifth).not.toContain(killer)
    expect(await open.show(run)).toMatchObject({ outcomes: { lookup: { failed: 1, empty: 4 } } })
  })

  it('is not suspected while it gets on', async () => {
    open = await Orchestration.open()
    await open.run(1)
    for (let life = 1; life < 20; life++) {
      const tasks = await open.lease(`a#${life}`)
      expect(tasks).toHaveLength(1)
      await open.renew(`a#${life}`, tasks, life)
    }
  })

  it('is given to another when its lease ends, but not while this process was kept from hearing the worker', async () => {
    open = await Orchestration.open()
    await open.run(1)
    const tasks = await open.lease('a#1')
    open.now += 10_000
    await pause(600)
    expect(await open.renew('a#1', tasks, 1)).toBe(0)
    const others = async (): Promise<number> => {
      open!.now += 250
      return (await open!.lease('b#1')).length
    }
    await expect.poll(others, { interval: 250, timeout: 30_000 }).toBe(1)
    expect(await open.renew('a#1', tasks, 1)).toBe(1)
  }, 40_000)

  it('is not suspected because its worker was stopped in order', async () => {
    open = await Orchestration.open()
    await open.run(2)
    for (let life = 1; life < 20; life++) {
      const tasks = await open.lease(`a#${life}`)
      expect(tasks).toHaveLength(2)
      await open.giveBack(`a#${life}`, tasks, 0)
    }
  })
})

describe('the time of a run', () => {
  it('is kept over a stop in order', async () => {
    open = await Orchestration.open()
    const run = await open.run(1)
    open.now += 7_000
    await open.restart('in order')
    expect((await open.show(run)).seconds).toBe(7)
    open.now += 2_000
    expect((await open.show(run)).seconds).toBe(9)
  })

  it('is kept over a death but for the last seconds, and time that nobody ran does not count', async () => {
    open = await Orchestration.open()
    const run = await open.run(1)
    const short = await open.run(1, { maxTimeMs: 15_000 })
    open.now += 20_000
    // It stands behind the other: when its time is up, that of the other has been looked at.
    while ((await open.show(short)).stopReason === undefined) await pause(20)
    open.now += 3_000
    await open.restart('after a death')
    open.now += 4_000
    expect((await open.show(run)).seconds).toBe(24)
  })
})
