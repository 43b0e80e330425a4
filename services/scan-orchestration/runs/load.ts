import { isStoreTrouble } from '@mirage/kit/errors.ts'
import { hostOfUrl } from '@mirage/model/entities/infrastructure/url.ts'
import type { CollectionFinished } from '@mirage/services/data-collection/contract.ts'
import type { Kysely } from 'kysely'
import { readShards } from '../frontier/reached.ts'
import { nothing } from '../leases/budget.ts'
import type { Queue } from '../leases/queues.ts'
import { stored } from '../rows.ts'
import type { RunRow, Tables } from '../tables.ts'
import { activate, type ActiveLane, type ActiveRun, columnOf, noteRouted, type OpenTask, takes } from './active-run.ts'

/** Every run that has not ended, oldest first; `leftOut` is told of those that cannot be read. */
export async function loadActiveRuns(
  db: Kysely<Tables>,
  graceEndsAt: number,
  allowPrivate: boolean,
  leftOut: (run: string, error: unknown) => void,
): Promise<ActiveRun[]> {
  const rows = await db
    .selectFrom('run')
    .selectAll()
    .where('status', 'in', ['queued', 'running', 'paused'])
    .orderBy('id')
    .execute()
  const runs: ActiveRun[] = []
  for (const row of rows)
    try {
      runs.push(await loadActiveRun(db, row, graceEndsAt, allowPrivate))
    } catch (error) {
      if (isStoreTrouble(error)) throw error
      leftOut(row.run, error)
    }
  return runs
}

/** All that must be known of a run to go on with it. Leases found are given until `graceEndsAt` to be renewed. */
export async function loadActiveRun(
  db: Kysely<Tables>,
  row: RunRow,
  graceEndsAt: number,
  allowPrivate: boolean,
): Promise<ActiveRun> {
  const run = activate(row, allowPrivate)
  run.shards = await readShards(db, row.id)
  await readArrivals(db, run)
  await readLanes(db, run)
  await readTasks(db, run, graceEndsAt)
  return run
}

async function readArrivals(db: Kysely<Tables>, run: ActiveRun): Promise<void> {
  const types = await db
    .selectFrom('reached')
    .select(['type', (expression) => expression.fn.countAll<number | string>().as('count')])
    .where('run', '=', run.row.id)
    .where('seq', '>', 0)
    .groupBy('type')
    .execute()
  for (const { type, count } of types) {
    run.byType[type] = Number(count)
    run.entities += Number(count)
  }
  if (run.perHost) await readPerHost(db, run, run.perHost)
  const last = await db
    .selectFrom('reached')
    .select('seq')
    .where('run', '=', run.row.id)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  run.nextSeq = (last?.seq ?? 0) + 1
}

async function readPerHost(db: Kysely<Tables>, run: ActiveRun, perHost: Map<string, number>): Promise<void> {
  for (let after = 0; ;) {
    const rows = await db
      .selectFrom('reached')
      .select(['id', 'value'])
      .where('run', '=', run.row.id)
      .where('type', '=', 'url')
      .where('id', '>', after)
      .orderBy('id')
      .limit(2000)
      .execute()
    for (const { value } of rows) perHost.set(hostOfUrl(value), (perHost.get(hostOfUrl(value)) ?? 0) + 1)
    if (rows.length === 0) return
    after = rows.at(-1)!.id
  }
}

async function readLanes(db: Kysely<Tables>, run: ActiveRun): Promise<void> {
  const cursors = await db.selectFrom('cursor').selectAll().where('run', '=', run.row.id).execute()
  const levels = await db
    .selectFrom('reached')
    .select([
      'type',
      'allowed',
      'hopeful',
      'trait',
      (expression) => expression.fn.countAll<number | string>().as('count'),
    ])
    .where('run', '=', run.row.id)
    .where('seq', '>', 0)
    .groupBy(['type', 'allowed', 'hopeful', 'trait'])
    .execute()
  for (const lane of run.lanes) {
    for (const { module, type, queue, seq } of cursors)
      if (module === lane.planned.module) lane.queues.get(type)![queue]!.cursor = seq
    for (const { type, trait, count, ...level } of levels)
      if (lane.queues.has(type) && level[columnOf(lane)] >= lane.need && takes(lane, type, trait))
        lane.eligible += Number(count)
    for (const [type, queue, { cursor }] of queuesOf(lane)) {
      let behind = db
        .selectFrom('reached')
        .select((expression) => expression.fn.countAll<number | string>().as('count'))
        .where('run', '=', run.row.id)
        .where('type', '=', type)
        .where('queue', '=', queue)
        .where('seq', '>', 0)
        .where('seq', '<=', cursor)
        .where(columnOf(lane), '>=', lane.need)
      const traits = lane.traits.get(type)
      if (traits) behind = behind.where('trait', 'in', traits)
      lane.taken += Number((await behind.executeTakeFirstOrThrow()).count)
    }
  }
}

function* queuesOf({ queues }: ActiveLane): Iterable<[type: string, queue: number, Queue]> {
  for (const [type, its] of queues)
    for (const [at, queue] of its.entries()) if (queue.cursor > 0) yield [type, at, queue]
}

async function readTasks(db: Kysely<Tables>, run: ActiveRun, graceEndsAt: number): Promise<void> {
  const sums = await db
    .selectFrom('task')
    .select(['module', 'outcome', (expression) => expression.fn.countAll<number | string>().as('count')])
    .select((expression) => expression.fn.sum<number | string | null>('observations').as('observations'))
    .where('run', '=', run.row.id)
    .where('status', '=', 'closed')
    .groupBy(['module', 'outcome'])
    .execute()
  for (const { module, outcome, count, observations } of sums) {
    run.observations += Number(observations)
    run.closed += Number(count)
    const lane = run.lanes.find(({ planned }) => planned.module === module)
    if (!lane || !outcome) continue
    lane.done += Number(count)
    lane.observations += Number(observations)
    lane.outcomes[outcome as CollectionFinished['outcome']] = Number(count)
  }
  run.nextTask = 1 + ((await lastTask(db, run)) ?? 0)
  const losses = await db
    .selectFrom('routed')
    .select((expression) => expression.fn.sum<number | string | null>('losses').as('losses'))
    .where('run', '=', run.row.id)
    .executeTakeFirst()
  run.losses = Number(losses?.losses ?? 0)
  const open = await db
    .selectFrom('task')
    .selectAll()
    .where('run', '=', run.row.id)
    .where('status', '!=', 'closed')
    .execute()
  for (const row of open) {
    const task: OpenTask = {
      number: row.number,
      module: row.module,
      entities: stored(row.entities) as string[],
      attempt: row.attempt,
      status: row.status as OpenTask['status'],
      worker: row.worker ?? undefined,
      leaseEndsAt: graceEndsAt,
      lost: row.lost,
      progress: row.progress,
      reserved: { requests: row.requests, queries: row.queries },
      grown: 0,
      spent: nothing,
      routed: new Map(),
      finished: row.finished === null ? undefined : (stored(row.finished) as CollectionFinished),
    }
    const routed = await db
      .selectFrom('routed')
      .select(['attempt', 'batch'])
      .where('run', '=', run.row.id)
      .where('task', '=', row.number)
      .execute()
    for (const { attempt, batch } of routed) noteRouted(task, attempt, batch)
    run.open.set(task.number, task)
    const lane = run.lanes.find(({ planned }) => planned.module === task.module)
    if (lane) lane.running++
  }
}

async function lastTask(db: Kysely<Tables>, run: ActiveRun): Promise<number | undefined> {
  const last = await db
    .selectFrom('task')
    .select('number')
    .where('run', '=', run.row.id)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last?.number
}
