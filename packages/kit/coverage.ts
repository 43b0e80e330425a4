/**
 * Which batches of a run a reader has applied, and whether that covers what the run announced when it drained.
 *
 * How a service uses it, on two collections of its document store (they fulfil `CoverageStore` as they are):
 *
 *   const coverage = openCoverage({
 *     applied: await documents.collection<AppliedBatch>(appliedBatches),
 *     drained: await documents.collection<DrainedRun>(drainedRuns),
 *     settle: async ({ workspace, run, round, losses }) => { …write the end…; await announce([announcement(runSettled, …)]) },
 *   })
 *   on(observationsCollected, async (events) => { …write and publish…; await coverage.apply(events) },
 *      { split: splitBatch, settle: (event, lost) => coverage.lose(event, lost) })
 *   on(runDrained, async (events) => { for (const { workspace, payload } of events) await coverage.drain(workspace, payload) })
 *
 * and `coverage.forget(workspace, run)` when the run is deleted, after which `stateOf` answers `forgotten` for ever: ask
 * it before writing what a batch holds, because batches of a deleted run may still come.
 *
 * `settle` is called once the applied batches cover the drained ones: within `drain` when they already do, else within
 * the `apply` or `lose` that brings the last one. It is called before the event that led to it is acknowledged, so a
 * death at any moment leads to the call again, and it must be repeatable. Whatever order, repetition or splitting the
 * bus chooses, it is called for the latest round, and not again once it has resolved for that round.
 */

export interface BatchName {
  run: string
  task: number
  attempt: number
  index: number
}

export interface AppliedBatch {
  /** `run/task/attempt/index`. */
  id: string
  run: string
  /** Records of it that were set aside; absent when there were none. */
  lost?: number
}

/** [first task, last task, attempt, batches each]. */
export type DrainedRange = [number, number, number, number]

export interface Drained {
  run: string
  round: number
  batches: DrainedRange[]
}

export interface DrainedRun extends Drained {
  /** The run. */
  id: string
  /** The last round whose end was announced; absent before the first. */
  settledRound?: number
  forgotten?: boolean
}

export interface Settlement {
  workspace: string
  run: string
  round: number
  /** Records of the run, whatever their attempt, that were set aside. */
  losses: number
}

/** The collections' specifications, as the documents port takes them. */
export const appliedBatches = {
  name: 'applied-batches',
  indexes: { run: ['run'], losses: ['run', 'lost'] },
} satisfies {
  name: string
  indexes: Record<string, (keyof AppliedBatch)[]>
}
export const drainedRuns = { name: 'drained-runs', indexes: {} }

/** What is used of a collection of the documents port. */
export interface CoverageStore<T extends { id: string }> {
  get(workspace: string, id: string): Promise<T | undefined>
  getMany(workspace: string, ids: string[]): Promise<(T | undefined)[]>
  put(workspace: string, documents: T[]): Promise<void>
  insertIfAbsent(workspace: string, documents: T[]): Promise<boolean[]>
  delete(workspace: string, ids: string[]): Promise<number>
  scan(
    workspace: string,
    scan: { index: 'run' | 'losses'; equals: { run: string }; after?: string; limit: number },
  ): Promise<{ items: T[]; next?: string }>
}

export interface CoverageOptions {
  applied: CoverageStore<AppliedBatch>
  drained: Pick<CoverageStore<DrainedRun>, 'get' | 'put'>
  settle(settlement: Settlement): Promise<void>
}

interface AppliedEvent {
  workspace: string
  payload: BatchName
  /** Parts of a batch do not count; `lose` counts the whole when all its parts were handled. */
  partial: boolean
}

export interface Coverage {
  /** To be called when everything of these batches was written, and what follows from them published. */
  apply(events: AppliedEvent[]): Promise<void>
  /** A batch was taken apart: what could be applied is, and `lost` of its records were set aside. */
  lose(event: Omit<AppliedEvent, 'partial'>, lost: number): Promise<void>
  /** The run has drained. An older round than one already known changes nothing. */
  drain(workspace: string, drained: Drained): Promise<void>
  /** `settled` since its end was announced; what still comes then belongs to attempts that do not count. */
  stateOf(workspace: string, run: string): Promise<'open' | 'settled' | 'forgotten'>
  /** Forgets what was applied of a run, but not that it was forgotten. */
  forget(workspace: string, run: string): Promise<void>
}

const pageSize = 256

export function openCoverage({ applied, drained, settle }: CoverageOptions): Coverage {
  /** How many of a drained run's names, in their order, are known to be applied. A hint: without it the count starts at 0. */
  const covered = new Map<string, { round: number; names: number }>()
  const turns = new Map<string, Promise<void>>()

  /** One at a time for a run, so that two consumers never settle it side by side. */
  async function inTurn(workspace: string, run: string, work: () => Promise<void>): Promise<void> {
    const key = `${workspace}/${run}`
    const before = turns.get(key) ?? Promise.resolve()
    const mine = before.then(work)
    const settled = mine.catch(() => undefined)
    turns.set(key, settled)
    try {
      await mine
    } finally {
      if (turns.get(key) === settled) turns.delete(key)
    }
  }

  async function settleIfCovered(workspace: string, run: string): Promise<void> {
    const state = await drained.get(workspace, run)
    if (!state || isSettled(state) || state.forgotten) return
    const key = `${workspace}/${run}`
    let place = covered.get(key)
    if (place?.round !== state.round) covered.set(key, (place = { round: state.round, names: 0 }))
    if (!(await isCovered(workspace, state, place))) return
    await settle({ workspace, run, round: state.round, losses: await countLosses(workspace, run) })
    await drained.put(workspace, [{ ...state, settledRound: state.round }])
    covered.delete(key)
  }

  async function isCovered(workspace: string, { run, batches }: Drained, place: { names: number }): Promise<boolean> {
    for (;;) {
      const names = namesFrom(run, batches, place.names, pageSize)
      if (names.length === 0) return true
      const found = await applied.getMany(workspace, names)
      const missing = found.indexOf(undefined)
      place.names += missing < 0 ? names.length : missing
      if (missing >= 0) return false
    }
  }

  async function countLosses(workspace: string, run: string): Promise<number> {
    let losses = 0
    let after: string | undefined
    do {
      const page = await applied.scan(workspace, {
        index: 'losses',
        equals: { run },
        limit: 1000,
        ...(after === undefined ? {} : { after }),
      })
      for (const { lost } of page.items) losses += lost ?? 0
      after = page.next
    } while (after !== undefined)
    return losses
  }

  /** First the names, then the look at what drained: whichever of `apply` and `drain` comes second sees the other. */
  async function record(workspace: string, batches: AppliedBatch[]): Promise<void> {
    for (const [run, its] of Map.groupBy(batches, (batch) => batch.run))
      await inTurn(workspace, run, async () => {
        if ((await drained.get(workspace, run))?.forgotten) return
        await applied.insertIfAbsent(workspace, its)
        await settleIfCovered(workspace, run)
      })
  }

  return {
    async apply(events) {
      const byWorkspace = Map.groupBy(
        events.filter((event) => !event.partial),
        (event) => event.workspace,
      )
      for (const [workspace, its] of byWorkspace) {
        const names = its.map(({ payload }) => ({ id: batchName(payload), run: payload.run }))
        const distinct = new Map(names.map((name) => [name.id, name]))
        await record(workspace, [...distinct.values()])
      }
    },
    async lose({ workspace, payload }, lost) {
      const { run } = payload
      await record(workspace, [{ id: batchName(payload), run, ...(lost > 0 ? { lost } : {}) }])
    },
    drain(workspace, { run, round, batches }) {
      return inTurn(workspace, run, async () => {
        const known = await drained.get(workspace, run)
        if (known?.forgotten) return
        if (!known || known.round < round) await drained.put(workspace, [{ ...known, id: run, run, round, batches }])
        await settleIfCovered(workspace, run)
      })
    },
    async stateOf(workspace, run) {
      const state = await drained.get(workspace, run)
      if (state?.forgotten) return 'forgotten'
      return state && isSettled(state) ? 'settled' : 'open'
    },
    forget(workspace, run) {
      return inTurn(workspace, run, async () => {
        covered.delete(`${workspace}/${run}`)
        await drained.put(workspace, [{ id: run, run, round: 0, batches: [], forgotten: true }])
        for (;;) {
          const { items } = await applied.scan(workspace, { index: 'run', equals: { run }, limit: 1000 })
          if (items.length === 0) return
          await applied.delete(
            workspace,
            items.map(({ id }) => id),
          )
        }
      })
    },
  }
}

function isSettled({ round, settledRound }: DrainedRun): boolean {
  return settledRound !== undefined && settledRound >= round
}

function batchName({ run, task, attempt, index }: BatchName): string {
  return `${run}/${task}/${attempt}/${index}`
}

/** The names that the ranges stand for, from the `skip`th on, at most `limit`. */
function namesFrom(run: string, ranges: DrainedRange[], skip: number, limit: number): string[] {
  const names: string[] = []
  for (const [first, last, attempt, each] of ranges) {
    const size = (last - first + 1) * each
    for (; skip < size && names.length < limit; skip++)
      names.push(batchName({ run, task: first + Math.floor(skip / each), attempt, index: skip % each }))
    skip -= size
    if (names.length === limit) break
  }
  return names
}
