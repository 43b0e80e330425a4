import type { SearchRecord } from '@mirage/ports/search.ts'
import { insertRows, rowOf, rowsOf, statement } from '../files/tables.ts'
import { writing } from '../ids/ids.ts'
import { asKey } from '../ids/key.ts'
import { everyTerm, facetTerm, fold, prefixTerm, type SearchStore } from './store.ts'

/** Records in one transaction: each writes about ten rows, and a transaction writes the last page of a dozen trees whole. */
const pieceSize = 1_000
/** Texts that enter the trigram index in one transaction, which makes a segment that is merged with others later. */
const latePieceSize = 8_000

type StoredRow = [string, string, string]

export async function indexRecords(store: SearchStore, records: SearchRecord[], now: number): Promise<void> {
  const last = [...new Map(records.map((record) => [record.id, record])).values()]
  for (let start = 0; start < last.length; start += pieceSize) {
    await writing(store, () => {
      const piece = new Piece(store, now)
      for (const record of last.slice(start, start + pieceSize)) indexOne(store, piece, record)
      piece.write()
    })
  }
}

export async function removeRecords(store: SearchStore, ids: string[], now: number): Promise<void> {
  for (let start = 0; start < ids.length; start += pieceSize) {
    await writing(store, () => {
      const piece = new Piece(store, now)
      for (const id of ids.slice(start, start + pieceSize)) removeOne(store, piece, id)
      piece.write()
    })
  }
}

function indexOne(store: SearchStore, piece: Piece, record: SearchRecord): void {
  const known = store.ids.find(record.id)
  const number = known ?? store.ids.add(record.id)
  const before = known === undefined ? undefined : storedRow(store, number)
  const facets = JSON.stringify(record.facets)
  const numbers = JSON.stringify(record.numbers)
  if (before?.[0] === record.text && before[1] === facets && before[2] === numbers) return
  const folded = fold(record.text)
  const text = folded === record.text ? null : folded
  statement(
    store,
    'insert or replace into {record} (number, id, text, folded, facets, numbers) values (?, ?, ?, ?, ?, ?)',
  ).run(number, asKey(record.id), record.text, text, facets, numbers)
  if (before === undefined) piece.count(store.words.number(everyTerm), 1)
  replaceTerms(
    store,
    piece,
    number,
    before === undefined ? [] : piece.terms(fold(before[0]), before[1]),
    piece.terms(folded, facets),
  )
  if (before?.[2] !== numbers) replaceMeasures(store, piece, number, before?.[2], record.numbers)
  if (before?.[0] !== record.text) piece.late(number)
}

function removeOne(store: SearchStore, piece: Piece, id: string): void {
  const number = store.ids.find(id)
  const before = number === undefined ? undefined : storedRow(store, number)
  if (number === undefined || before === undefined) return
  piece.count(store.words.number(everyTerm), -1)
  replaceTerms(store, piece, number, piece.terms(fold(before[0]), before[1]), [])
  replaceMeasures(store, piece, number, before[2], {})
  statement(store, 'delete from {record} where number = ?').run(number)
  piece.late(number)
}

function storedRow(store: SearchStore, number: number): StoredRow | undefined {
  return rowOf<StoredRow>(store, 'select text, facets, numbers from {record} where number = ?', number)
}

function replaceTerms(store: SearchStore, piece: Piece, number: number, before: number[], after: number[]): void {
  for (const term of after) if (!before.includes(term)) piece.posting(term, number)
  for (const term of before) {
    if (after.includes(term)) continue
    statement(store, 'delete from {posting} where term = ? and record = ?').run(term, number)
    piece.count(term, -1)
  }
}

function replaceMeasures(
  store: SearchStore,
  piece: Piece,
  number: number,
  before: string | undefined,
  after: Record<string, number>,
): void {
  const gone = before === undefined ? {} : (JSON.parse(before) as Record<string, number>)
  for (const name in gone) {
    if (after[name] === gone[name]) continue
    const remove = statement(store, 'delete from {measure} where name = ? and value = ? and record = ?')
    remove.run(store.words.number(name), gone[name]!, number)
  }
  for (const name in after) piece.measure(store.words.number(name), after[name]!, number)
}

/** The small rows of a transaction, gathered so that many go with one statement and a counter is written once. */
class Piece {
  readonly #store: SearchStore
  readonly #now: number
  readonly #counts = new Map<number, number>()
  readonly #postings: number[] = []
  readonly #measures: number[] = []
  readonly #late: number[] = []
  /** The terms of facets as JSON: most records of a piece share them. */
  readonly #facetTerms = new Map<string, number[]>()

  constructor(store: SearchStore, now: number) {
    this.#store = store
    this.#now = now
  }

  /** Of the folded text and the facets as they are stored. */
  terms(folded: string, facets: string): number[] {
    let terms = this.#facetTerms.get(facets)
    if (terms === undefined) {
      const named = Object.entries(JSON.parse(facets) as Record<string, string[]>)
      const texts = new Set(named.flatMap(([name, values]) => values.map((value) => facetTerm(name, value))))
      terms = [...texts].map((text) => this.#store.words.number(text))
      this.#facetTerms.set(facets, terms)
    }
    return [this.#store.words.number(prefixTerm(folded)), ...terms]
  }

  count(term: number, records: number): void {
    this.#counts.set(term, (this.#counts.get(term) ?? 0) + records)
  }

  posting(term: number, record: number): void {
    this.#postings.push(term, record)
    this.count(term, 1)
  }

  measure(name: number, value: number, record: number): void {
    this.#measures.push(name, value, record)
  }

  late(record: number): void {
    this.#late.push(record, this.#now)
  }

  write(): void {
    insertRows(this.#store, 'posting', 2, this.#postings)
    insertRows(this.#store, 'measure', 3, this.#measures)
    insertRows(this.#store, 'late', 2, this.#late)
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
