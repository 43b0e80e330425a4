import type { SQLInputValue } from 'node:sqlite'
import type { Document, Merged } from '@mirage/ports/documents.ts'
import { mergeInto, type MergeRules } from '@mirage/ports/merge.ts'
import { transactionBytes, transactionRows } from '../files/database.ts'
import { columnOf, type DocumentSpace, stored, type Table } from './table.ts'

export interface Writer<T> {
  /** How much text it has written. */
  bytes(): number
  insert(document: T): boolean
  put(document: T): void
  merge(document: T): Merged
}

/** Writes documents of one table inside a transaction. */
export function writerOf<T extends Document>(
  { database, ids }: DocumentSpace,
  table: Table,
  rules: MergeRules<T>,
): Writer<T> {
  const columns = table.columns.map((field) => `"${columnOf(field)}"`)
  const marks = columns.map(() => ', ?').join('')
  const insertion = `into "${table.name}" (number, body${columns.map((name) => `, ${name}`).join('')}) values (?, ?${marks})`
  const insertNew = database.prepare(`insert ${insertion}`)
  const insertOrIgnore = database.prepare(`insert or ignore ${insertion}`)
  const find = database.prepare(`select body from "${table.name}" where number = ?`)
  const replaceBody = `update "${table.name}" set body = ? where number = ?`
  const replaceAll = `update "${table.name}" set body = ?${columns.map((name) => `, ${name} = ?`).join('')} where number = ?`

  let bytes = 0

  function bodyOf(document: T): string {
    const body = JSON.stringify(document)
    bytes += body.length
    return body
  }

  function fieldOf(document: T, field: string): unknown {
    return (document as unknown as Record<string, unknown>)[field]
  }

  function columnValues(document: T): SQLInputValue[] {
    return table.columns.map((field, slot) => stored(ids, fieldOf(document, field), slot))
  }

  /** `known` is the id's number where it has one, with or without a document. */
  function insert(document: T, known: number | undefined): boolean {
    const number = known ?? ids.add(document.id)
    const statement = known === undefined ? insertNew : insertOrIgnore
    return statement.run(number, bodyOf(document), ...columnValues(document)).changes === 1
  }

  function replace(number: number, before: T | undefined, after: T): void {
    // SQLite writes an index anew when its column is named, even with the same value.
    if (before !== undefined && table.columns.every((field) => fieldOf(before, field) === fieldOf(after, field))) {
      database.prepare(replaceBody).run(bodyOf(after), number)
    } else {
      database.prepare(replaceAll).run(bodyOf(after), ...columnValues(after), number)
    }
  }

  return {
    bytes: () => bytes,

    insert: (document) => insert(document, ids.find(document.id)),

    put(document) {
      const number = ids.find(document.id)
      if (!insert(document, number)) replace(number!, undefined, document)
    },

    merge(document) {
      const number = ids.find(document.id)
      const row = number === undefined ? undefined : (find.get(number) as unknown as [string] | undefined)
      if (number === undefined || row === undefined) {
        insert(document, number)
        return 'inserted'
      }
      const before = JSON.parse(row[0]) as T
      const after = mergeInto<T>(rules, before, document)
      if (after === before) return 'same'
      replace(number, before, after)
      return 'changed'
    },
  }
}

/** Writes documents from the one at `from` on, as many as one transaction takes. */
export function writePiece<T, R>(
  writer: Writer<T>,
  documents: T[],
  from: number,
  work: (writer: Writer<T>, document: T) => R,
): R[] {
  const results: R[] = []
  for (let at = from; at < documents.length; at++) {
    if (results.length >= transactionRows || writer.bytes() >= transactionBytes) break
    results.push(work(writer, documents[at]!))
  }
  return results
}
