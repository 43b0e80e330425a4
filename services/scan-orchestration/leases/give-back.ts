import type { Kysely } from 'kysely'
import type { ActiveRun, OpenTask } from '../runs/active-run.ts'
import { closeRouted } from './close.ts'
import { atMost, nothing, type Spending, sumOf } from './budget.ts'
import { endOf, writeEnd } from './end.ts'
import type { Orchestrator } from '../orchestrator.ts'
import type { Tables } from '../tables.ts'

export interface Returned {
  task: OpenTask
  /** Its worker died, or its attempt broke. */
  lost: boolean
  /** What the attempt has spent; `unknown`: nobody will say; `awaited`: its worker was told to stop and will. */
  spent: Spending | 'unknown' | 'awaited'
}

/**
 * Takes tasks back so that they are given out again. One that was lost too often without any progress is given up: it may
 * be what kills its workers. To be called within the queue.
 */
export async function giveBack(orchestrator: Orchestrator, run: ActiveRun, returned: Returned[]): Promise<void> {
  if (returned.length === 0) return
  const { store, settings, work } = orchestrator
  const changes = returned.map(({ task, lost, spent }) => ({
    task,
    charge: spent === 'awaited' ? nothing : spent === 'unknown' ? atMost(task) : spent,
    change: {
      status: 'ready' as const,
      worker: undefined,
      lost: task.lost + (lost ? 1 : 0),
      reserved: spent === 'awaited' ? task.reserved : nothing,
      spent: spent === 'awaited' ? task.spent : nothing,
    },
  }))
  const charged = sumOf([run.row, ...changes.map(({ charge }) => charge)])
  await store.write(async (trx) => {
    for (const { task, change } of changes)
      await trx
        .updateTable('task')
        .set({ status: 'ready', worker: null, lost: change.lost, progress: task.progress, ...change.reserved })
        .where('run', '=', run.row.id)
        .where('number', '=', task.number)
        .execute()
    await charge(trx, run, charged)
  })
  for (const { task, change } of changes) Object.assign(task, change)
  Object.assign(run.row, charged)
  const hopeless = changes.map(({ task }) => task).filter(({ lost }) => lost >= settings.maxLostLeases)
  await giveUp(
    orchestrator,
    run,
    hopeless,
    'failed',
    `${settings.maxLostLeases} times its worker died or could not go on, the last times with nothing else to do`,
  )
  work.beat()
}

/** Charges what the attempt of a task has spent that was taken back before. To be called within the queue. */
export async function settle({ store }: Orchestrator, run: ActiveRun, task: OpenTask, spent: Spending): Promise<void> {
  const charged = sumOf([run.row, spent])
  await store.write(async (trx) => {
    await trx.updateTable('task').set(nothing).where('run', '=', run.row.id).where('number', '=', task.number).execute()
    await charge(trx, run, charged)
  })
  Object.assign(task, { reserved: nothing, spent: nothing })
  Object.assign(run.row, charged)
}

async function charge(trx: Kysely<Tables>, run: ActiveRun, charged: Spending): Promise<void> {
  if (charged.requests === run.row.requests && charged.queries === run.row.queries) return
  await trx.updateTable('run').set(charged).where('id', '=', run.row.id).execute()
}

/** Ends tasks without their workers; what was routed of their last attempts counts. To be called within the queue. */
export async function giveUp(
  orchestrator: Orchestrator,
  run: ActiveRun,
  tasks: OpenTask[],
  outcome: 'failed' | 'cancelled',
  reason: string,
): Promise<void> {
  if (tasks.length === 0) return
  const ends = tasks.map((task) => ({ task, finished: endOf(run, task, outcome, reason) }))
  await orchestrator.store.write(async (trx) => {
    for (const { finished } of ends) await writeEnd(trx, run, finished)
  })
  for (const { task, finished } of ends) Object.assign(task, { status: 'routing', finished })
  await closeRouted(orchestrator, run)
}
