import { traitOf } from '@mirage/model/trait.ts'
import type { Kysely } from 'kysely'
import type { Queue } from '../leases/queues.ts'
import { chunks } from '../rows.ts'
import { type ActiveLane, type ActiveRun, columnOf, depthLimit, takes } from '../runs/active-run.ts'
import type { Tables } from '../tables.ts'
import type { Before, Standing } from './standing.ts'

/** What has changed in memory once the transaction is committed. */
export interface Routed {
  nextSeq: number
  arrived: Record<string, number>
  perHost: Map<string, number>
  /** Rows that are new. */
  placed: number
  /** Rows that became workable: lanes that must look again, and by how many their eligible entities grew. */
  lanes: Map<ActiveLane, number>
  /** entity → what may still work on it, where an address turned out to be shared. */
  lowered: Map<string, Eligibility>
  /** Queues in which there are more. */
  waiting: Set<Queue>
  /** Entities for lanes whose cursor is past them; written by `storeLate`. */
  late: { module: string; entity: string; seq: number }[]
}

export type Eligibility = Pick<Standing, 'allowed' | 'hopeful'>

export type Offered = Pick<Standing, 'entity' | 'seq' | 'queue' | 'allowed' | 'hopeful' | 'depth'> & {
  tags: ReadonlySet<string>
  before: Pick<Before, 'seq' | 'allowed' | 'hopeful' | 'depth' | 'tags'> | undefined
}

export function nothingRouted({ nextSeq }: ActiveRun): Routed {
  return {
    nextSeq,
    arrived: {},
    perHost: new Map(),
    placed: 0,
    lanes: new Map(),
    lowered: new Map(),
    waiting: new Set(),
    late: [],
  }
}

/**
 * Tells the lanes of an entity that they may work on now and could not before. Those whose cursor will still come by
 * find it there; those past it, and those that waited for a tag, get it as a late one. Each lane gets it once, and again
 * only where it rose in between: what was answered before is not asked again.
 */
export function offer(
  run: ActiveRun,
  offered: Offered,
  routed: Pick<Routed, 'lanes' | 'lowered' | 'waiting' | 'late'>,
): void {
  const { entity, seq, allowed, hopeful, tags, before } = offered
  if (routed.lowered.has(entity.id)) routed.lowered.set(entity.id, { allowed, hopeful })
  if (seq === 0) return
  const trait = traitOf(entity)
  for (const lane of run.lanes) {
    if (!mayWork(run, lane, offered)) continue
    const tag = lane.awaits.get(entity.type)
    const queue = lane.queues.get(entity.type)?.[offered.queue]
    if (tag === undefined && queue === undefined) continue
    if (!takes(lane, entity.type, trait)) continue
    const isTagged = tag === undefined || tags.has(tag) || (before?.tags.includes(tag) ?? false)
    const mightWork = before !== undefined && before.seq > 0 && mayWork(run, lane, before)
    const wasOffered = mightWork && (tag === undefined || before.tags.includes(tag))
    if (!isTagged || wasOffered) continue
    count(routed, lane, 1)
    if (queue !== undefined && queue.cursor < seq) routed.waiting.add(queue)
    else routed.late.push({ module: lane.planned.module, entity: entity.id, seq })
  }
}

export async function storeLate(trx: Kysely<Tables>, run: ActiveRun, { late }: Pick<Routed, 'late'>): Promise<void> {
  for (const group of chunks(late, 100))
    await trx
      .insertInto('late')
      .values(group.map((one) => ({ run: run.row.id, ...one })))
      .onConflict((conflict) => conflict.doNothing())
      .execute()
}

/** Tells the lanes whose cursor had not come to an entity that they may no longer work on it. */
export function withhold(run: ActiveRun, offered: Omit<Offered, 'tags'>, routed: Pick<Routed, 'lanes'>): void {
  const { entity, seq, before } = offered
  if (seq === 0 || !before) return
  const trait = traitOf(entity)
  for (const lane of run.lanes) {
    const queue = lane.queues.get(entity.type)?.[offered.queue]
    if (queue === undefined || queue.cursor >= seq) continue
    if (!mayWork(run, lane, before) || mayWork(run, lane, offered)) continue
    if (takes(lane, entity.type, trait)) count(routed, lane, -1)
  }
}

function mayWork(run: ActiveRun, lane: ActiveLane, place: Eligibility & { depth: number }): boolean {
  const limit = depthLimit(run)
  return lane.need <= place[columnOf(lane)] && (limit === undefined || place.depth < limit)
}

function count({ lanes }: Pick<Routed, 'lanes'>, lane: ActiveLane, by: number): void {
  lanes.set(lane, (lanes.get(lane) ?? 0) + by)
}

/** What was routed, in memory: to be called once its transaction is committed. */
export function takeIn(run: ActiveRun, routed: Routed): void {
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
