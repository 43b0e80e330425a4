import type { SQLInputValue } from 'node:sqlite'
import type { SearchDelay, SearchPage, SearchQuery } from '@mirage/ports/search.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { rowOf, rowsOf } from '../files/tables.ts'
import { fromKey } from '../ids/key.ts'
import { everyTerm, facetTerm, fold, prefixTerm, type SearchStore } from './store.ts'
import { searchable } from './write.ts'

/** Matches are counted, and their facets, up to here. */
const countedMatches = 10_000
/** Up to so many candidates are sorted; more are read in the order wanted until a page is full. */
const sortedCandidates = 20_000

interface Condition {
  text: string
  values: SQLInputValue[]
}

/** Where candidates come from, by rising number, and about how many there are. */
interface Source {
  from: string
  key: string
  condition: Condition
  estimate: number
}

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

const everything: Source = {
  from: '{record} r',
  key: 'r.number',
  condition: { text: 'true', values: [] },
  estimate: Infinity,
}

function readQuery(
  store: SearchStore,
  query: SearchQuery,
): { conditions: Condition[]; sources: Source[]; impossible: boolean } {
  const conditions: Condition[] = []
  const sources: Source[] = [everything]
  let impossible = false

  if (query.ids) {
    const ids = knownIds(store, query.ids)
    if (ids.length === 0) impossible = true
    const condition = { text: `r.number in (${marks(ids)})`, values: ids }
    conditions.push(condition)
    sources.push({ ...everything, condition, estimate: ids.length })
  }
  if (query.notIds) {
    const ids = knownIds(store, query.notIds)
    conditions.push({ text: `r.number not in (${marks(ids)})`, values: ids })
  }
  for (const [name, values] of Object.entries(query.facets ?? {})) {
    const terms = knownTerms(
      store,
      values.map((value) => facetTerm(name, value)),
    )
    if (terms.length === 0) impossible = true
    conditions.push(hasTerm(terms))
    sources.push(termSource(store, terms))
  }
  for (const [name, values] of Object.entries(query.notFacets ?? {})) {
    const { text, values: terms } = hasTerm(
      knownTerms(
        store,
        values.map((value) => facetTerm(name, value)),
      ),
    )
    conditions.push({ text: `not ${text}`, values: terms })
  }
  for (const [name, { from, to }] of Object.entries(query.ranges ?? {})) {
    if (from !== undefined) conditions.push({ text: 'r.numbers ->> ? >= ?', values: [name, from] })
    if (to !== undefined) conditions.push({ text: 'r.numbers ->> ? <= ?', values: [name, to] })
  }
  const trigrams = new Set<string>()
  for (const phrase of (query.phrases ?? []).map(fold).filter((phrase) => phrase !== '')) {
    conditions.push(holdsPhrase(phrase))
    const found = trigramsOf(phrase)
    for (const trigram of found) trigrams.add(trigram)
    if (found.length > 0) continue
    const terms = beginnings(store, phrase)
    if (terms.length === 0) impossible = true
    sources.push(termSource(store, terms))
  }
  if (trigrams.size > 0) sources.push(trigramSource(store, [...trigrams], sources))
  for (const phrase of (query.notPhrases ?? []).map(fold).filter((phrase) => phrase !== '')) {
    const { text, values } = holdsPhrase(phrase)
    conditions.push({ text: `not (${text})`, values })
  }
  return { conditions, sources, impossible }
}

/** Every three neighbouring characters, as the tokenizer cuts them. */
function trigramsOf(phrase: string): string[] {
  const characters = Array.from(searchable(phrase))
  return characters.slice(2).map((last, i) => `${characters[i]}${characters[i + 1]}${last}`)
}

function holdsPhrase(phrase: string): Condition {
  const length = Array.from(phrase).length
  return length < 3
    ? { text: 'substr(coalesce(r.folded, r.text), 1, ?) = ?', values: [length, phrase] }
    : { text: 'instr(coalesce(r.folded, r.text), ?) > 0', values: [phrase] }
}

function hasTerm(terms: number[]): Condition {
  return {
    text: `exists (select 1 from {posting} where term in (${marks(terms)}) and record = r.number)`,
    values: terms,
  }
}

function marks(values: unknown[]): string {
  return values.map(() => '?').join(', ')
}

function knownTerms(store: SearchStore, texts: string[]): number[] {
  return texts.map((text) => store.words.find(text)).filter((term) => term !== undefined)
}

function knownIds(store: SearchStore, ids: string[]): number[] {
  return ids.map((id) => store.ids.find(id)).filter((number) => number !== undefined)
}

/** The terms of all texts that begin with one or two characters. */
function beginnings(store: SearchStore, phrase: string): number[] {
  const term = prefixTerm(phrase)
  if (Array.from(phrase).length === 2) return knownTerms(store, [term])
  const rows = rowsOf<[number]>(
    store,
    'select number from {word} where text >= ? and text < ?',
    term,
    `${term}\u{10ffff}`,
  )
  return rows.map(([number]) => number)
}

function termSource(store: SearchStore, terms: number[]): Source {
  const [estimate] = rowOf<[number]>(
    store,
    `select coalesce(sum(records), 0) from {term} where term in (${marks(terms)})`,
    ...terms,
  )!
  return terms.length === 1
    ? {
        from: '{posting} p cross join {record} r on r.number = p.record',
        key: 'p.record',
        condition: { text: 'p.term = ?', values: terms },
        estimate,
      }
    : {
        from: '{record} r',
        key: 'r.number',
        condition: {
          text: `r.number in (select record from {posting} where term in (${marks(terms)}))`,
          values: terms,
        },
        estimate,
      }
}

function trigramSource(store: SearchStore, trigrams: string[], others: Source[]): Source {
  const match = trigrams.map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ')
  const limit = Math.min(sortedCandidates + 1, ...others.map(({ estimate }) => estimate))
  const [estimate] = rowOf<[number]>(
    store,
    'select count(*) from (select 1 from {trigram} where {trigram} match ? limit ?)',
    match,
    limit,
  )!
  return {
    from: '{trigram} t cross join {record} r on r.number = t.rowid',
    key: 't.rowid',
    condition: { text: '{trigram} match ?', values: [match] },
    estimate,
  }
}

function where(conditions: Condition[]): Condition {
  return {
    text: conditions.map(({ text }) => text).join(' and '),
    values: conditions.flatMap(({ values }) => values),
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
