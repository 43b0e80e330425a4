import { closeRouted } from '../leases/close.ts'
import { finishSettled } from './settle.ts'
import { announceDrained, announceSeeds, announceStatus, changeRow, type Orchestrator } from '../orchestrator.ts'
import type { ActiveRun } from './active-run.ts'
import { halt } from './lifecycle.ts'
import { loadActiveRuns } from './load.ts'

/**
 * Reads the runs that have not ended, says again what may not have been heard, and takes the steps that a death came
 * before: tasks whose batches have all arrived are closed, and runs that have settled are ended. To be called within
 * the queue. Where it is not wanted that runs go on by themselves, those that may still send something are paused.
 */
export async function recover(orchestrator: Orchestrator): Promise<void> {
  const { store, settings, clock, active, log } = orchestrator
  const { leaseMs, allowPrivateTargets } = settings
  const runs = await loadActiveRuns(store.db, clock.now() + leaseMs, allowPrivateTargets, (run, error) =>
    log.error('A run is damaged and cannot go on; the others do', { run, error }),
  )
  for (const run of runs) {
    active.set(run.row.run, run)
    if (run.row.running_since !== null) await changeRow(orchestrator, run, { running_since: clock.now() })
    await announceSeeds(orchestrator, run)
    await announceDrained(orchestrator, run)
    await announceStatus(orchestrator, run)
    if (!settings.carryOn && mayStillSend(run)) {
      await halt(orchestrator, run)
      run.orphaned = true
    }
    await closeRouted(orchestrator, run)
    await finishSettled(orchestrator, run)
  }
}

function mayStillSend({ row }: ActiveRun): boolean {
  return row.status === 'queued' || (row.status === 'running' && row.drained_round === 0)
}
