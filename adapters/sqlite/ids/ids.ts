import { contentId } from '@mirage/model/id.ts'
import { createIdFilter } from '@mirage/model/id-filter.ts'
import type { Database } from '../files/database.ts'
import { ensureLayout } from '../files/layout.ts'
import { asKey } from './key.ts'
import { type IdPart, type MovingIds, openIdParts, partsLayout, ranges } from './parts.ts'
import { createIdTable, idKey, type IdKey } from './table.ts'

/** Ids held in memory before they move, and again as many while they move: 7 MB for a file that grows. */
const defaultMemoryIds = 131_072
/** Old ids that were asked for last. */
const recentIds = 4_096
/** Rows of the log removed in a step; each holds the ids of a transaction. */
const trimRows = 50

/**
 * The integer that stands for an id inside a file. Hashes arrive in no order, so writing each into an index at once
 * would write one page of the file per id, and moving them there together would still write all of it again and again.
 * New ids go to the end of a log and into memory; when there are enough, they move into a part of the index that is
 * theirs, a row for each range of their first bits. A filter for each part tells which of them may hold an id. After a
 * crash the log is read again, and moves to another part: that an id stands in two is harmless.
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
  await ensureLayout(
    database,
    `${prefix}ids`,
    2,
    `create table if not exists "${prefix}id_log" (first integer primary key, count integer not null, ids blob not null) strict;
     create table if not exists "${prefix}id_last" (number integer not null, part integer not null) strict;
     insert into "${prefix}id_last" select 0, 0 where not exists (select 1 from "${prefix}id_last");
     ${partsLayout(prefix)}`,
  )
  const sql = {
    version: 'pragma data_version',
    last: `select number, part from "${prefix}id_last"`,
    load: `select first, ids from "${prefix}id_log" where first > ? and first <= ? order by first`,
    log: `insert into "${prefix}id_log" values (?, ?, ?)`,
    keepLast: `update "${prefix}id_last" set number = ?`,
    keepPart: `update "${prefix}id_last" set part = ?`,
    trim: `delete from "${prefix}id_log" where first in (
             select first from "${prefix}id_log" where first + count - 1 <= ? order by first limit ${trimRows})`,
  }

  // It holds every id of the file once those of all parts are filled; until then the index is asked each time.
  const filter = createIdFilter()
  const parts = openIdParts(database, prefix)
  let fresh = createIdTable(memoryIds)
  let moving: MovingIds | undefined
  let recent = createIdTable(recentIds)
  /** The key of the id that was asked for last: most are found first and then added. */
  const lastKey = idKey()
  let keyed = ''
  let lastKnown = 0
  /** How many of `fresh` are in the log. */
  let written = 0
  /** What stands in parts up to here may leave the log. */
  let lastMoved = 0
  let trimmed = 0
  let credit = 0
  let version = -1
  let stale = true
  /** Becomes whole with the transaction under way. */
  let finished: { part: IdPart; movedBefore: number } | undefined

  database.whenRolledBack(() => {
    stale = true
    if (finished === undefined) return
    parts.remove(finished.part)
    lastMoved = finished.movedBefore
    finished = undefined
  })

  function refresh(): void {
    finished = undefined
    const [seen] = database.prepare(sql.version).get() as unknown as [number]
    if (!stale && seen === version) return
    version = seen
    const [last, part] = database.prepare(sql.last).get() as unknown as [number, number]
    if (stale) forget(lastMoved)
    // A process that only reads would gather for ever what others have long moved.
    else if (fresh.size > 3 * memoryIds) forget(0)
    const anew = lastKnown === 0
    // Not beyond `last`: a reader is in no transaction, and others may write in between.
    const rows = database.prepare(sql.load).all(lastKnown, last) as unknown as [number, Uint8Array][]
    const known = fresh.size
    for (const [first, ids] of rows) load(first, ids)
    // Some were moved before we saw them: the filters do not know those.
    if (fresh.size - known < last - lastKnown) parts.refill(part)
    if (anew) lastMoved = trimmed = (rows[0]?.[0] ?? last + 1) - 1
    lastKnown = last
    written = fresh.size
  }

  function load(first: number, ids: Uint8Array): void {
    const key = idKey()
    for (let at = 0; at < ids.length; at += 16) {
      key.bytes.set(ids.subarray(at, at + 16))
      fresh.add(key, first + at / 16)
      filter.add(key.bytes)
    }
  }

  /** Everything up to `moved` is in parts that it knows, or will learn. */
  function forget(moved: number): void {
    fresh = createIdTable(memoryIds)
    recent = createIdTable(recentIds)
    moving = undefined
    lastKnown = lastMoved = moved
    trimmed = 0
    stale = false
  }

  function keyOf(id: string): IdKey {
    if (keyed === id) return lastKey
    // A text that is no content id stands under the one of its own.
    if (asKey(id, lastKey.bytes) !== lastKey.bytes) asKey(contentId(`text\n${id}`), lastKey.bytes)
    keyed = id
    return lastKey
  }

  function find(id: string): number | undefined {
    const key = keyOf(id)
    if (parts.filled && !filter.mayHold(key.bytes)) return undefined
    const known = fresh.get(key) || moving?.table.get(key) || recent.get(key)
    if (known) return known
    const number = parts.find(key)
    if (number === 0) return undefined
    if (recent.size === recentIds) recent = createIdTable(recentIds)
    recent.add(key, number)
    return number
  }

  function add(id: string): number {
    const key = keyOf(id)
    const number = ++lastKnown
    fresh.add(key, number)
    filter.add(key.bytes)
    credit++
    return number
  }

  function writeAdded(): void {
    const count = fresh.size - written
    if (count === 0) return
    database.prepare(sql.log).run(lastKnown - count + 1, count, fresh.bytesFrom(written))
    database.prepare(sql.keepLast).run(lastKnown)
    written = fresh.size
  }

  /** What is in memory begins to move, and new ids gather anew. */
  function startMoving(): void {
    const [, part] = database.prepare(sql.last).get() as unknown as [number, number]
    database.prepare(sql.keepPart).run(part + 1)
    moving = parts.startMoving(fresh, part + 1)
    fresh = createIdTable(memoryIds)
    written = 0
  }

  function move(its: MovingIds): void {
    // A range moves each time so many were added: the last is gone well before memory is full again.
    const addsPerRange = memoryIds / ranges / 2
    for (; credit >= addsPerRange; credit -= addsPerRange) {
      if (!parts.moveRange(its)) continue
      parts.add(its.part)
      finished = { part: its.part, movedBefore: lastMoved }
      lastMoved = its.table.numberAt(its.table.size - 1)
      moving = undefined
      return
    }
  }

  function trim(): void {
    if (Number(database.prepare(sql.trim).run(lastMoved).changes) < trimRows) trimmed = lastMoved
  }

  function step(): void {
    writeAdded()
    if (!parts.filled) parts.fillPiece(filter)
    if (trimmed < lastMoved) trim()
    if (moving === undefined && fresh.size >= memoryIds) startMoving()
    if (moving === undefined) credit = 0
    else move(moving)
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
