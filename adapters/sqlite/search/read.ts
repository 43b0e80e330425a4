import type { SQLInputValue } from 'node:sqlite'
import type { SearchDelay, SearchPage, SearchQuery } from '@mirage/ports/search.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { rowOf, rowsOf } from '../files/tables.ts'
import { fromKey } from '../ids/key.ts'
import { type Condition, readQuery, sortedCandidates, type Source, where } from './condition.ts'
import { everyTerm, facetTerm, type SearchStore } from './store.ts'

/** Matches are counted, and their facets, up to here. */
const countedMatches = 10_000

/** Answers one page. Runs inside `reading`. */
export function searchRecords(store: SearchStore, query: SearchQuery): SearchPage {
  const { conditions, sources, impossible } = readQuery(store, query)
  if (impossible)
    return { ids: [], total: 0, totalIsLowerBound: false, ...(query.count && { counts: noCounts(query.count) }) }
  const best = sources.reduce((a, b) => (b.estimate < a.estimate ? b : a))
  const unfiltered = conditions.length === 0
  const page = query.sort ? sortedPage(store, query, best, conditions) : plainPage(store, query, best, conditions)
  const total = unfiltered ? recordsOf(store, everyTerm) : countMatches(store, best, conditions)
  return {
    ...page,
    total: unfiltered ? total : Math.min(total, countedMatches),
    totalIsLowerBound: !unfiltered && total > countedMatches,
    ...(query.count && {
      counts: unfiltered ? countEverywhere(store, query.count) : countFacets(store, query.count, best, conditions),
    }),
  }
}

function plainPage(
  store: SearchStore,
  { after, limit }: SearchQuery,
  source: Source,
  conditions: Condition[],
): { ids: string[]; next?: string } {
  const [number] = readCursor(after, [0])
  const { text, values } = where([source.condition, { text: `${source.key} > ?`, values: [number] }, ...conditions])
  const rows = rowsOf<[number, Uint8Array | string]>(
    store,
    `select r.number, r.id from ${source.from} where ${text} order by ${source.key} limit ?`,
    ...values,
    limit,
  )
  const ids = rows.map(([, id]) => fromKey(id))
  const last = rows.at(-1)
  return last === undefined || rows.length < limit ? { ids } : { ids, next: writeCursor([last[0]]) }
}

/** Records without the number that is sorted by are left out. */
function sortedPage(
  store: SearchStore,
  { sort, after, limit }: SearchQuery,
  source: Source,
  conditions: Condition[],
): { ids: string[]; next?: string } {
  const { by, descending } = sort!
  const [name, beyond] = [store.words.find(by) ?? -1, descending ? '<' : '>']
  const direction = descending ? 'desc' : 'asc'
  const cursor = after === undefined ? undefined : readCursor(after, [0, 0])
  const few = source.estimate <= sortedCandidates
  const value = few ? 'cast(r.numbers ->> ? as real)' : 'm.value'
  const named: SQLInputValue[] = few ? [by] : []
  const { text, values } = where([
    few ? source.condition : { text: 'm.name = ?', values: [name] },
    ...(few ? [{ text: 'r.numbers ->> ? is not null', values: [by] }] : []),
    ...(cursor ? [{ text: `(${value}, r.number) ${beyond} (?, ?)`, values: [...named, ...cursor] }] : []),
    ...conditions,
  ])
  const rows = rowsOf<[number, number, Uint8Array | string]>(
    store,
    `select ${value} as value, r.number, r.id
     from ${few ? source.from : '{measure} m cross join {record} r on r.number = m.record'}
     where ${text} order by value ${direction}, r.number ${direction} limit ?`,
    ...named,
    ...values,
    limit,
  )
  const ids = rows.map(([, , id]) => fromKey(id))
  const last = rows.at(-1)
  return last === undefined || rows.length < limit ? { ids } : { ids, next: writeCursor([last[0], last[1]]) }
}

function countMatches(store: SearchStore, source: Source, conditions: Condition[]): number {
  const { text, values } = where([source.condition, ...conditions])
  const [count] = rowOf<[number]>(
    store,
    `select count(*) from (select 1 from ${source.from} where ${text} limit ?)`,
    ...values,
    countedMatches + 1,
  )!
  return count
}

function recordsOf(store: SearchStore, text: string): number {
  const term = store.words.find(text)
  const row = term === undefined ? undefined : rowOf<[number]>(store, 'select records from {term} where term = ?', term)
  return row?.[0] ?? 0
}

type Counts = Record<string, Record<string, number>>

function noCounts(names: string[]): Counts {
  return Object.fromEntries(names.map((name) => [name, {}]))
}

function countEverywhere(store: SearchStore, names: string[]): Counts {
  return Object.fromEntries(
    names.map((name) => {
      const start = facetTerm(name, '')
      const rows = rowsOf<[string, number]>(
        store,
        `select w.text, t.records from {word} w join {term} t on t.term = w.number
         where w.text >= ? and w.text < ? and t.records > 0`,
        start,
        `${start}\u{10ffff}`,
      )
      return [name, Object.fromEntries(rows.map(([text, records]) => [text.slice(start.length), records]))]
    }),
  )
}

function countFacets(store: SearchStore, names: string[], source: Source, conditions: Condition[]): Counts {
  const { text, values } = where([source.condition, ...conditions])
  const rows = rowsOf<[string]>(
    store,
    `select r.facets from ${source.from} where ${text} limit ?`,
    ...values,
    countedMatches,
  )
  const counts = new Map(names.map((name) => [name, new Map<string, number>()]))
  for (const [facets] of rows) {
    const parsed = JSON.parse(facets) as Record<string, string[]>
    for (const [name, values] of counts) {
      for (const value of new Set(parsed[name])) values.set(value, (values.get(value) ?? 0) + 1)
    }
  }
  return Object.fromEntries([...counts].map(([name, values]) => [name, Object.fromEntries(values)]))
}

export function delayOf(store: SearchStore, now: number): SearchDelay {
  const [records, since] = rowOf<[number, number | null]>(store, 'select count(*), min(at) from {late}')!
  return { records, ageMs: since === null ? 0 : Math.max(0, now - since) }
}
