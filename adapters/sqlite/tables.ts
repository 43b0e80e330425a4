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
