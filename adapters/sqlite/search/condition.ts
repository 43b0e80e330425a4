import type { SQLInputValue } from 'node:sqlite'
import type { SearchQuery } from '@mirage/ports/search.ts'
import { rowOf, rowsOf } from '../files/tables.ts'
import { facetTerm, fold, prefixTerm, type SearchStore } from './store.ts'
import { searchable } from './write.ts'

/** Up to so many candidates are sorted; more are read in the order wanted until a page is full. */
export const sortedCandidates = 20_000

export interface Condition {
  text: string
  values: SQLInputValue[]
}

/** Where candidates come from, by rising number, and about how many there are. */
export interface Source {
  from: string
  key: string
  condition: Condition
  estimate: number
}

const everything: Source = {
  from: '{record} r',
  key: 'r.number',
  condition: { text: 'true', values: [] },
  estimate: Infinity,
}

/**
 * What every record that is found must be, and where candidates may be taken from, one of which is enough; `impossible`
 * where no record can be found. Runs inside `reading`.
 */
export function readQuery(
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

export function where(conditions: Condition[]): Condition {
  return {
    text: conditions.map(({ text }) => text).join(' and '),
    values: conditions.flatMap(({ values }) => values),
  }
}
