import type { Incoming } from '@mirage/kit/service.ts'
import type { Kysely } from 'kysely'
import type { Static } from 'typebox'
import type { CollectionFinished, ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import { type ActiveRun, activeMs, type OpenTask } from '../runs/active-run.ts'
import { atMost, type Spending, sumOf } from '../leases/budget.ts'
import type { runSettled } from '../contract.ts'
import { writeEnd } from '../leases/end.ts'
import { hear } from './hear.ts'
import {
  announceStatus,
  changeRow,
  checkDrained,
  type Orchestrator,
  readers,
  startQueued,
  stopRun,
} from '../orchestrator.ts'
import type { Routed } from './offer.ts'
import { routeObservations } from './route.ts'
import { noteRouted } from '../store.ts'
import type { Tables } from '../tables.ts'
import { withdraw } from './withdraw.ts'

/** Observations came back: they widen the frontiers of their runs and count towards their tasks. */
export function routeBatches(orchestrator: Orchestrator, events: Incoming<ObservationBatch>[]): Promise<void> {
  return orchestrator.queue.run(async () => {
    const byRun = Map.groupBy(events, ({ payload }) => payload.run)
    for (const [id, arrived] of byRun) {
      const run = orchestrator.active.get(id)
      if (run) await routeInto(orchestrator, run, arrived)
    }
  })
}

async function routeInto(
  orchestrator: Orchestrator,
  run: ActiveRun,
  events: Incoming<ObservationBatch>[],
): Promise<void> {
  const whole = events.filter(({ partial }) => !partial).map(({ payload }) => payload)
  const { routed, changes } = await orchestrator.store.write(async (trx) => {
    const routed = await routeObservations(
      trx,
      run,
      events.map(({ payload }) => payload),
    )
    for (const { task, attempt, index } of whole)
      await trx
        .insertInto('routed')
        .values({ run: run.row.id, task, attempt, batch: index, losses: 0 })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    return { routed, changes: await withdraw(trx, run, routed.lowered) }
  })
  apply(run, routed)
  for (const [task, change] of changes) Object.assign(task, change)
  if (routed.lanes.size > 0 && run.row.drained_round > 0) await changeRow(orchestrator, run, { drained_round: 0 })
  for (const { task, attempt, index } of whole) {
    const open = run.open.get(task)
    if (open) noteRouted(open, attempt, index)
  }
  await closeRouted(orchestrator, run)
  const { maxEntities } = run.definition.budget ?? {}
  if (maxEntities !== undefined && run.entities >= maxEntities) await stopRun(orchestrator, run, 'max-entities')
  if (routed.lanes.size > 0) orchestrator.work.beat()
  run.pulse.beat()
}

function apply(run: ActiveRun, routed: Routed): void {
  run.nextSeq = routed.nextSeq
  run.shards.rows += routed.placed
  for (const [type, count] of Object.entries(routed.arrived)) {
    run.byType[type] = (run.byType[type] ?? 0) + count
    run.entities += count
  }
  for (const [host, count] of routed.perHost) run.perHost?.set(host, count)
  for (const queue of routed.waiting) queue.waiting = true
  for (const [lane, count] of routed.lanes) {
    lane.dirty = true
    lane.eligible += count
  }
}

/** A batch had records that could not be taken: it counts as routed, with its losses. */
export function routeLost(
  orchestrator: Orchestrator,
  { payload }: Incoming<ObservationBatch>,
  lost: number,
): Promise<void> {
  return orchestrator.queue.run(async () => {
    const run = orchestrator.active.get(payload.run)
    if (!run) return
    const { task, attempt, index } = payload
    await orchestrator.store.write((trx) =>
      trx
        .insertInto('routed')
        .values({ run: run.row.id, task, attempt, batch: index, losses: lost })
        .onConflict((conflict) => conflict.columns(['run', 'task', 'attempt', 'batch']).doUpdateSet({ losses: lost }))
        .execute(),
    )
    run.losses += lost
    const open = run.open.get(task)
    if (open) noteRouted(open, attempt, index)
    await closeRouted(orchestrator, run)
  })
}

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
  apply(run, heard)
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

type Settled = Static<(typeof runSettled)['schema']>

/** A reader has applied everything of a drained run; when all have, the run is over. */
export function settleRuns(orchestrator: Orchestrator, events: Incoming<Settled>[]): Promise<void> {
  return orchestrator.queue.run(async () => {
    for (const { payload } of events) {
      const run = orchestrator.active.get(payload.run)
      if (!run) continue
      const { service, round, losses, counts } = payload
      const row = { run: run.row.id, service, round, losses, counts: JSON.stringify(counts) }
      await orchestrator.store.write((trx) =>
        trx
          .insertInto('settled')
          .values(row)
          .onConflict((conflict) =>
            conflict.columns(['run', 'service']).doUpdateSet({ round, losses, counts: row.counts }),
          )
          .execute(),
      )
      await finishSettled(orchestrator, run)
    }
  })
}

/** Ends the run when every reader has settled its present round. To be called within the queue. */
export async function finishSettled(orchestrator: Orchestrator, run: ActiveRun): Promise<void> {
  const { drained_round: round, stopping } = run.row
  if (round === 0) return
  const rows = await orchestrator.store.db
    .selectFrom('settled')
    .selectAll()
    .where('run', '=', run.row.id)
    .where('round', '=', round)
    .execute()
  if (!readers.every((reader) => rows.some(({ service }) => service === reader))) return
  const counts: Record<string, number> = Object.assign(
    {},
    ...rows.map((row) => JSON.parse(row.counts) as Record<string, number>),
  )
  const now = orchestrator.clock.now()
  run.losses = Math.max(run.losses, ...rows.map(({ losses }) => losses))
  await changeRow(orchestrator, run, {
    status: stopping === 'cancelled' ? 'cancelled' : 'finished',
    active_ms: activeMs(run.row, now),
    running_since: null,
    ended_at: now,
    summary: JSON.stringify({
      entities: run.entities,
      byType: run.byType,
      observations: counts['observations'] ?? 0,
      relationships: counts['edges'] ?? 0,
      findings: counts['findings'] ?? 0,
      losses: run.losses,
    }),
  })
  await announceStatus(orchestrator, run)
  orchestrator.active.delete(run.row.run)
  run.pulse.beat()
  await startQueued(orchestrator)
}
