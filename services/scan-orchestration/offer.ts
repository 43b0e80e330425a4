import { isApex } from '@mirage/model/domain-name.ts'
import type { Kysely } from 'kysely'
import { type ActiveLane, type ActiveRun, depthLimit, takesApexesOnly } from './active-run.ts'
import type { Before, Standing } from './standing.ts'
import type { Tables } from './tables.ts'

/** What has changed in memory once the transaction is committed. */
export interface Routed {
  nextSeq: number
  arrived: Record<string, number>
  perHost: Map<string, number>
  /** Rows that are new. */
  placed: number
  /** Rows that became workable: lanes that must look again, and by how many their eligible entities grew. */
  lanes: Map<ActiveLane, number>
  /** entity → contact classes that may still work on it, where an address turned out to be shared. */
  lowered: Map<string, number>
}

export type Offered = Pick<Standing, 'entity' | 'seq' | 'allowed' | 'depth'> & {
  tags: ReadonlySet<string>
  before: Pick<Before, 'seq' | 'allowed' | 'depth' | 'tags'> | undefined
}

/**
 * Tells the lanes of an entity that they may work on now and could not before. Those whose cursor will still come by
 * find it there; those past it, and those that waited for a tag, get it as a late one. Each lane gets it once, and again
 * only where it rose in between: what was answered before is not asked again.
 */
export async function offer(
  trx: Kysely<Tables>,
  run: ActiveRun,
  { entity, seq, allowed, depth, tags, before }: Offered,
  routed: Pick<Routed, 'lanes' | 'lowered'>,
): Promise<void> {
  if ((routed.lowered.get(entity.id) ?? allowed) < allowed) routed.lowered.set(entity.id, allowed)
  if (seq === 0) return
  const now = workable(run, allowed, depth)
  const then = before && before.seq > 0 ? workable(run, before.allowed, before.depth) : 0
  for (const lane of run.lanes) {
    if (lane.need > now) continue
    const tag = lane.awaits.get(entity.type)
    const cursor = lane.cursors.get(entity.type)
    if (tag === undefined && cursor === undefined) continue
    if (entity.type === 'domain' && takesApexesOnly(lane, 'domain') && !isApex(entity.value)) continue
    const isTagged = tag === undefined || tags.has(tag) || (before?.tags.includes(tag) ?? false)
    const wasOffered = lane.need <= then && (tag === undefined || before!.tags.includes(tag))
    if (!isTagged || wasOffered) continue
    count(routed, lane, 1)
    if (cursor !== undefined && cursor < seq) continue
    await trx
      .insertInto('late')
      .values({ run: run.row.id, module: lane.planned.module, entity: entity.id, seq })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

/** Tells the lanes whose cursor had not come to an entity that they may no longer work on it. */
export function withhold(
  run: ActiveRun,
  { entity, seq, allowed, depth, before }: Omit<Offered, 'tags'>,
  routed: Pick<Routed, 'lanes'>,
): void {
  if (seq === 0 || !before) return
  for (const lane of run.lanes) {
    const cursor = lane.cursors.get(entity.type)
    if (cursor === undefined || cursor >= seq) continue
    if (lane.need > workable(run, before.allowed, before.depth) || lane.need <= workable(run, allowed, depth)) continue
    if (entity.type === 'domain' && takesApexesOnly(lane, 'domain') && !isApex(entity.value)) continue
    count(routed, lane, -1)
  }
}

/** How many contact classes may work on an entity so many hops from its seed. */
function workable(run: ActiveRun, allowed: number, depth: number): number {
  const limit = depthLimit(run)
  return limit === undefined || depth < limit ? allowed : 0
}

function count({ lanes }: Pick<Routed, 'lanes'>, lane: ActiveLane, by: number): void {
  lanes.set(lane, (lanes.get(lane) ?? 0) + by)
}
