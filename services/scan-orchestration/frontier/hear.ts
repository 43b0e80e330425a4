import type { EntityRef, EntityType } from '@mirage/model/entity.ts'
import type { Kysely } from 'kysely'
import { type ActiveRun, eligibility, type OpenTask } from '../runs/active-run.ts'
import { carryOn, type Way } from './carry.ts'
import { nothingRouted, offer, type Routed, storeLate } from './offer.ts'
import { findReached } from './reached.ts'
import { chunks, tagsOf } from '../rows.ts'
import { isExposed, noTags } from './standing.ts'
import type { ReachedRow, Tables } from '../tables.ts'
import { countsAsShared } from './tenants.ts'

/**
 * Takes note of these tasks of modules that list the names on addresses, however they ended: an address about which all
 * of them have answered, and that is not shared, no longer counts as shared. What may be worked on from then on is told
 * to its lanes, there and behind it. To be called inside the transaction that closes the tasks; may be repeated.
 */
export async function hear(trx: Kysely<Tables>, run: ActiveRun, tasks: Iterable<OpenTask>): Promise<Routed> {
  const routed = nothingRouted(run)
  const rows = await answeredIn(trx, run, tasks)
  const ways = new Map<string, Way>()
  for (const { row, unheard } of rows) {
    if (countsAsShared({ tenants: row.tenants, unheard })) continue
    const { id, seq, queue, depth, tenants } = row
    const entity: EntityRef = { id: row.entity, type: row.type as EntityType, value: row.value } // types are stored from checked observations
    const now = eligibility(run.scope, entity, { distance: row.distance, tenants, unheard })
    await trx.updateTable('reached').set(now).where('id', '=', id).execute()
    const before = { ...row, tags: tagsOf(row.tags) }
    offer(run, { entity, seq, queue, depth, ...now, tags: noTags, before }, routed)
    ways.set(row.entity, { ...row, unheard, isExposed: isExposed(run.scope, entity) })
  }
  await carryOn(trx, run, ways, routed)
  await storeLate(trx, run, routed)
  return routed
}

/** The addresses that were asked about in these tasks, and who of those that list their names has still not answered. */
async function answeredIn(
  trx: Kysely<Tables>,
  run: ActiveRun,
  tasks: Iterable<OpenTask>,
): Promise<{ row: ReachedRow; unheard: number }[]> {
  const listing = new Map(run.lanes.map(({ planned, lists }) => [planned.module, lists]))
  const answered = new Map<string, number>()
  for (const { module, entities } of tasks) {
    const bit = listing.get(module) ?? 0
    if (bit > 0) for (const entity of entities) answered.set(entity, (answered.get(entity) ?? 0) | bit)
  }
  if (answered.size === 0) return []
  const rows: { row: ReachedRow; unheard: number }[] = []
  for (const row of await findReached(trx, run, answered.keys())) {
    const unheard = row.unheard & ~answered.get(row.entity)!
    if (unheard !== row.unheard) rows.push({ row, unheard })
  }
  for (const [unheard, same] of Map.groupBy(rows, (one) => one.unheard))
    for (const group of chunks(same)) {
      const ids = group.map(({ row }) => row.id)
      await trx.updateTable('reached').set({ unheard }).where('id', 'in', ids).execute()
    }
  return rows
}
