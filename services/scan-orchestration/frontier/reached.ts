import { createIdFilter, type IdFilter } from '@mirage/model/id-filter.ts'
import { type Compilable, CompiledQuery, type Kysely } from 'kysely'
import type { ReachedRow, RunRow, Tables } from '../tables.ts'

/**
 * Ids are hashes: an index of all of them is written at as many places as there are ids. So the entities of a run stand
 * in shards by their arrival, each with its own part of the index, small enough to stay in memory while it is filled; a
 * filter a shard tells which of them may hold an id.
 */
const rowsPerShard = 32_768

/** Ids in one statement. */
const piece = 500
/** Rows read at once when a run is taken up again. */
const readPiece = 10_000

/** Which shards of a run may hold an entity: never "no" for one that is there. */
export class Shards {
  readonly #all = createIdFilter()
  readonly #filters: IdFilter[] = []
  /** Rows committed. */
  rows = 0

  /** The shard for a new entity that so many others go before. It is found there at once, if it comes to be there. */
  place(entity: string, before: number): number {
    const shard = Math.floor((this.rows + before) / rowsPerShard)
    this.note(shard, entity)
    return shard
  }

  note(shard: number, entity: string): void {
    this.#all.add(entity)
    while (this.#filters.length <= shard) this.#filters.push(createIdFilter())
    this.#filters[shard]!.add(entity)
  }

  of(entity: string): number[] {
    if (!this.#all.mayHold(entity)) return []
    return this.#filters.flatMap((filter, shard) => (filter.mayHold(entity) ? [shard] : []))
  }
}

/** The shards of a run that is taken up again. */
export async function readShards(db: Kysely<Tables>, run: number): Promise<Shards> {
  const shards = new Shards()
  for (let after = 0; ;) {
    const rows = await db
      .selectFrom('reached')
      .select(['id', 'shard', 'entity'])
      .where('run', '=', run)
      .where('id', '>', after)
      .orderBy('id')
      .limit(readPiece)
      .execute()
    for (const { shard, entity } of rows) shards.note(shard, entity)
    shards.rows += rows.length
    if (rows.length < readPiece) return shards
    after = rows.at(-1)!.id
  }
}

interface Sharded {
  row: Pick<RunRow, 'id'>
  shards: Shards
  wideStatements: Map<string, string>
}

/** The rows of these entities, of those that have one. */
export async function findReached(db: Kysely<Tables>, run: Sharded, entities: Iterable<string>): Promise<ReachedRow[]> {
  const byShard = new Map<number, string[]>()
  for (const entity of entities)
    for (const shard of run.shards.of(entity)) {
      const its = byShard.get(shard)
      if (its) its.push(entity)
      else byShard.set(shard, [entity])
    }
  const found: ReachedRow[] = []
  for (const [shard, its] of byShard)
    for (let from = 0; from < its.length; from += piece) {
      const ids = its.slice(from, from + piece)
      const build = (): Compilable<ReachedRow> =>
        db
          .selectFrom('reached')
          .selectAll()
          .where('run', '=', run.row.id)
          .where('shard', '=', shard)
          .where('entity', 'in', ids)
      found.push(...(await wide(db, run, ids.length === piece && 'find', build, [run.row.id, shard, ...ids])))
    }
  return found
}

/**
 * Runs a statement of many values. To make its text takes Kysely as long as the database takes for the statement, so the
 * run keeps it under `name`, which stands for one text only: that of a full piece. `parameters` are in the order in which
 * Kysely binds them.
 */
export async function wide<Row>(
  db: Kysely<Tables>,
  { wideStatements }: Pick<Sharded, 'wideStatements'>,
  name: string | false,
  build: () => Compilable<Row>,
  parameters: unknown[],
): Promise<Row[]> {
  const text = (name && wideStatements.get(name)) || build().compile().sql
  if (name) wideStatements.set(name, text)
  return (await db.executeQuery<Row>(CompiledQuery.raw(text, parameters))).rows
}

/** The rows of these entities in a run that may have ended long ago, those that have arrived. */
export async function describeReached(db: Kysely<Tables>, run: number, entities: string[]): Promise<ReachedRow[]> {
  const shards = await shardsOf(db, run)
  const found: ReachedRow[] = []
  for (let from = 0; from < entities.length; from += piece)
    found.push(
      ...(await db
        .selectFrom('reached')
        .selectAll()
        .where('run', '=', run)
        .where('shard', 'in', shards)
        .where('entity', 'in', entities.slice(from, from + piece))
        .where('seq', '>', 0)
        .execute()),
    )
  return found
}

/** The next of the entities that have arrived in a run, in the order of their ids; at most `limit`, none only at the end. */
export async function pageOfReached(
  db: Kysely<Tables>,
  run: number,
  after: string,
  limit: number,
): Promise<{ rows: ReachedRow[]; more: boolean }> {
  const shards = await shardsOf(db, run)
  // Ids are spread evenly: twice a shard's share is mostly enough, and what lies behind the shortest waits.
  const share = Math.min(limit + 1, Math.ceil((2 * limit) / shards.length) + 10)
  const rows: ReachedRow[] = []
  let end: string | undefined
  for (const shard of shards) {
    const its = await db
      .selectFrom('reached')
      .selectAll()
      .where('run', '=', run)
      .where('shard', '=', shard)
      .where('entity', '>', after)
      .where('seq', '>', 0)
      .orderBy('entity')
      .limit(share)
      .execute()
    rows.push(...its)
    const last = its.at(-1)
    if (last && its.length === share && (end === undefined || last.entity < end)) end = last.entity
  }
  rows.sort((a, b) => (a.entity < b.entity ? -1 : 1))
  const whole = end === undefined ? rows : rows.filter(({ entity }) => entity <= end)
  return { rows: whole.slice(0, limit), more: end !== undefined || whole.length > limit }
}

async function shardsOf(db: Kysely<Tables>, run: number): Promise<number[]> {
  const last = await db
    .selectFrom('reached')
    .select('shard')
    .where('run', '=', run)
    .orderBy('shard', 'desc')
    .limit(1)
    .executeTakeFirst()
  return Array.from({ length: (last?.shard ?? 0) + 1 }, (_, shard) => shard)
}
