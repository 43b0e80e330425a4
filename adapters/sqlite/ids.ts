import type { StatementSync } from 'node:sqlite'
import { type Database, ensureLayout, transactionRows } from './database.ts'
import { asKey, fromKey } from './key.ts'

/** Ids held in memory before they move, and again as many while they move. */
const memoryIds = 32_768
const buckets = 64

/**
 * The integer that stands for an id inside a file. Hashes arrive in no order, so writing each into an index at once
 * would write one page of the file per id. New ids go to the end of a log and into memory; when there are enough, they
 * move into the index by ranges of their first byte, so that one page takes many. After a crash the log is read again.
 * Every method runs inside `read` or `write` of the database, after `refresh`.
 */
export interface Ids {
  /** Learns what others have written since, and starts over after a transaction that was rolled back. */
  refresh(): void
  find(id: string): number | undefined
  /** Gives a number to an id that `find` does not know. */
  add(id: string): number
  /** The number of an id, given now if it has none. */
  intern(id: string): number
  /** To be called at the end of a transaction that added: moves a bounded piece. */
  step(): void
}

export async function openIds(database: Database, prefix: string): Promise<Ids> {
  await ensureLayout(
    database,
    `${prefix}ids`,
    1,
    `create table if not exists "${prefix}id_log" (number integer primary key autoincrement, id not null);
     create table if not exists "${prefix}id" (id primary key, number integer not null) without rowid`,
  )
  const sql = {
    version: 'pragma data_version',
    load: `select number, id from "${prefix}id_log" where number > ? order by number`,
    find: `select number from "${prefix}id" where id = ?`,
    log: `insert into "${prefix}id_log" (id) values (?)`,
    move: `insert or ignore into "${prefix}id" values (?, ?)`,
    trim: `delete from "${prefix}id_log" where number <= ?`,
  }

  let fresh = new Map<string, number>()
  let moving: Map<string, number> | undefined
  let ranges: [string, number][][] = []
  let lastMoving = 0
  let trimmed = 0
  let lastKnown = 0
  let credit = 0
  let version = -1
  let stale = true

  database.whenRolledBack(() => {
    stale = true
  })

  function refresh(): void {
    const [seen] = database.prepare(sql.version).get() as unknown as [number]
    if (!stale && seen === version) return
    if (stale) {
      fresh = new Map()
      moving = undefined
      ranges = []
      lastKnown = 0
      stale = false
    }
    version = seen
    for (const [number, key] of database.prepare(sql.load).all(lastKnown) as unknown as [
      number,
      Uint8Array | string,
    ][]) {
      fresh.set(fromKey(key), number)
      lastKnown = number
    }
  }

  function find(id: string): number | undefined {
    const known = fresh.get(id) ?? moving?.get(id)
    if (known !== undefined) return known
    const row = database.prepare(sql.find).get(asKey(id)) as unknown as [number] | undefined
    return row?.[0]
  }

  function add(id: string): number {
    const number = Number(database.prepare(sql.log).run(asKey(id)).lastInsertRowid)
    fresh.set(id, number)
    lastKnown = number
    credit++
    return number
  }

  /** What is in memory begins to move, and new ids gather anew. */
  function startMoving(): void {
    moving = fresh
    fresh = new Map()
    ranges = Array.from({ length: buckets + 1 }, () => [])
    lastMoving = lastKnown
    for (const [id, number] of moving) {
      const key = asKey(id)
      ranges[typeof key === 'string' ? buckets : key[0]! >> 2]!.push([id, number])
    }
  }

  function moveRange(statement: StatementSync): void {
    const range = ranges.pop()
    for (const [id, number] of range ?? []) statement.run(asKey(id), number)
  }

  function step(): void {
    if (moving === undefined && fresh.size >= memoryIds) startMoving()
    if (moving === undefined) {
      credit = 0
      return
    }
    for (; credit >= memoryIds / buckets / 2 && ranges.length > 0; credit -= memoryIds / buckets / 2) {
      moveRange(database.prepare(sql.move))
    }
    if (ranges.length > 0) return
    trimmed = Math.min(lastMoving, Math.max(trimmed, lastMoving - moving.size) + transactionRows)
    database.prepare(sql.trim).run(trimmed)
    if (trimmed === lastMoving) moving = undefined
  }

  return { refresh, find, add, intern: (id) => find(id) ?? add(id), step }
}

interface WithIds {
  database: Database
  ids: Ids
}

/** Reads with what others have written in view; `work` does not await. */
export function reading<T>({ database, ids }: WithIds, work: () => T): Promise<T> {
  return database.read(() => {
    ids.refresh()
    return work()
  })
}

/** One transaction in which ids may be added; `work` does not await. */
export function writing<T>({ database, ids }: WithIds, work: () => T): Promise<T> {
  return database.write(() => {
    ids.refresh()
    const result = work()
    ids.step()
    return result
  })
}
