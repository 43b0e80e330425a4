import type { Kysely } from 'kysely'
import { type ActiveLane, type ActiveRun, columnOf, depthLimit } from '../runs/active-run.ts'
import { type Queue, setsOf } from './queues.ts'
import type { ReachedRow, Tables } from '../tables.ts'

/** Taken of one queue before the next: a query for each entity would cost more than it is worth. */
const leastAtOnce = 4

type Waiting = Pick<ReachedRow, 'entity' | 'type' | 'value' | 'seq'>

/**
 * At most `limit` entities that a lane may work on, of all queues in which there are some the same number if possible,
 * and the queues as they are then. Who is first changes from task to task. A lane that lists the names on addresses gets
 * those first for which others wait. To be called inside a transaction.
 */
export async function takeInTurn(
  trx: Kysely<Tables>,
  run: ActiveRun,
  lane: ActiveLane,
  type: string,
  queues: readonly Queue[],
  limit: number,
): Promise<{ rows: Waiting[]; after: Queue[] }> {
  const rows: Waiting[] = []
  const after = queues.map((queue) => ({ ...queue }))
  for (const set of setsOf(queues, lane.lists > 0 && type === 'ip-address')) await takeOf(set)
  for (const [at, { cursor }] of after.entries())
    if (cursor !== queues[at]!.cursor) await moveCursor(trx, run, lane.planned.module, type, at, cursor)
  return { rows, after }

  async function takeOf(set: number[]): Promise<void> {
    let turn = set.filter((at) => after[at]!.waiting)
    const first = turn.findIndex((at) => at - set[0]! >= Math.floor(run.nextTask / leastAtOnce) % set.length)
    if (first > 0) turn = [...turn.slice(first), ...turn.slice(0, first)]
    while (turn.length > 0 && rows.length < limit) {
      const share = Math.max(leastAtOnce, Math.ceil((limit - rows.length) / turn.length))
      for (const at of turn) {
        const wanted = Math.min(share, limit - rows.length)
        if (wanted === 0) break
        const queue = after[at]!
        const next = await behind(trx, run, lane, type, at, queue.cursor, wanted)
        rows.push(...next)
        queue.waiting = next.length === wanted
        queue.cursor = queue.waiting ? next.at(-1)!.seq : run.nextSeq - 1
      }
      turn = turn.filter((at) => after[at]!.waiting)
    }
  }
}

async function behind(
  trx: Kysely<Tables>,
  run: ActiveRun,
  lane: ActiveLane,
  type: string,
  queue: number,
  after: number,
  limit: number,
): Promise<Waiting[]> {
  const depth = depthLimit(run)
  let query = trx
    .selectFrom('reached')
    .select(['entity', 'type', 'value', 'seq'])
    .where('run', '=', run.row.id)
    .where('type', '=', type)
    .where('queue', '=', queue)
    .where('seq', '>', after)
    .where(columnOf(lane), '>=', lane.need)
    .orderBy('seq')
    .limit(limit)
  const traits = lane.traits.get(type)
  if (traits) query = query.where('trait', 'in', traits)
  if (depth !== undefined) query = query.where('depth', '<', depth)
  if (lane.planned.perHost !== undefined) query = query.where('ordinal', '<=', lane.planned.perHost)
  return query.execute()
}

async function moveCursor(
  trx: Kysely<Tables>,
  run: ActiveRun,
  module: string,
  type: string,
  queue: number,
  seq: number,
): Promise<void> {
  await trx
    .insertInto('cursor')
    .values({ run: run.row.id, module, type, queue, seq })
    .onConflict((conflict) => conflict.columns(['run', 'module', 'type', 'queue']).doUpdateSet({ seq }))
    .execute()
}
