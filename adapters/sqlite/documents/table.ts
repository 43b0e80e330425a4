import type { SQLInputValue } from 'node:sqlite'
import type { CollectionSpec, Document } from '@mirage/ports/documents.ts'
import { transactionRows } from '../files/database.ts'
import type { Place } from '../files/spaces.ts'
import { type Ids, openIds, writing } from '../ids/ids.ts'
import { isHash } from '../ids/key.ts'

/** What the documents port keeps open for a workspace. */
export interface DocumentSpace extends Place {
  ids: Ids
  /** Tables whose columns and indexes are there. */
  prepared: Set<string>
  /** How many times a document was left out since it cannot be read. */
  unreadable: number
}

/** A document from its text; undefined, and counted, where the disk has changed it beyond reading. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what was written there, which the caller knows
export function readable<T>(space: DocumentSpace, body: string): T | undefined {
  try {
    return JSON.parse(body) as T // written by us from a T
  } catch {
    space.unreadable++
    return undefined
  }
}

export async function openDocumentSpace(place: Place): Promise<DocumentSpace> {
  return { ...place, ids: await openIds(place.database, place.prefix), prepared: new Set(), unreadable: 0 }
}

/** A collection's table: the number of the document's id, its JSON text, and the columns that its indexes need. */
export interface Table {
  name: string
  columns: string[]
  /** The columns of each index by its name. */
  indexes: Record<string, string[]>
}

export function tableOf<T extends Document>({ prefix }: Place, spec: CollectionSpec<T>): Table {
  const columns = [...new Set(Object.values<string[]>(spec.indexes).flat())]
  return { name: `${prefix}c_${spec.name}`, columns, indexes: spec.indexes }
}

/** Creates the table, its missing columns and its missing indexes, filling them from the documents. */
export async function prepareTable(space: DocumentSpace, table: Table): Promise<void> {
  const { database, prepared } = space
  if (prepared.has(table.name)) return
  const missing = await database.write(() => {
    database.exec(`create table if not exists "${table.name}" (number integer primary key, body text not null)`)
    const rows = database.prepare('select name from pragma_table_info(?)').all(table.name) as unknown as [string][]
    const known = new Set(rows.map(([name]) => name))
    const missing = table.columns.filter((field) => !known.has(columnOf(field)))
    for (const field of missing) database.exec(`alter table "${table.name}" add column "${columnOf(field)}"`)
    return missing
  })
  let after: number | undefined = missing.length > 0 ? 0 : undefined
  while (after !== undefined) {
    const from: number = after
    after = await writing(space, () => fillPiece(space, table, missing, from))
  }
  await database.write(() => {
    for (const fields of Object.values(table.indexes)) {
      const columns = fields.map((field) => `"${columnOf(field)}"`)
      database.exec(
        `create index if not exists "${table.name}.${fields.join('+')}" on "${table.name}" (${columns.join(', ')})
         where ${columns.map((column) => `${column} is not null`).join(' and ')}`,
      )
    }
  })
  prepared.add(table.name)
}

function fillPiece(space: DocumentSpace, table: Table, fields: string[], after: number): number | undefined {
  const { database, ids } = space
  const rows = database
    .prepare(`select number, body from "${table.name}" where number > ? order by number limit ?`)
    .all(after, transactionRows) as unknown as [number, string][]
  const update = database.prepare(
    `update "${table.name}" set ${fields.map((field) => `"${columnOf(field)}" = ?`).join(', ')} where number = ?`,
  )
  for (const [number, body] of rows) {
    const document = readable<Record<string, unknown>>(space, body) ?? {}
    update.run(...fields.map((field, i) => stored(ids, document[field], i)), number)
  }
  return rows.at(-1)?.[0]
}

/** Fields get a prefix, so that none meets the columns of the table itself. */
export function columnOf(field: string): string {
  return `f_${field}`
}

/** Where numbers of ids are written to be bound, one for each column of a statement. */
const slots = Array.from({ length: 32 }, () => new Uint8Array(5))

/**
 * A value as an index column holds it: truth as 0 and 1, and for a content id the five bytes of its number, which differ
 * from every text and number. Good until the same slot is used again.
 */
export function stored(ids: Ids, value: unknown, slot: number): SQLInputValue {
  return typeof value === 'string' && isHash(value) ? reference(ids.intern(value), slot) : plain(value)
}

/** As `stored`, for a question: an id that the file does not know matches nothing. */
export function asked(ids: Ids, value: unknown, slot: number): SQLInputValue {
  return typeof value === 'string' && isHash(value) ? reference(ids.find(value) ?? 0, slot) : plain(value)
}

export function reference(number: number, slot: number): Uint8Array {
  const bytes = slots[slot] ?? new Uint8Array(5)
  bytes[0] = number / 0x1_0000_0000
  bytes[1] = number >>> 24
  bytes[2] = number >>> 16
  bytes[3] = number >>> 8
  bytes[4] = number
  return bytes
}

export function numberOf(bytes: Uint8Array): number {
  return bytes.reduce((number, byte) => number * 256 + byte, 0)
}

function plain(value: unknown): SQLInputValue {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return Number.isFinite(value) ? value : null
    case 'boolean':
      return value ? 1 : 0
    default:
      return null
  }
}
