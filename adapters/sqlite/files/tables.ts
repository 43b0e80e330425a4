import type { SQLInputValue, StatementSync } from 'node:sqlite'
import type { Place } from './spaces.ts'

const texts = new Map<string, Map<string, string>>()

/** The statement of `text`, in which the tables of the workspace stand as `{name}`. */
export function statement({ database, prefix }: Place, text: string): StatementSync {
  let known = texts.get(prefix)
  if (known === undefined) texts.set(prefix, (known = new Map()))
  let full = known.get(text)
  if (full === undefined) known.set(text, (full = text.replace(/\{(\w+)\}/g, (_, table) => `"${prefix}${table}"`)))
  return database.prepare(full)
}

/** The caller states the columns that its text selects. */
export function rowsOf<Row extends unknown[]>(place: Place, text: string, ...values: SQLInputValue[]): Row[] {
  return statement(place, text).all(...values) as unknown as Row[]
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- states the columns, as above
export function rowOf<Row extends unknown[]>(place: Place, text: string, ...values: SQLInputValue[]): Row | undefined {
  return statement(place, text).get(...values) as unknown as Row | undefined
}

/** Rows that one statement inserts. */
const rowsAtOnce = 32

/** Inserts rows of so many `columns`, whose values stand one behind the other; those that are there stay. */
export function insertRows(place: Place, table: string, columns: number, values: number[]): void {
  const row = `(${Array.from({ length: columns }, () => '?').join(', ')})`
  const one = `insert or ignore into {${table}} values ${row}`
  const many = one + `, ${row}`.repeat(rowsAtOnce - 1)
  let at = 0
  for (; at + columns * rowsAtOnce <= values.length; at += columns * rowsAtOnce)
    statement(place, many).run(...values.slice(at, at + columns * rowsAtOnce))
  for (; at < values.length; at += columns) statement(place, one).run(...values.slice(at, at + columns))
}
