import { mostTenants } from '@mirage/model/shared-infrastructure.ts'
import type { Kysely } from 'kysely'
import { atMost } from '../leases/budget.ts'
import { endOf, writeEnd } from '../leases/end.ts'
import { type ActiveRun, columnOf, type OpenTask } from '../runs/active-run.ts'
import type { Tables } from '../tables.ts'
import type { Eligibility } from './offer.ts'

type Change = Partial<OpenTask>

const reason = `the address turned out to be shared: names of more than ${mostTenants} owners resolve to it`

/**
 * Takes entities that may no longer be worked on out of the tasks that have not ended, and answers what changes in
 * memory once that is committed. A task that has others left is given out again without them, since its worker has them
 * all; what it was answered before is not asked again.
 */
export async function withdraw(
  trx: Kysely<Tables>,
  run: ActiveRun,
  lowered: ReadonlyMap<string, Eligibility>,
): Promise<Map<OpenTask, Change>> {
  const changes = new Map<OpenTask, Change>()
  if (lowered.size === 0) return changes
  const lanes = new Map(run.lanes.map((lane) => [lane.planned.module, lane]))
  for (const task of run.open.values()) {
    const lane = lanes.get(task.module)
    if (task.status === 'routing' || !lane) continue
    const left = task.entities.filter((id) => (lowered.get(id)?.[columnOf(lane)] ?? lane.need) >= lane.need)
    if (left.length === task.entities.length) continue
    if (left.length === 0) {
      const finished = endOf(run, task, 'out-of-scope', reason, atMost(task))
      await writeEnd(trx, run, finished)
      changes.set(task, { status: 'routing', finished })
    } else {
      await trx
        .updateTable('task')
        .set({ entities: JSON.stringify(left), status: 'ready', worker: null })
        .where('run', '=', run.row.id)
        .where('number', '=', task.number)
        .execute()
      changes.set(task, { entities: left, status: 'ready', worker: undefined })
    }
  }
  return changes
}
