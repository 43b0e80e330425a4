import type { StatementSync } from 'node:sqlite'
import { type Database, ensureLayout, transactionRows } from './database.ts'
import { createFilter } from './filter.ts'
import { asKey, fromKey } from './key.ts'

/** Ids held in memory before they move, and again as many while they move: about 25 MB for a file that grows. */
const defaultMemoryIds = 98_304
/** Ranges by the first byte, and one for texts that are no hashes. */
const ranges = 256
/** Old ids that were asked for last. */
const recentIds = 4_096
/** Index entries read in a step while the filter is filled from a file that has some. */
const filterPiece = 4_000

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

export async function openIds(database: Database, prefix: string, memoryIds = defaultMemoryIds): Promise<Ids> {
  // A range moves each time so many were added: the last is gone well before memory is full again.
  const addsPerRange = memoryIds / ranges / 2
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
    given: `select seq from sqlite_sequence where name = '${prefix}id_log'`,
    find: `select number from "${prefix}id" where id = ?`,
    log: `insert into "${prefix}id_log" (id) values (?)`,
    move: `insert or ignore into "${prefix}id" values (?, ?)`,
    scan: `select id from "${prefix}id" where id > ? order by id limit ${filterPiece}`,
    trim: `delete from "${prefix}id_log" where number <= ?`,
  }

  // It holds every id of the index once it is filled; until then the index is asked each time.
  const filter = createFilter()
  let filledTo: Uint8Array | string | undefined = ''
  let fresh = new Map<string, number>()
  let moving: Map<string, number> | undefined
  let waiting: string[][] = []
  const recent = new Map<string, number>()
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
    version = seen
    // A process that only reads would gather for ever what others have long moved.
    if (stale || fresh.size > 3 * memoryIds) forget()
    const before = lastKnown
    const rows = database.prepare(sql.load).all(before) as unknown as [number, Uint8Array | string][]
    for (const [number, key] of rows) {
      fresh.set(fromKey(key), number)
      lastKnown = number
    }
    const [given] = (database.prepare(sql.given).get() as unknown as [number] | undefined) ?? [0]
    // Some were moved before we saw them: the filter does not know those.
    if (rows.length < given - before) filledTo = ''
    lastKnown = given
  }

  function forget(): void {
    fresh = new Map()
    moving = undefined
    waiting = []
    trimmed = 0
    lastKnown = 0
    stale = false
  }

  function find(id: string): number | undefined {
    const known = fresh.get(id) ?? moving?.get(id) ?? recent.get(id)
    if (known !== undefined) return known
    const key = asKey(id)
    if (filledTo === undefined && !filter.mayHold(key)) return undefined
    const row = database.prepare(sql.find).get(key) as unknown as [number] | undefined
    if (row === undefined) return undefined
    if (recent.size >= recentIds) recent.clear()
    recent.set(id, row[0])
    return row[0]
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
    waiting = Array.from({ length: ranges + 1 }, () => [])
    lastMoving = lastKnown
    for (const id of moving.keys()) {
      const key = asKey(id)
      waiting[typeof key === 'string' ? ranges : key[0]!]!.push(id)
    }
  }

  function moveRange(statement: StatementSync, numbers: Map<string, number>): void {
    for (const id of waiting.pop() ?? []) {
      const key = asKey(id)
      statement.run(key, numbers.get(id)!)
      filter.add(key)
    }
  }

  function fillFilter(): void {
    const keys = database.prepare(sql.scan).all(filledTo!) as unknown as [Uint8Array | string][]
    for (const [key] of keys) filter.add(key)
    filledTo = keys.length < filterPiece ? undefined : keys.at(-1)![0]
  }

  function step(): void {
    if (filledTo !== undefined) fillFilter()
    if (moving === undefined && fresh.size >= memoryIds) startMoving()
    if (moving === undefined) {
      credit = 0
      return
    }
    for (; credit >= addsPerRange && waiting.length > 0; credit -= addsPerRange) {
      moveRange(database.prepare(sql.move), moving)
    }
    if (waiting.length > 0) return
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
