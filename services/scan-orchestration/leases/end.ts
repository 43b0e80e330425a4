import type { CollectionFinished } from '@mirage/services/data-collection/contract.ts'
import type { Kysely } from 'kysely'
import type { ActiveRun, OpenTask } from '../runs/active-run.ts'
import type { Spending } from './budget.ts'
import type { Tables } from '../tables.ts'

/** How a task ends that its worker does not end; what was routed of its last attempt counts. */
export function endOf(
  run: ActiveRun,
  task: OpenTask,
  outcome: 'failed' | 'cancelled' | 'out-of-scope',
  reason: string,
  spent: Spending = task.spent,
): CollectionFinished {
  return {
    run: run.row.run,
    task: task.number,
    attempt: task.attempt,
    batches: routedInARow(task),
    outcome,
    reason,
    ...spent,
    observations: 0,
    dropped: 0,
    ms: 0,
  }
}

/** Writes how a task ended; with `closed`, its place in the order of closing, that everything of it has arrived too. */
export async function writeEnd(
  trx: Kysely<Tables>,
  run: ActiveRun,
  finished: CollectionFinished,
  closed?: number,
): Promise<void> {
  await trx
    .updateTable('task')
    .set({
      ...(closed === undefined ? { status: 'routing' } : { status: 'closed', closed }),
      finished: JSON.stringify(finished),
      finished_attempt: finished.attempt,
      batches: finished.batches,
      observations: finished.observations,
      outcome: finished.outcome,
    })
    .where('run', '=', run.row.id)
    .where('number', '=', finished.task)
    .execute()
}

function routedInARow({ routed, attempt }: OpenTask): number {
  const known = routed.get(attempt)
  let count = 0
  while (known?.has(count)) count++
  return count
}
