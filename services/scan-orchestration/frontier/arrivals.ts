import type { Incoming } from '@mirage/kit/service.ts'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import { closeRouted } from '../leases/close.ts'
import { changeRow, type Orchestrator, stopRun } from '../orchestrator.ts'
import type { ActiveRun } from '../runs/active-run.ts'
import { noteRouted } from '../runs/active-run.ts'
import { takeIn } from './offer.ts'
import { routeObservations } from './route.ts'
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
  takeIn(run, routed)
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
