import type { SQLInputValue } from 'node:sqlite'
import type { CollectionSpec, Document } from '@mirage/ports/documents.ts'
import { transactionRows } from './database.ts'
import { toKey } from './key.ts'
import type { Space } from './spaces.ts'

/** A collection's table in one space: its name and the columns that its indexes need. */
export interface Table {
  name: string
  columns: string[]
  /** The columns of each index by its name. */
  indexes: Record<string, string[]>
}

export function tableOf<T extends Document>(space: Space, spec: CollectionSpec<T>): Table {
  const columns = [...new Set(Object.values<string[]>(spec.indexes).flat())]
  return {
    name: `${space.prefix}${spec.name}`,
    columns: columns.filter((field) => field !== 'id'),
    indexes: spec.indexes,
  }
}

/** Creates the table, its missing columns and its missing indexes, filling them from the documents. */
export async function prepareTable({ database, prepared }: Space, table: Table): Promise<void> {
  if (prepared.has(table.name)) return
  const missing = await database.write(() => {
    database.exec(
      `create table if not exists "${table.name}" (key integer primary key autoincrement, id not null unique, body text not null)`,
    )
    const known = new Set(
      (database.prepare('select name from pragma_table_info(?)').all(table.name) as unknown as [string][]).map(
        ([name]) => name,
      ),
    )
    const missing = table.columns.filter((field) => !known.has(columnOf(field)))
    for (const field of missing) database.exec(`alter table "${table.name}" add column "${columnOf(field)}"`)
    return missing
  })
  for (let after: number | undefined = 0; missing.length > 0 && after !== undefined;) {
    const from: number = after
    after = await database.write(() => fillPiece({ database, prepared, prefix: '' }, table, missing, from))
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

function fillPiece({ database }: Space, table: Table, fields: string[], after: number): number | undefined {
  const rows = database
    .prepare(`select key, body from "${table.name}" where key > ? order by key limit ?`)
    .all(after, transactionRows) as unknown as [number, string][]
  const update = database.prepare(
    `update "${table.name}" set ${fields.map((field) => `"${columnOf(field)}" = ?`).join(', ')} where key = ?`,
  )
  for (const [key, body] of rows) {
    const document = JSON.parse(body) as Record<string, unknown>
    update.run(...fields.map((field) => indexable(document[field])), key)
  }
  return rows.at(-1)?.[0]
}

/** Fields get a prefix, so that none meets the columns of the table itself. */
export function columnOf(field: string): string {
  return field === 'id' ? 'id' : `f_${field}`
}

/** A value as an index column holds it: content ids in 16 bytes, truth as 0 and 1. */
export function indexable(value: unknown): SQLInputValue {
  switch (typeof value) {
    case 'string':
      return toKey(value)
    case 'number':
      return Number.isFinite(value) ? value : null
    case 'boolean':
      return value ? 1 : 0
    default:
      return null
  }
}
