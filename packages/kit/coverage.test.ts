import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AppliedBatch,
  type BatchName,
  type CoverageStore,
  type DrainedRange,
  type DrainedRun,
  type LostTasks,
  openCoverage,
  type Settlement,
} from './coverage.ts'

/** A store that works like a documents collection, in a map. */
function mapStore<T extends { id: string; run: string; lost?: number }>(): CoverageStore<T> & { size(): number } {
  const documents = new Map<string, T>()
  const key = (workspace: string, id: string) => `${workspace} ${id}`
  return {
    size: () => documents.size,
    get: async (workspace, id) => documents.get(key(workspace, id)),
    getMany: async (workspace, ids) => ids.map((id) => documents.get(key(workspace, id))),
    put: async (workspace, all) => all.forEach((document) => documents.set(key(workspace, document.id), document)),
    insertIfAbsent: async (workspace, all) =>
      all.map((document) => {
        if (documents.has(key(workspace, document.id))) return false
        documents.set(key(workspace, document.id), document)
        return true
      }),
    delete: async (workspace, ids) => ids.filter((id) => documents.delete(key(workspace, id))).length,
    async scan(workspace, { index, equals, after, limit }) {
      const names = [...documents]
        .filter(
          ([name, { run, lost }]) =>
            name.startsWith(`${workspace} `) &&
            (!equals || run === equals.run) &&
            (index !== 'losses' || lost !== undefined),
        )
        .map(([name]) => name)
        .sort()
        .filter((name) => after === undefined || name > after)
      const page = names.slice(0, limit)
      return {
        items: page.map((name) => documents.get(name)!),
        ...(names.length > limit ? { next: page.at(-1)! } : {}),
      }
    },
  }
}

function openTest(fail: () => boolean = () => false) {
  const applied = mapStore<AppliedBatch>()
  const drained = mapStore<DrainedRun>()
  const settled: Settlement[] = []
  const options = {
    applied,
    drained,
    settle: async (settlement: Settlement) => {
      if (fail()) throw new Error('the bus is away')
      settled.push(settlement)
    },
  }
  return { settled, coverage: openCoverage(options), reopen: () => openCoverage(options), applied }
}

const workspace = 'default'
const event = (payload: BatchName, partial = false) => ({ workspace, payload, partial })

function batchesOf(run: string, ranges: DrainedRange[]): BatchName[] {
  return ranges.flatMap(([first, last, attempt, each]) =>
    Array.from({ length: (last - first + 1) * each }, (_, at) => ({
      run,
      task: first + Math.floor(at / each),
      attempt,
      index: at % each,
    })),
  )
}

describe('coverage', () => {
  const ranges: DrainedRange[] = [
    [0, 0, 1, 1],
    [1, 5, 1, 0],
    [6, 9, 1, 3],
    [10, 10, 2, 2],
  ]

  it('settles once, within whichever comes last, in any order and with repeats', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(14), { maxLength: 30 }), fc.nat(15), async (repeats, when) => {
        const { coverage, settled } = openTest()
        const all = batchesOf('run_a', ranges)
        const order = [...repeats.map((at) => all[at % all.length]!), ...all]
        for (const [at, batch] of order.entries()) {
          if (at === when) await coverage.drain(workspace, { run: 'run_a', round: 1, batches: ranges })
          await coverage.apply([event(batch)])
        }
        await coverage.drain(workspace, { run: 'run_a', round: 1, batches: ranges })
        await coverage.apply([event(all[0]!)])
        expect(settled).toEqual([{ workspace, run: 'run_a', round: 1, losses: 0 }])
      }),
    )
  })

  it('waits for the attempt that counts, for every part, and only for its own workspace', async () => {
    const { coverage, settled } = openTest()
    await coverage.drain(workspace, { run: 'run_a', round: 1, batches: [[7, 7, 2, 1]] })
    await coverage.apply([event({ run: 'run_a', task: 7, attempt: 1, index: 0 })])
    await coverage.apply([event({ run: 'run_a', task: 7, attempt: 2, index: 0 }, true)])
    await coverage.apply([{ ...event({ run: 'run_a', task: 7, attempt: 2, index: 0 }), workspace: 'other' }])
    expect(settled).toEqual([])
    await coverage.lose(event({ run: 'run_a', task: 7, attempt: 2, index: 0 }), 3)
    expect(settled).toEqual([{ workspace, run: 'run_a', round: 1, losses: 3 }])
  })

  it('settles an empty run at once and each later round anew', async () => {
    const { coverage, settled } = openTest()
    await coverage.drain(workspace, { run: 'run_a', round: 0, batches: [] })
    await coverage.drain(workspace, { run: 'run_a', round: 2, batches: [[1, 1, 1, 1]] })
    await coverage.drain(workspace, { run: 'run_a', round: 1, batches: [] })
    expect(settled.map(({ round }) => round)).toEqual([0])
    await coverage.apply([event({ run: 'run_a', task: 1, attempt: 1, index: 0 })])
    expect(settled.map(({ round }) => round)).toEqual([0, 2])
  })

  it('calls again after a failure or a death between the call and its record', async () => {
    let failures = 2
    const { coverage, reopen, settled } = openTest(() => failures-- > 0)
    const batch = event({ run: 'run_a', task: 1, attempt: 1, index: 0 })
    await coverage.drain(workspace, { run: 'run_a', round: 1, batches: [[1, 1, 1, 1]] })
    await expect(coverage.apply([batch])).rejects.toThrow('the bus is away')
    await expect(coverage.apply([batch])).rejects.toThrow('the bus is away')
    await reopen().apply([batch])
    expect(settled).toHaveLength(1)
  })

  it('covers many batches and forgets them', async () => {
    const { coverage, settled, applied } = openTest()
    const many: DrainedRange[] = [[0, 2_499, 1, 1]]
    const all = batchesOf('run_a', many)
    await coverage.drain(workspace, { run: 'run_a', round: 1, batches: many })
    for (let at = 0; at < all.length; at += 100) await coverage.apply(all.slice(at, at + 100).map((one) => event(one)))
    expect(settled).toHaveLength(1)
    expect(await coverage.stateOf(workspace, 'run_a')).toBe('settled')
    expect(await coverage.stateOf(workspace, 'run_b')).toBe('open')
    await coverage.forget(workspace, 'run_a')
    await coverage.apply([event(all[0]!)])
    await coverage.drain(workspace, { run: 'run_a', round: 3, batches: [] })
    expect(await coverage.stateOf(workspace, 'run_a')).toBe('forgotten')
    expect(applied.size()).toBe(0)
    expect(settled).toHaveLength(1)
  })
})

describe('coverage of a run that lost batches', () => {
  function openLossy(repeat: (lost: LostTasks) => Promise<boolean>, caughtUp = async () => {}) {
    const settled: Settlement[] = []
    const coverage = openCoverage({
      applied: mapStore<AppliedBatch>(),
      drained: mapStore<DrainedRun>(),
      settle: async (settlement) => void settled.push(settlement),
      recover: { caughtUp, repeat },
    })
    return { settled, coverage }
  }
  const event = (task: number, index: number, attempt = 1) => ({
    workspace,
    payload: { run: 'r', task, attempt, index },
    partial: false,
  })
  const batches: DrainedRange[] = [[1, 3, 1, 2]]

  it('asks for the tasks again, and settles with their next round', async () => {
    const asked: LostTasks[] = []
    const { settled, coverage } = openLossy(async (lost) => asked.push(lost) > 0)
    await coverage.apply([event(1, 0), event(1, 1), event(3, 1)])
    await coverage.drain(workspace, { run: 'r', round: 1, batches })
    expect(asked).toEqual([{ workspace, run: 'r', round: 1, tasks: [2, 3] }])
    expect(settled).toEqual([])
    await coverage.apply([event(2, 0, 2), event(2, 1, 2), event(3, 0, 2), event(3, 1, 2)])
    await coverage.drain(workspace, {
      run: 'r',
      round: 2,
      batches: [
        [1, 1, 1, 2],
        [2, 3, 2, 2],
      ],
    })
    expect(settled).toMatchObject([{ round: 2, losses: 0 }])
    expect(asked).toHaveLength(1)
  })

  it('settles with losses when they will not come', async () => {
    const { settled, coverage } = openLossy(async () => false)
    await coverage.apply([event(1, 0), event(1, 1), event(3, 1)])
    await coverage.drain(workspace, { run: 'r', round: 1, batches })
    expect(settled).toMatchObject([{ round: 1, losses: 3 }])
  })

  it('asks for nothing that was only under way', async () => {
    const { settled, coverage } = openLossy(
      () => Promise.reject(new Error('nothing was lost')),
      () => coverage.apply([1, 2, 3].flatMap((task) => [event(task, 0), event(task, 1)])),
    )
    await coverage.drain(workspace, { run: 'r', round: 1, batches })
    expect(settled).toMatchObject([{ round: 1, losses: 0 }])
  })

  it('takes over what another reader applied', async () => {
    const { coverage: one } = openLossy(async () => false)
    await one.apply([event(1, 0), event(1, 1), event(2, 0), event(2, 1), event(3, 0)])
    await one.lose(event(3, 1), 4)
    await one.adoptDrained(workspace, { run: 'r', round: 1, batches })
    const { settled, coverage: other } = openLossy(async () => false)
    await other.adopt(workspace, (await one.listApplied(workspace, { limit: 100 })).items)
    for (const drained of (await one.listDrained(workspace, { limit: 100 })).items)
      await other.adoptDrained(workspace, drained)
    expect(settled).toMatchObject([{ run: 'r', round: 1, losses: 4 }])
  })
})
