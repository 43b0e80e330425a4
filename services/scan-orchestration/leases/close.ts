import type { Incoming } from '@mirage/kit/service.ts'
import type { CollectionFinished } from '@mirage/services/data-collection/contract.ts'
import type { Kysely } from 'kysely'
import { hear } from '../frontier/hear.ts'
import { type Routed, takeIn } from '../frontier/offer.ts'
import { checkDrained, type Orchestrator, stopRun } from '../orchestrator.ts'
import type { ActiveRun, OpenTask } from '../runs/active-run.ts'
import type { Tables } from '../tables.ts'
import { atMost, type Spending, sumOf } from './budget.ts'
import { writeEnd } from './end.ts'

/** Attempts ended: their tasks are closed once all their batches were routed. */
export function finishTasks(orchestrator: Orchestrator, events: Incoming<CollectionFinished>[]): Promise<void> {
  return orchestrator.queue.run(async () => {
    const byRun = Map.groupBy(events, ({ payload }) => payload.run)
    for (const [id, finished] of byRun) {
      const run = orchestrator.active.get(id)
      if (!run) continue
      const first = new Map<number, CollectionFinished>()
      for (const { payload } of finished) {
        const task = run.open.get(payload.task)
        if (task && !task.finished && !first.has(payload.task)) first.set(payload.task, payload)
      }
      if (first.size === 0) continue
      const ended = [...first].map(([number, finished]) => ({ task: run.open.get(number)!, finished }))
      const [done, routing] = partition(ended, isRouted)
      // Most are closed at once, in the same transaction: each is a flush of the disk.
      const closing = await orchestrator.store.write(async (trx) => {
        for (const { finished } of routing) await writeEnd(trx, run, finished)
        for (const [at, { finished }] of done.entries()) await writeEnd(trx, run, finished, run.closed + at + 1)
        return settleClosed(trx, run, done)
      })
      for (const { task, finished } of ended) Object.assign(task, { finished, status: 'routing' })
      await close(orchestrator, run, closing)
      await checkDrained(orchestrator, run)
      orchestrator.work.beat()
    }
  })
}

/** A task whose attempt has ended. */
interface Ended {
  task: OpenTask
  finished: CollectionFinished
}

function isRouted({ task: { routed }, finished: { attempt, batches } }: Ended): boolean {
  return (routed.get(attempt)?.size ?? 0) >= batches
}

function partition<T>(all: T[], test: (one: T) => boolean): [yes: T[], no: T[]] {
  return [all.filter((one) => test(one)), all.filter((one) => !test(one))]
}

/** Closes the tasks of which everything has arrived. To be called within the queue. */
export async function closeRouted(orchestrator: Orchestrator, run: ActiveRun): Promise<void> {
  const ended = [...run.open.values()].flatMap((task) => (task.finished ? [{ task, finished: task.finished }] : []))
  const done = ended.filter(isRouted)
  if (done.length > 0) {
    const closing = await orchestrator.store.write(async (trx) => {
      for (const [at, { task }] of done.entries())
        await trx
          .updateTable('task')
          .set({ status: 'closed', closed: run.closed + at + 1 })
          .where('run', '=', run.row.id)
          .where('number', '=', task.number)
          .execute()
      return settleClosed(trx, run, done)
    })
    await close(orchestrator, run, closing)
  }
  await checkDrained(orchestrator, run)
}

/** What changes in memory once tasks are closed in the database. */
interface Closing {
  done: Ended[]
  charged: Spending
  heard: Routed
}

/** Charges the run for tasks that are closed, and takes note of what they say of addresses. */
async function settleClosed(trx: Kysely<Tables>, run: ActiveRun, done: Ended[]): Promise<Closing> {
  const charged = sumOf([run.row, ...done.flatMap(costsOf)])
  if (done.length > 0) await trx.updateTable('run').set(charged).where('id', '=', run.row.id).execute()
  const heard = await hear(
    trx,
    run,
    done.map(({ task }) => task),
  )
  return { done, charged, heard }
}

async function close(orchestrator: Orchestrator, run: ActiveRun, { done, charged, heard }: Closing): Promise<void> {
  if (done.length === 0) return
  takeIn(run, heard)
  if (heard.lanes.size > 0) orchestrator.work.beat()
  Object.assign(run.row, charged)
  run.closed += done.length
  run.held = undefined
  for (const ended of done) account(run, ended)
  await checkBudget(orchestrator, run)
  run.pulse.beat()
}

/** What the attempt that finished has cost, and the last one, where another was given out since. */
function costsOf({ task, finished }: Ended): Spending[] {
  return finished.attempt === task.attempt ? [finished] : [finished, atMost(task)]
}

function account(run: ActiveRun, { task, finished }: Ended): void {
  run.open.delete(task.number)
  const { outcome, observations, reason } = finished
  run.observations += observations
  const lane = run.lanes.find(({ planned }) => planned.module === task.module)
  if (!lane) return
  lane.running--
  lane.done++
  lane.observations += observations
  lane.outcomes[outcome] = (lane.outcomes[outcome] ?? 0) + 1
  if (reason && outcome !== 'found' && outcome !== 'empty') lane.lastReason = reason
}

/** Ends a run that has spent what it may. To be called within the queue. */
export async function checkBudget(orchestrator: Orchestrator, run: ActiveRun): Promise<void> {
  const { maxRequests, maxQueries } = run.definition.budget ?? {}
  if (maxRequests !== undefined && run.row.requests >= maxRequests) await stopRun(orchestrator, run, 'max-requests')
  else if (maxQueries !== undefined && run.row.queries >= maxQueries) await stopRun(orchestrator, run, 'max-queries')
}
