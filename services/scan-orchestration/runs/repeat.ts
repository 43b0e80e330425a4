import { announcement } from '@mirage/kit/event.ts'
import { type CollectionFinished, observationsCollected } from '@mirage/services/data-collection/contract.ts'
import type { ActiveRun, OpenTask } from './active-run.ts'
import { nothing } from '../leases/budget.ts'
import {
  activeRun,
  announceDrained,
  announceSeeds,
  changeRow,
  checkDrained,
  type Orchestrator,
} from '../orchestrator.ts'
import { seedBatches } from '../frontier/seeds.ts'
import { stored } from '../rows.ts'
import { noteRouted } from './active-run.ts'

/**
 * What is done when events were lost. A repeated task is a new attempt that reads the recorded answers of those before
 * it, so its batches come again and nothing is sent twice.
 */

/** Repeats every open task: what it has said so far, or that it has ended, may not have been heard. */
export function repeatOpen(orchestrator: Orchestrator): Promise<void> {
  return orchestrator.queue.run(async () => {
    for (const run of orchestrator.active.values()) {
      await announceSeeds(orchestrator, run)
      // A stopping run ends its open tasks by itself.
      if (run.row.stopping !== null) continue
      const open = [...run.open.values()].filter(({ number, status }) => number > 0 && status !== 'ready')
      await makeReady(orchestrator, run, open)
    }
  })
}

/** Runs that wait for their readers begin another round: that a reader has settled may not have been heard. */
export function redrain(orchestrator: Orchestrator): Promise<void> {
  return orchestrator.queue.run(async () => {
    for (const run of orchestrator.active.values()) {
      if (run.row.drained_round === 0) continue
      await changeRow(orchestrator, run, { drained_round: 0 })
      await checkDrained(orchestrator, run)
    }
  })
}

/** Says again which runs have drained. */
export function announceAllDrained(orchestrator: Orchestrator): Promise<void> {
  return orchestrator.queue.run(async () => {
    for (const run of orchestrator.active.values()) await announceDrained(orchestrator, run)
  })
}

/**
 * Opens these closed tasks of a drained run again; another round follows when they have closed. Answers false when
 * their batches will not come: the run is over or gives nothing out any more.
 */
export function repeatTasks(
  orchestrator: Orchestrator,
  workspace: string,
  { run: id, round, tasks }: { run: string; round: number; tasks: number[] },
): Promise<boolean> {
  return orchestrator.queue.run(async () => {
    const run = activeRun(orchestrator, workspace, id)
    if (!run) return false
    // The other reader was first, or the run went on: its next round will be asked for what is missing then.
    if (run.row.drained_round !== round) return true
    if (run.row.stopping !== null) return false
    const reopened: OpenTask[] = []
    for (const number of tasks) if (number > 0) reopened.push(...(await reopen(orchestrator, run, number)))
    const seeds = tasks.includes(0) && (await repeatSeeds(orchestrator, run))
    if (reopened.length === 0) return seeds
    await changeRow(orchestrator, run, { drained_round: 0 })
    await makeReady(orchestrator, run, reopened)
    return true
  })
}

/** A closed task as an open one, with what was counted of it taken off; nothing when there is no such task. */
async function reopen({ store }: Orchestrator, run: ActiveRun, number: number): Promise<OpenTask[]> {
  const row = await store.db
    .selectFrom('task')
    .selectAll()
    .where('run', '=', run.row.id)
    .where('number', '=', number)
    .where('status', '=', 'closed')
    .executeTakeFirst()
  if (!row) return []
  const { attempt, lost, progress, module } = row
  const task: OpenTask = {
    number,
    module,
    entities: stored(row.entities) as string[],
    attempt,
    status: 'routing',
    worker: undefined,
    leaseEndsAt: 0,
    lost,
    progress,
    reserved: nothing,
    grown: 0,
    spent: nothing,
    routed: new Map(),
    finished: undefined,
  }
  const routed = await store.db
    .selectFrom('routed')
    .select(['attempt', 'batch'])
    .where('run', '=', run.row.id)
    .where('task', '=', number)
    .execute()
  for (const { attempt, batch } of routed) noteRouted(task, attempt, batch)
  const finished = row.finished === null ? undefined : (stored(row.finished) as CollectionFinished)
  run.open.set(number, task)
  run.observations -= row.observations
  const lane = run.lanes.find(({ planned }) => planned.module === module)
  if (lane && finished) {
    lane.done--
    lane.running++
    lane.observations -= row.observations
    lane.outcomes[finished.outcome] = (lane.outcomes[finished.outcome] ?? 1) - 1
  }
  return [task]
}

async function makeReady({ store, work }: Orchestrator, run: ActiveRun, tasks: OpenTask[]): Promise<void> {
  if (tasks.length === 0) return
  await store.write(async (trx) => {
    for (const { number } of tasks)
      await trx
        .updateTable('task')
        .set({
          status: 'ready',
          worker: null,
          finished: null,
          finished_attempt: null,
          batches: null,
          observations: 0,
          outcome: null,
          closed: null,
        })
        .where('run', '=', run.row.id)
        .where('number', '=', number)
        .execute()
  })
  for (const task of tasks)
    Object.assign(task, {
      status: 'ready',
      worker: undefined,
      finished: undefined,
      reserved: nothing,
      spent: nothing,
    })
  run.pulse.beat()
  work.beat()
}

async function repeatSeeds({ announce }: Orchestrator, run: ActiveRun): Promise<boolean> {
  const { workspace } = run.row
  const batches = seedBatches(run.row.run, run.seeds, run.row.created_at)
  await announce(
    batches.map((batch) => announcement(observationsCollected, workspace, `${batch.run}/0/1/${batch.index}`, batch)),
  )
  return true
}
