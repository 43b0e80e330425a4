import { messageOf } from '@mirage/kit/errors.ts'
import type { Orchestrator } from '../orchestrator.ts'
import type { ActiveRun } from './active-run.ts'
import { halt } from './lifecycle.ts'

/**
 * Something is broken that runs need, and waiting does not repair it: a store is damaged, a thread is gone. Every run
 * under way is paused, with the reason, so that whoever follows it can end; resuming is somebody's decision.
 */
export function haltRuns(orchestrator: Orchestrator, reason: string): Promise<void> {
  const { active, queue, log } = orchestrator
  // In memory first: where the broken store is this service's own, nothing else can be told.
  for (const run of active.values()) if (isUnderWay(run)) markHalted(run, reason)
  return queue.runNext(async () => {
    for (const run of active.values()) {
      if (!isUnderWay(run)) continue
      markHalted(run, reason)
      log.error('A run cannot go on and is paused', { run: run.row.run, reason })
      await halt(orchestrator, run).catch((error: unknown) =>
        log.warn('A run could not be paused in order', { run: run.row.run, reason: messageOf(error) }),
      )
    }
  })
}

function isUnderWay({ row }: ActiveRun): boolean {
  return row.status === 'running' || row.status === 'queued'
}

function markHalted(run: ActiveRun, reason: string): void {
  run.halted = reason
  run.pulse.beat()
}
