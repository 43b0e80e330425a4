import { createIdFilter, type IdFilter } from '@mirage/model/id-filter.ts'
import type { Database } from '../files/database.ts'
import type { IdKey, IdTable } from './table.ts'

/** Ids are told apart by their first ten bits: with a part of 131,072 a range has about 128. */
export const ranges = 1_024
/** An entry of a range: the 16 bytes of the id and four of its number, counted from the range's `base`. */
const entryBytes = 20
/** Ranges read in a step while filters are filled from a file that has some. */
const filterPiece = 128

/** A piece of the index that is written once. */
export interface IdPart {
  number: number
  filter: IdFilter
  /** How many ranges its filter was read from; undefined when it knows all. */
  filled: number | undefined
}

/** A table on its way into a part of its own. */
export interface MovingIds {
  table: IdTable
  part: IdPart
  /** The indexes in the table, by ranges. */
  order: Uint32Array
  /** Where each range begins in `order`, and its end. */
  starts: Uint32Array
  nextRange: number
}

export function partsLayout(prefix: string): string {
  return `create table if not exists "${prefix}id_range" (place integer primary key, base integer not null, ids blob not null) strict`
}

/** Ids that have left memory. */
export function openIdParts(database: Database, prefix: string) {
  const sql = {
    find: `select base, ids from "${prefix}id_range" where place = ?`,
    write: `insert into "${prefix}id_range" values (?, ?, ?)`,
    scan: `select place, ids from "${prefix}id_range" where place >= ? and place < ? order by place limit ${filterPiece}`,
  }
  /** The youngest first. */
  let parts: IdPart[] = []
  let unfilled: IdPart[] = []
  const scratch = new Uint8Array(16)

  function read(part: IdPart, key: IdKey): number {
    const row = database.prepare(sql.find).get(part.number * ranges + rangeOf(key.bytes)) as unknown as
      | [number, Uint8Array]
      | undefined
    return row === undefined ? 0 : numberIn(row[0], row[1], key.bytes)
  }

  return {
    /** False while the filters of some parts do not know all of their ids; then those are asked each time. */
    get filled(): boolean {
      return unfilled.length === 0
    },

    /** The number of an id, 0 when no part has it. */
    find(key: IdKey): number {
      for (const part of parts) {
        if (part.filled === undefined && !part.filter.mayHold(key.bytes)) continue
        const number = read(part, key)
        if (number !== 0) return number
      }
      return 0
    },

    /** Others have moved ids: begins to learn the parts, of which there are `count`, from the file. */
    refill(count: number): void {
      parts = Array.from({ length: count }, (_, i) => ({ number: count - i, filter: createIdFilter(), filled: 0 }))
      unfilled = [...parts]
    },

    /** Fills the filters by a bounded piece; `known` learns the ids too. */
    fillPiece(known: IdFilter): void {
      const part = unfilled.at(-1)
      if (part === undefined) return
      const from = part.number * ranges + (part.filled ?? 0)
      const rows = database.prepare(sql.scan).all(from, (part.number + 1) * ranges) as unknown as [number, Uint8Array][]
      for (const [, ids] of rows)
        for (let at = 0; at < ids.length; at += entryBytes) {
          for (let i = 0; i < 16; i++) scratch[i] = ids[at + i]!
          known.add(scratch)
          part.filter.add(scratch)
        }
      part.filled = rows.length < filterPiece ? undefined : rows.at(-1)![0] - part.number * ranges + 1
      if (part.filled === undefined) unfilled.pop()
    },

    /** A table that gets no more ids begins to move into part `number`, which nobody has used. */
    startMoving(table: IdTable, number: number): MovingIds {
      const keys = table.bytesFrom(0)
      const starts = new Uint32Array(ranges + 1)
      for (let i = 0; i < table.size; i++) starts[rangeAt(keys, i * 16) + 1]!++
      for (let range = 0; range < ranges; range++) starts[range + 1]! += starts[range]!
      const next = starts.slice()
      const order = new Uint32Array(table.size)
      for (let i = 0; i < table.size; i++) order[next[rangeAt(keys, i * 16)]!++] = i
      return {
        table,
        part: { number, filter: createIdFilter(), filled: undefined },
        order,
        starts,
        nextRange: 0,
      }
    },

    /** Writes the next range of a table; answers whether it was the last one. */
    moveRange(moving: MovingIds): boolean {
      const { table, part, order, starts } = moving
      const range = moving.nextRange++
      const indexes = order.subarray(starts[range], starts[range + 1])
      if (indexes.length > 0) {
        const keys = table.bytesFrom(0)
        const base = table.numberAt(indexes[0]!)
        const ids = Buffer.allocUnsafe(indexes.length * entryBytes)
        let at = 0
        for (const index of indexes) {
          for (let i = 0; i < 16; i++) scratch[i] = ids[at + i] = keys[index * 16 + i]!
          ids.writeUInt32LE(table.numberAt(index) - base, at + 16)
          part.filter.add(scratch)
          at += entryBytes
        }
        database.prepare(sql.write).run(part.number * ranges + range, base, ids)
      }
      return moving.nextRange === ranges
    },

    /** A part that has all ids of its table is asked from now on. */
    add(part: IdPart): void {
      parts = [part, ...parts]
    },

    /** What was written of a part came to nothing. */
    remove(part: IdPart): void {
      parts = parts.filter((one) => one !== part)
    },
  }
}

function rangeAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 2) | (bytes[at + 1]! >> 6)
}

function rangeOf(key: Uint8Array): number {
  return rangeAt(key, 0)
}

/** All ids of a range begin alike, so the second byte is the first that tells. */
function numberIn(base: number, ids: Uint8Array, key: Uint8Array): number {
  for (let at = 0; at < ids.length; at += entryBytes) {
    let same = 1
    while (same < 16 && ids[at + same] === key[same]) same++
    if (same < 16 || ids[at] !== key[0]) continue
    return base + (ids[at + 16]! | (ids[at + 17]! << 8) | (ids[at + 18]! << 16)) + ids[at + 19]! * 0x100_0000
  }
  return 0
}
