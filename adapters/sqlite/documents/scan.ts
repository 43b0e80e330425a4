import type { SQLInputValue } from 'node:sqlite'
import type { Scan } from '@mirage/ports/documents.ts'
import { cursorInvalid } from '../cursor.ts'
import { asked, columnOf, type DocumentSpace, numberOf, readable, reference, type Table } from './table.ts'

export function conditionOf<T>(
  { ids }: DocumentSpace,
  table: Table,
  { index, equals = {} }: Pick<Scan<T>, 'index' | 'equals'>,
): { where: string; values: SQLInputValue[]; rest: string[] } {
  if (index === undefined) return { where: '', values: [], rest: [] }
  const fields = table.indexes[index]
  if (fields === undefined) {
    throw new RangeError(
      `no index “${index}” on ${table.name}; it has ${Object.keys(table.indexes).join(', ') || 'none'}`,
    )
  }
  const given = equals as Record<string, unknown>
  const leading = fields.findIndex((field) => given[field] === undefined)
  const fixed = leading < 0 ? fields : fields.slice(0, leading)
  const stray = Object.keys(given).find((field) => given[field] !== undefined && !fixed.includes(field))
  if (stray !== undefined) {
    throw new RangeError(
      `“${stray}” is not a leading field of the index “${index}” (${fields.join(', ')}) on ${table.name}`,
    )
  }
  const rest = fields.slice(fixed.length)
  const terms = [
    ...fixed.map((field) => `"${columnOf(field)}" = ?`),
    // What makes the partial index usable; for the fixed ones the equality does.
    ...rest.map((field) => `"${columnOf(field)}" is not null`),
  ]
  return {
    where: `where ${terms.join(' and ')}`,
    values: fixed.map((field, slot) => asked(ids, given[field], slot)),
    rest,
  }
}

export function scanPage<T>(space: DocumentSpace, table: Table, scan: Scan<T>): { items: T[]; next?: string } {
  const { where, values, rest } = conditionOf(space, table, scan)
  const order = [...rest.map((field) => `"${columnOf(field)}"`), 'number']
  const cursor = scan.after === undefined ? undefined : readCursor(scan.after, order.length, values.length)
  const beyond = cursor && `(${order.join(', ')}) > (${order.map(() => '?').join(', ')})`
  const condition = beyond === undefined ? where : where === '' ? `where ${beyond}` : `${where} and ${beyond}`
  const rows = space.database
    .prepare(`select body, ${order.join(', ')} from "${table.name}" ${condition} order by ${order.join(', ')} limit ?`)
    .all(...values, ...(cursor ?? []), scan.limit) as unknown as [string, ...Cell[]][]
  const items = rows.flatMap(([body]) => readable<T>(space, body) ?? [])
  const last = rows.at(-1)
  if (last === undefined || rows.length < scan.limit) return { items }
  return { items, next: writeCursor(last.slice(1)) }
}

type Cell = string | number | Uint8Array

/** A cursor holds the sort key of the last item; the numbers of ids stand in arrays of their own. */
function writeCursor(cells: Cell[]): string {
  const json = JSON.stringify(cells.map((cell) => (cell instanceof Uint8Array ? [numberOf(cell)] : cell)))
  return Buffer.from(json).toString('base64url')
}

/** `slot` is the first that no other value of the statement uses. */
function readCursor(text: string, length: number, slot: number): Cell[] {
  try {
    const cells = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown
    if (Array.isArray(cells) && cells.length === length && cells.every(isCell)) {
      return cells.map((cell, i) => (Array.isArray(cell) ? reference(cell[0] as number, slot + i) : (cell as Cell)))
    }
  } catch {
    // Answered below like any other text that is none of ours.
  }
  throw cursorInvalid()
}

function isCell(cell: unknown): boolean {
  if (Array.isArray(cell)) return cell.length === 1 && typeof cell[0] === 'number'
  return typeof cell === 'string' || typeof cell === 'number'
}
