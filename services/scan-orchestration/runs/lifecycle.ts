import { MirageError } from '@mirage/kit/errors.ts'
import { announcement } from '@mirage/kit/event.ts'
import { newId } from '@mirage/kit/id.ts'
import type { Insertable } from 'kysely'
import { type RunDefinition, runsChanged } from '../contract.ts'
import { seedBatches, seedModule, seedsOf } from '../frontier/seeds.ts'
import { giveUp } from '../leases/give-back.ts'
import { takeBack } from '../leases/held.ts'
import {
  activeRun,
  announceStatus,
  changeRow,
  checkDrained,
  type Orchestrator,
  rowOf,
  startQueued,
  stopRun,
} from '../orchestrator.ts'
import { prepareRun } from '../planning/preview.ts'
import { forgetRun } from '../store.ts'
import type { RunRow, Tables } from '../tables.ts'
import { activeMs, type ActiveRun } from './active-run.ts'
import { loadActiveRun } from './load.ts'

/** A new run, of `scan` where it repeats one; it starts at once or when fewer runs are under way. */
export async function createRun(
  orchestrator: Orchestrator,
  workspace: string,
  definition: RunDefinition,
  scan = newId('scan'),
): Promise<RunRow> {
  const plan = await prepareRun(orchestrator, workspace, definition)
  const now = orchestrator.clock.now()
  const run = newId('run')
  const seeds = seedsOf(definition)
  const batches = seedBatches(run, seeds, now).length
  return orchestrator.queue.run(async () => {
    const row = await orchestrator.store.write(async (trx) => {
      const row = await trx
        .insertInto('run')
        .values({
          run,
          scan,
          workspace,
          name: definition.name ?? nameOf(seeds.map(({ value }) => value)),
          definition: JSON.stringify(definition),
          plan: JSON.stringify(plan),
          status: 'queued',
          stopping: null,
          generation: 1,
          round: 0,
          drained_round: 0,
          announced: '',
          created_at: now,
          started_at: null,
          ended_at: null,
          running_since: null,
          active_ms: 0,
          requests: 0,
          queries: 0,
          summary: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      await trx
        .insertInto('task')
        .values(seedTask(row, batches, seeds.length))
        .execute()
      return row
    })
    orchestrator.active.set(
      run,
      await loadActiveRun(orchestrator.store.db, row, now, orchestrator.settings.allowPrivateTargets),
    )
    await startQueued(orchestrator)
    return row
  })
}

/** Task 0: the seeds, which travel like what a module found, in so many batches. */
function seedTask({ id, run }: RunRow, batches: number, observations: number): Insertable<Tables['task']> {
  const spent = { requests: 0, queries: 0 }
  const attempt = { attempt: 1, batches, outcome: 'found', observations }
  return {
    run: id,
    number: 0,
    module: seedModule,
    entities: '[]',
    status: 'routing',
    worker: null,
    lost: 0,
    progress: 0,
    closed: null,
    finished: JSON.stringify({ run, task: 0, ...attempt, ...spent, dropped: 0, ms: 0 }),
    finished_attempt: 1,
    ...attempt,
    ...spent,
  }
}

function nameOf(values: string[]): string {
  return values.length === 1 ? values[0]!.slice(0, 200) : `${values[0]!.slice(0, 150)} and ${values.length - 1} more`
}

/** From now on nothing is given out, and workers are told to stop within half a second. */
export function pauseRun(orchestrator: Orchestrator, workspace: string, id: string): Promise<RunRow> {
  return orchestrator.queue.runNext(async () => {
    const { run, row } = await find(orchestrator, workspace, id)
    if (!run || run.row.status !== 'running') throw wrongState(row, 'paused', 'running')
    await halt(orchestrator, run)
    await startQueued(orchestrator)
    return run.row
  })
}

/** Pauses the run, whatever it was. To be called within the queue. */
export async function halt(orchestrator: Orchestrator, run: ActiveRun): Promise<void> {
  await changeRow(orchestrator, run, {
    status: 'paused',
    active_ms: activeMs(run.row, orchestrator.clock.now()),
    running_since: null,
    generation: run.row.generation + 1,
  })
  await announceStatus(orchestrator, run)
  await takeBack(orchestrator, run)
}

/** A paused run goes on; one that is under way is answered as it is. */
export function resumeRun(orchestrator: Orchestrator, workspace: string, id: string): Promise<RunRow> {
  return orchestrator.queue.run(async () => {
    const { run, row } = await find(orchestrator, workspace, id)
    if (!run) throw wrongState(row, 'resumed', 'paused')
    if (run.row.status !== 'paused') return run.row
    run.orphaned = false
    run.halted = undefined
    await changeRow(orchestrator, run, { status: 'queued', generation: run.row.generation + 1 })
    await startQueued(orchestrator)
    orchestrator.work.beat()
    return run.row
  })
}

/** Ends a run; what it found so far is kept, settled and judged. */
export function cancelRun(orchestrator: Orchestrator, workspace: string, id: string): Promise<RunRow> {
  return orchestrator.queue.runNext(async () => {
    const { run, row } = await find(orchestrator, workspace, id)
    if (!run) throw wrongState(row, 'cancelled', 'running')
    await stopRun(orchestrator, run, 'cancelled')
    if (run.row.status !== 'running')
      await changeRow(orchestrator, run, {
        status: 'running',
        running_since: orchestrator.clock.now(),
        started_at: run.row.started_at ?? orchestrator.clock.now(),
      })
    const open = [...run.open.values()].filter(({ status }) => status !== 'routing')
    await giveUp(orchestrator, run, open, 'cancelled', 'the run was cancelled')
    await checkDrained(orchestrator, run)
    return run.row
  })
}

/** Forgets a run everywhere, its readers first, so that a death in between leaves a run that can be deleted again. */
export async function deleteRun(orchestrator: Orchestrator, workspace: string, id: string): Promise<void> {
  const row = await rowOf(orchestrator, workspace, id)
  orchestrator.active.delete(row.run)
  await orchestrator.announce([
    announcement(runsChanged, workspace, `${row.run}/deleted`, {
      run: row.run,
      status: 'deleted',
      generation: row.generation + 1,
    }),
  ])
  await orchestrator.storage.deleteRun({ run: row.run }, { workspace })
  await orchestrator.correlation.deleteRun({ run: row.run }, { workspace })
  await forgetRun(orchestrator.store, row.id)
}

async function find(
  orchestrator: Orchestrator,
  workspace: string,
  id: string,
): Promise<{ run: ReturnType<typeof activeRun>; row: RunRow }> {
  const row = await rowOf(orchestrator, workspace, id)
  return { run: activeRun(orchestrator, workspace, row.run), row }
}

function wrongState(row: RunRow, verb: string, state: string): MirageError {
  return new MirageError({
    code: 'runs.wrong_state',
    status: 409,
    detail: `${row.run} is ${row.status}, so it cannot be ${verb}; only a ${state} run can.`,
  })
}
