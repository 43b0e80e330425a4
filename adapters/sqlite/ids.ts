import { type Database, ensureLayout } from './database.ts'
import { createIdFilter, type IdFilter } from '@mirage/model/id-filter.ts'
import { asKey, fromKey } from './key.ts'

/** Ids held in memory before they move, and again as many while they move: about 25 MB for a file that grows. */
const defaultMemoryIds = 98_304
/** Ranges by the first byte, and one for texts that are no hashes. */
const ranges = 256
/** Old ids that were asked for last. */
const recentIds = 4_096
/** Index entries read in a step while the filter is filled from a file that has some. */
const filterPiece = 16_000
/** Rows of the log removed in a step; each holds the ids of a transaction. */
const trimRows = 50
/** Keys that enter the index with one statement. */
const moveKeys = Array.from({ length: 32 }, () => new Uint8Array(16))

/**
 * The integer that stands for an id inside a file. Hashes arrive in no order, so writing each into an index at once
 * would write one page of the file per id, and moving them there together would still write all of it again and again.
 * New ids go to the end of a log and into memory; when there are enough, they move into a part of the index that is
 * theirs, by ranges of their first byte, so that it grows at its end only. A filter for each part tells which of them
 * may hold an id. After a crash the log is read again, and moves to another part: that an id stands in two is harmless.
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
    `create table if not exists "${prefix}id_log" (first integer primary key, count integer not null, ids not null);
     create table if not exists "${prefix}id_last" (number integer not null) strict;
     insert into "${prefix}id_last" select 0 where not exists (select 1 from "${prefix}id_last");
     create table if not exists "${prefix}id" (
       part integer, id, number integer not null, primary key (part, id)
     ) without rowid`,
  )
  const sql = {
    version: 'pragma data_version',
    last: `select number from "${prefix}id_last"`,
    load: `select first, ids from "${prefix}id_log" where first > ? order by first`,
    find: `select number from "${prefix}id" where part = ? and id = ?`,
    log: `insert into "${prefix}id_log" values (?, ?, ?)`,
    keepLast: `update "${prefix}id_last" set number = ?`,
    parts: `select coalesce(max(part), 0) from "${prefix}id"`,
    move: `insert or ignore into "${prefix}id" values (?, ?, ?)`,
    moveMany: `insert or ignore into "${prefix}id" values ${Array.from(moveKeys, () => '(?, ?, ?)').join(', ')}`,
    scan: `select id from "${prefix}id" where part = ? and id > ? order by id limit ${filterPiece}`,
    trim: `delete from "${prefix}id_log" where first in (
             select first from "${prefix}id_log" where first + count - 1 <= ? order by first limit ${trimRows})`,
  }

  // It holds every id of the file once those of all parts are filled; until then the index is asked each time.
  const filter = createIdFilter()
  let parts: Part[] = []
  let unfilled: Part[] = []
  let fresh = new Map<string, number>()
  let moving: Map<string, number> | undefined
  let waiting: string[][] = []
  let movingTo: Part | undefined
  const recent = new Map<string, number>()
  /** The key of the id that was asked for last: most are found first and then added. */
  const lastKey = new Uint8Array(16)
  let keyed = { id: '', key: '' as Uint8Array | string }
  /** Given in this transaction, in the order of their numbers. */
  let added: string[] = []
  let lastMoving = 0
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
    const [last] = database.prepare(sql.last).get() as unknown as [number]
    let missing = last - lastKnown
    for (const [first, stored] of database.prepare(sql.load).all(lastKnown) as unknown as [number, LoggedIds][]) {
      const ids = readLogged(stored)
      for (const [i, id] of ids.entries()) {
        fresh.set(id, first + i)
        filter.add(asKey(id))
      }
      missing -= ids.length
    }
    // Some were moved before we saw them: the filters do not know those.
    if (missing > 0) refill()
    lastKnown = last
  }

  function refill(): void {
    const [last] = database.prepare(sql.parts).get() as unknown as [number]
    parts = Array.from({ length: last }, (_, i) => ({ number: last - i, filter: createIdFilter(), filledTo: '' }))
    unfilled = [...parts]
  }

  function forget(): void {
    fresh = new Map()
    moving = undefined
    movingTo = undefined
    waiting = []
    added = []
    lastKnown = 0
    stale = false
  }

  function keyOf(id: string): Uint8Array | string {
    if (keyed.id !== id) keyed = { id, key: asKey(id, lastKey) }
    return keyed.key
  }

  function find(id: string): number | undefined {
    const key = keyOf(id)
    if (unfilled.length === 0 && !filter.mayHold(key)) return undefined
    const known = fresh.get(id) ?? moving?.get(id) ?? recent.get(id)
    if (known !== undefined) return known
    const number = inParts(key)
    if (number === undefined) return undefined
    if (recent.size >= recentIds) recent.clear()
    recent.set(id, number)
    return number
  }

  function inParts(key: Uint8Array | string): number | undefined {
    for (const part of parts) {
      if (part.filledTo === undefined && !part.filter.mayHold(key)) continue
      const row = database.prepare(sql.find).get(part.number, key) as unknown as [number] | undefined
      if (row !== undefined) return row[0]
    }
    return undefined
  }

  function add(id: string): number {
    const number = ++lastKnown
    fresh.set(id, number)
    filter.add(keyOf(id))
    added.push(id)
    credit++
    return number
  }

  function writeAdded(): void {
    if (added.length === 0) return
    database.prepare(sql.log).run(lastKnown - added.length + 1, added.length, logged(added))
    database.prepare(sql.keepLast).run(lastKnown)
    added = []
  }

  /** What is in memory begins to move, and new ids gather anew. */
  function startMoving(): void {
    const [last] = database.prepare(sql.parts).get() as unknown as [number]
    movingTo = { number: last + 1, filter: createIdFilter(), filledTo: undefined }
    moving = fresh
    fresh = new Map()
    waiting = Array.from({ length: ranges + 1 }, () => [])
    lastMoving = lastKnown
    for (const id of moving.keys()) {
      const key = asKey(id)
      waiting[typeof key === 'string' ? ranges : key[0]!]!.push(id)
    }
  }

  function moveRange(ids: string[], numbers: Map<string, number>, part: Part): void {
    const many = database.prepare(sql.moveMany)
    let at = 0
    for (; at + moveKeys.length <= ids.length; at += moveKeys.length) {
      many.run(
        ...moveKeys.flatMap((target, i) => {
          const key = asKey(ids[at + i]!, target)
          part.filter.add(key)
          return [part.number, key, numbers.get(ids[at + i]!)!]
        }),
      )
    }
    const one = database.prepare(sql.move)
    for (const id of ids.slice(at)) {
      const key = asKey(id)
      part.filter.add(key)
      one.run(part.number, key, numbers.get(id)!)
    }
  }

  function fillFilters(): void {
    const part = unfilled.at(-1)!
    const keys = database.prepare(sql.scan).all(part.number, part.filledTo!) as unknown as [Uint8Array | string][]
    for (const [key] of keys) {
      filter.add(key)
      part.filter.add(key)
    }
    part.filledTo = keys.length < filterPiece ? undefined : keys.at(-1)![0]
    if (part.filledTo === undefined) unfilled.pop()
  }

  function step(): void {
    writeAdded()
    if (unfilled.length > 0) fillFilters()
    if (moving === undefined && fresh.size >= memoryIds) startMoving()
    if (moving === undefined || movingTo === undefined) {
      credit = 0
      return
    }
    for (; credit >= addsPerRange && waiting.length > 0; credit -= addsPerRange)
      moveRange(waiting.shift()!, moving, movingTo)
    if (waiting.length > 0) return
    const trimmed = database.prepare(sql.trim).run(lastMoving)
    if (trimmed.changes === trimRows) return
    parts.unshift(movingTo)
    moving = undefined
    movingTo = undefined
  }

  return { refresh, find, add, intern: (id) => find(id) ?? add(id), step }
}

/** Hashes one after the other, or where there is another text among them, all as JSON. */
type LoggedIds = Uint8Array | string

function logged(ids: string[]): LoggedIds {
  const bytes = new Uint8Array(ids.length * 16)
  for (const [i, id] of ids.entries()) {
    const target = bytes.subarray(i * 16, i * 16 + 16)
    if (asKey(id, target) !== target) return JSON.stringify(ids)
  }
  return bytes
}

function readLogged(stored: LoggedIds): string[] {
  if (typeof stored === 'string') return JSON.parse(stored) as string[]
  return Array.from({ length: stored.length / 16 }, (_, i) => fromKey(stored.subarray(i * 16, i * 16 + 16)))
}

/** A piece of the index, filled once. */
interface Part {
  number: number
  filter: IdFilter
  /** How far its filter was read from the file; undefined when it is whole. */
  filledTo: Uint8Array | string | undefined
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
