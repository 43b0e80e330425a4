import { type BatchName, batchName, type DrainedRange, namesFrom, taskOf } from './batch-name.ts'
import { itemsOf } from './pages.ts'

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
 * With `recover` it also notices batches that will never come: a run drains only after its batches were published, so
 * what is missing once everything published before has been handled was lost (a log made anew, or cut off). Their tasks
 * are asked for again; where that is not possible they count as lost and the run settles with losses.
 *
 * and `coverage.forget(workspace, run)` when the run is deleted, after which `stateOf` answers `forgotten` for ever: ask
 * it before writing what a batch holds, because batches of a deleted run may still come.
 *
 * `settle` is called once the applied batches cover the drained ones: within `drain` when they already do, else within
 * the `apply` or `lose` that brings the last one. It is called before the event that led to it is acknowledged, so a
 * death at any moment leads to the call again, and it must be repeatable. Whatever order, repetition or splitting the
 * bus chooses, it is called for the latest round, and not again once it has resolved for that round.
 */

export type { BatchName, DrainedRange } from './batch-name.ts'

export interface AppliedBatch {
  /** `run/task/attempt/index`. */
  id: string
  run: string
  /** Records of it that were set aside; absent when there were none. */
  lost?: number
}

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
    scan: { index?: 'run' | 'losses'; equals?: { run: string }; after?: string; limit: number },
  ): Promise<{ items: T[]; next?: string }>
}

export interface CoverageOptions {
  applied: CoverageStore<AppliedBatch>
  drained: Pick<CoverageStore<DrainedRun>, 'get' | 'put' | 'scan'>
  settle(settlement: Settlement): Promise<void>
  recover?: Recovery
}

/** What is done about batches that were lost. */
export interface Recovery {
  /** Resolves when every batch published before the call has been handled. */
  caughtUp(): Promise<void>
  /** Asks for the batches of these tasks again; false when they will not come. */
  repeat(lost: LostTasks): Promise<boolean>
}

export interface LostTasks {
  workspace: string
  run: string
  round: number
  tasks: number[]
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
  /** Takes over what another reader has applied, once what it stands for is written here as well. */
  adopt(workspace: string, batches: AppliedBatch[]): Promise<void>
  /** As `drain`, but does nothing about batches that are missing. */
  adoptDrained(workspace: string, drained: Drained): Promise<void>
  /** Names of applied batches, in an order that stays. */
  listApplied(workspace: string, page: PageOf): Promise<Listed<AppliedBatch>>
  /** What is known of runs that drained or were forgotten, in an order that stays. */
  listDrained(workspace: string, page: PageOf): Promise<Listed<DrainedRun>>
  /** Forgets what was applied of a run, but not that it was forgotten. */
  forget(workspace: string, run: string): Promise<void>
}

interface PageOf {
  after?: string
  limit: number
}

interface Listed<T> {
  items: T[]
  next?: string
}

const pageSize = 256
/** Of a run that lost more, the rest is asked for when these have come. */
const mostMissing = 10_000

export function openCoverage({ applied, drained, settle, recover }: CoverageOptions): Coverage {
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

  /** Of the round that drained: names that are not applied, at most `mostMissing`. */
  async function missingOf(workspace: string, run: string, round: number): Promise<string[]> {
    const state = await drained.get(workspace, run)
    if (!state || state.round !== round || isSettled(state) || state.forgotten) return []
    const missing: string[] = []
    for (let from = 0; missing.length < mostMissing; from += pageSize) {
      const names = namesFrom(run, state.batches, from, pageSize)
      if (names.length === 0) break
      const found = await applied.getMany(workspace, names)
      missing.push(...names.filter((_, i) => found[i] === undefined))
    }
    return missing
  }

  /** Not in turn: what is waited for is applied in its own. */
  async function fillGaps(
    workspace: string,
    run: string,
    round: number,
    { caughtUp, repeat }: Recovery,
  ): Promise<void> {
    if ((await missingOf(workspace, run, round)).length === 0) return
    await caughtUp()
    for (;;) {
      const missing = await missingOf(workspace, run, round)
      if (missing.length === 0) return
      const tasks = [...new Set(missing.map(taskOf))]
      if (await repeat({ workspace, run, round, tasks })) return
      await record(
        workspace,
        missing.map((id) => ({ id, run, lost: 1 })),
      )
    }
  }

  async function countLosses(workspace: string, run: string): Promise<number> {
    let losses = 0
    for await (const { lost } of itemsOf((place) =>
      applied.scan(workspace, { index: 'losses', equals: { run }, limit: 1000, ...place }),
    ))
      losses += lost ?? 0
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

  function adoptDrained(workspace: string, { run, round, batches }: Drained): Promise<void> {
    return inTurn(workspace, run, async () => {
      const known = await drained.get(workspace, run)
      if (known?.forgotten) return
      if (!known || known.round < round) await drained.put(workspace, [{ ...known, id: run, run, round, batches }])
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
    async drain(workspace, one) {
      const { run, round } = one
      await adoptDrained(workspace, one)
      if (recover) await fillGaps(workspace, run, round, recover)
    },
    adopt: record,
    adoptDrained,
    listApplied: (workspace, { after, limit }) =>
      applied.scan(workspace, { limit, ...(after === undefined ? {} : { after }) }),
    listDrained: (workspace, { after, limit }) =>
      drained.scan(workspace, { limit, ...(after === undefined ? {} : { after }) }),
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
