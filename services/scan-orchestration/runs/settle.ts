import type { Incoming } from '@mirage/kit/service.ts'
import type { Static } from 'typebox'
import type { runSettled } from '../contract.ts'
import { announceStatus, changeRow, type Orchestrator, readers, startQueued } from '../orchestrator.ts'
import { stored } from '../rows.ts'
import { activeMs, type ActiveRun } from './active-run.ts'

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
    ...rows.map((row) => stored(row.counts) as Record<string, number>),
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
