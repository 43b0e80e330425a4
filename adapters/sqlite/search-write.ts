import type { SearchRecord } from '@mirage/ports/search.ts'
import { writing } from './ids.ts'
import { asKey } from './key.ts'
import { everyTerm, fold, type SearchStore, termsOf } from './search-store.ts'
import { rowOf, rowsOf, statement } from './tables.ts'

/** Records in one transaction; each writes about ten rows, many of them side by side. */
const pieceSize = 500
/** Texts that enter the trigram index in one transaction. */
const latePieceSize = 2_000

type StoredRow = [string, string, string]

export async function indexRecords(store: SearchStore, records: SearchRecord[], now: number): Promise<void> {
  const last = [...new Map(records.map((record) => [record.id, record])).values()]
  for (let start = 0; start < last.length; start += pieceSize) {
    await writing(store, () => {
      const counts = new TermCounts(store)
      for (const record of last.slice(start, start + pieceSize)) indexOne(store, counts, record, now)
      counts.write()
    })
  }
}

export async function removeRecords(store: SearchStore, ids: string[], now: number): Promise<void> {
  for (let start = 0; start < ids.length; start += pieceSize) {
    await writing(store, () => {
      const counts = new TermCounts(store)
      for (const id of ids.slice(start, start + pieceSize)) removeOne(store, counts, id, now)
      counts.write()
    })
  }
}

function indexOne(store: SearchStore, counts: TermCounts, record: SearchRecord, now: number): void {
  const known = store.ids.find(record.id)
  const number = known ?? store.ids.add(record.id)
  const before = known === undefined ? undefined : storedRow(store, number)
  const facets = JSON.stringify(record.facets)
  const numbers = JSON.stringify(record.numbers)
  if (before?.[0] === record.text && before[1] === facets && before[2] === numbers) return
  const folded = fold(record.text)
  statement(
    store,
    'insert or replace into {record} (number, id, text, folded, facets, numbers) values (?, ?, ?, ?, ?, ?)',
  ).run(number, asKey(record.id), record.text, folded === record.text ? null : folded, facets, numbers)
  if (before === undefined) counts.add(store.words.number(everyTerm), 1)
  replaceTerms(store, counts, number, before === undefined ? [] : termsOfRow(before), termsOf(record))
  if (before?.[2] !== numbers) replaceMeasures(store, number, before?.[2], record.numbers)
  if (before?.[0] !== record.text) statement(store, 'insert or ignore into {late} values (?, ?)').run(number, now)
}

function removeOne(store: SearchStore, counts: TermCounts, id: string, now: number): void {
  const number = store.ids.find(id)
  const before = number === undefined ? undefined : storedRow(store, number)
  if (number === undefined || before === undefined) return
  counts.add(store.words.number(everyTerm), -1)
  replaceTerms(store, counts, number, termsOfRow(before), [])
  replaceMeasures(store, number, before[2], {})
  statement(store, 'delete from {record} where number = ?').run(number)
  statement(store, 'insert or ignore into {late} values (?, ?)').run(number, now)
}

function storedRow(store: SearchStore, number: number): StoredRow | undefined {
  return rowOf<StoredRow>(store, 'select text, facets, numbers from {record} where number = ?', number)
}

function termsOfRow([text, facets]: StoredRow): string[] {
  return termsOf({ text, facets: JSON.parse(facets) as Record<string, string[]> })
}

function replaceTerms(store: SearchStore, counts: TermCounts, number: number, before: string[], after: string[]): void {
  for (const text of after) {
    if (before.includes(text)) continue
    const term = store.words.number(text)
    statement(store, 'insert or ignore into {posting} values (?, ?)').run(term, number)
    counts.add(term, 1)
  }
  for (const text of before) {
    if (after.includes(text)) continue
    const term = store.words.number(text)
    statement(store, 'delete from {posting} where term = ? and record = ?').run(term, number)
    counts.add(term, -1)
  }
}

function replaceMeasures(
  store: SearchStore,
  number: number,
  before: string | undefined,
  after: Record<string, number>,
): void {
  for (const [name, value] of Object.entries(
    before === undefined ? {} : (JSON.parse(before) as Record<string, number>),
  )) {
    if (after[name] === value) continue
    statement(store, 'delete from {measure} where name = ? and value = ? and record = ?').run(
      store.words.number(name),
      value,
      number,
    )
  }
  for (const [name, value] of Object.entries(after)) {
    statement(store, 'insert or ignore into {measure} values (?, ?, ?)').run(store.words.number(name), value, number)
  }
}

/** How many records have each term, added up before they are written. */
class TermCounts {
  readonly #store: SearchStore
  readonly #counts = new Map<number, number>()

  constructor(store: SearchStore) {
    this.#store = store
  }

  add(term: number, count: number): void {
    this.#counts.set(term, (this.#counts.get(term) ?? 0) + count)
  }

  write(): void {
    const add = statement(
      this.#store,
      'insert into {term} values (?, ?) on conflict (term) do update set records = records + excluded.records',
    )
    for (const [term, count] of this.#counts) if (count !== 0) add.run(term, count)
  }
}

/** Moves one piece of what is late into the trigram index; answers whether there is more. */
export async function catchUp(store: SearchStore): Promise<boolean> {
  return writing(store, () => {
    const late = rowsOf<[number, string | null]>(
      store,
      `select l.record, coalesce(r.folded, r.text) from {late} l left join {record} r on r.number = l.record
       order by l.record limit ?`,
      latePieceSize,
    )
    const put = statement(store, 'insert or replace into {trigram} (rowid, text) values (?, ?)')
    const remove = statement(store, 'delete from {trigram} where rowid = ?')
    for (const [record, text] of late) {
      if (text === null) remove.run(record)
      else put.run(record, searchable(text))
    }
    const last = late.at(-1)
    if (last !== undefined) statement(store, 'delete from {late} where record <= ?').run(last[0])
    return late.length === latePieceSize
  })
}

/** The query language of FTS5 ends at a zero byte. */
export function searchable(folded: string): string {
  return folded.replaceAll('\0', ' ')
}
