import type { EntityRef, EntityType } from '@mirage/model/entity.ts'
import type { Kysely } from 'kysely'
import { type ActiveLane, type ActiveRun, columnOf, depthLimit, type OpenTask } from '../runs/active-run.ts'
import { affordable, mayGrow, nothing, reserve, type Spending } from './budget.ts'
import type { LeasedTask } from '../contract.ts'
import type { Queue } from './queues.ts'
import { findReached } from '../frontier/reached.ts'
import type { Tables } from '../tables.ts'
import { takeInTurn } from './take.ts'

export interface Slots {
  worker: string
  free: Map<string, number>
  others: number
}

/** A task as it was given out, and what changes in memory once that is committed. */
export interface Leased {
  run: ActiveRun
  lane: ActiveLane
  task: OpenTask
  entities: EntityRef[]
  isNew: boolean
  reserved: Spending
}

export interface LaneScan {
  lane: ActiveLane
  queues: Map<string, Queue[]>
  dirty: boolean
}

/** Tasks of this run that were given out before and came back, for the worker's free slots and what is left. */
export function leaseReady(run: ActiveRun, tasks: OpenTask[], slots: Slots, left: Spending): Leased[] {
  const leased: Leased[] = []
  for (const task of tasks) {
    const lane = run.lanes.find(({ planned }) => planned.module === task.module)
    if (!lane || affordable(left, lane) === 0 || !takeSlot(slots, task.module)) continue
    leased.push({ run, lane, task, entities: [], isNew: false, reserved: reserve(left, lane, task.grown) })
  }
  return leased
}

/**
 * New tasks of one lane from the frontier, as many as there are free slots: first entities that came within reach
 * late, then those in the lane's queues. To be called inside a transaction; may be repeated.
 */
export async function leaseNew(
  trx: Kysely<Tables>,
  run: ActiveRun,
  lane: ActiveLane,
  slots: Slots,
  left: Spending,
  firstNumber: number,
): Promise<{ leased: Leased[]; scan: LaneScan }> {
  const { batch, module } = lane.planned
  const wanted = Math.min(slots.free.get(module) ?? slots.others, 64, affordable(left, lane)) * batch
  const found: EntityRef[] = await takeLate(trx, run, lane, wanted)
  const scan: LaneScan = { lane, queues: new Map(), dirty: found.length >= wanted }
  for (const [type, queues] of lane.queues) {
    const { rows, after } = await takeInTurn(trx, run, lane, type, queues, wanted - found.length)
    found.push(...rows.map(refOf))
    scan.queues.set(type, after)
    if (after.some(({ waiting }) => waiting)) scan.dirty = true
  }
  const leased: Leased[] = []
  for (let from = 0; from < found.length; from += batch) {
    takeSlot(slots, module)
    const entities = found.slice(from, from + batch)
    const task = openTask(firstNumber + leased.length, module, entities)
    leased.push({ run, lane, entities, isNew: true, task, reserved: reserve(left, lane, 0) })
  }
  for (const { task, reserved } of leased)
    await trx
      .insertInto('task')
      .values({
        run: run.row.id,
        number: task.number,
        module,
        entities: JSON.stringify(task.entities),
        status: 'leased',
        attempt: 1,
        worker: slots.worker,
        lost: 0,
        progress: 0,
        ...reserved,
        finished: null,
        finished_attempt: null,
        batches: null,
        observations: 0,
        closed: null,
        outcome: null,
      })
      .execute()
  return { leased, scan }
}

export function toLeasedTask({ run, lane, task, entities }: Leased, leaseEndsAt: number): LeasedTask {
  return {
    workspace: run.row.workspace,
    run: run.row.run,
    generation: run.row.generation,
    task: task.number,
    attempt: task.attempt,
    module: task.module,
    entities,
    leaseEndsAt,
    ...(run.definition.budget?.maxRequests === undefined ? {} : { requests: task.reserved.requests }),
    ...(run.definition.budget?.maxQueries === undefined ? {} : { queries: task.reserved.queries }),
    ...(mayGrow(run, lane, task.reserved) ? { mayGrow: true } : {}),
  }
}

/** The entities of a task, from their ids. */
export async function entitiesOf(db: Kysely<Tables>, run: ActiveRun, ids: string[]): Promise<EntityRef[]> {
  const found = new Map<string, EntityRef>()
  for (const row of await findReached(db, run, ids)) found.set(row.entity, refOf(row))
  return ids.flatMap((id) => found.get(id) ?? [])
}

function openTask(number: number, module: string, entities: EntityRef[]): OpenTask {
  return {
    number,
    module,
    entities: entities.map(({ id }) => id),
    attempt: 1,
    status: 'leased',
    worker: undefined,
    leaseEndsAt: 0,
    lost: 0,
    progress: 0,
    reserved: nothing,
    grown: 0,
    spent: nothing,
    routed: new Map(),
    finished: undefined,
  }
}

function takeSlot(slots: Slots, module: string): boolean {
  const free = slots.free.get(module) ?? slots.others
  if (free <= 0) return false
  slots.free.set(module, free - 1)
  return true
}

async function takeLate(trx: Kysely<Tables>, run: ActiveRun, lane: ActiveLane, limit: number): Promise<EntityRef[]> {
  const depth = depthLimit(run)
  let query = trx
    .selectFrom('late')
    .innerJoin('reached', (join) => join.onRef('reached.run', '=', 'late.run').onRef('reached.seq', '=', 'late.seq'))
    .select(['reached.entity', 'reached.type', 'reached.value'])
    .where('late.run', '=', run.row.id)
    .where('late.module', '=', lane.planned.module)
    // What may no longer be worked on waits, in case that changes again.
    .where(`reached.${columnOf(lane)}`, '>=', lane.need)
    .limit(limit)
  if (depth !== undefined) query = query.where('reached.depth', '<', depth)
  const rows = await query.execute()
  for (const { entity } of rows)
    await trx
      .deleteFrom('late')
      .where('run', '=', run.row.id)
      .where('module', '=', lane.planned.module)
      .where('entity', '=', entity)
      .execute()
  return rows.map(refOf)
}

function refOf(row: { entity: string; type: string; value: string }): EntityRef {
  return { id: row.entity, type: row.type as EntityType, value: row.value } // types are stored from checked observations
}
