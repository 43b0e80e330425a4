import { ensureLayout } from '../files/layout.ts'
import type { Place } from '../files/spaces.ts'
import { type Ids, openIds } from '../ids/ids.ts'
import { openWords, type Words } from '../ids/words.ts'

/**
 * `posting` holds which records have a term, `measure` their numbers in order, `late` those whose text the trigram index
 * does not know yet. The index keeps no text and no positions, so that a phrase becomes all of its trigrams and is then
 * looked for in `folded`; that is the text in lower case, null where it is the same.
 */
function layoutOf(p: string): string {
  return `
    create table if not exists "${p}record" (
      number integer primary key, id not null, text text not null, folded text, facets text not null, numbers text not null
    );
    create table if not exists "${p}posting" (
      term integer, record integer, primary key (term, record)
    ) strict, without rowid;
    create table if not exists "${p}measure" (
      name integer, value real, record integer, primary key (name, value, record)
    ) strict, without rowid;
    create table if not exists "${p}term" (term integer primary key, records integer not null) strict;
    create table if not exists "${p}late" (record integer primary key, at integer not null) strict;
    create virtual table if not exists "${p}trigram" using fts5 (
      text, tokenize = 'trigram', content = '', contentless_delete = 1, detail = none
    );
  `
}

/** What search keeps open for a workspace. */
export interface SearchStore extends Place {
  ids: Ids
  words: Words
}

export async function openSearchStore({ database, prefix }: Place): Promise<SearchStore> {
  await ensureLayout(database, `${prefix}search`, 1, layoutOf(prefix))
  return { database, prefix, ids: await openIds(database, prefix), words: await openWords(database, prefix) }
}

/** The text of a term: a facet's value, or the beginning of a record's text. */
export function facetTerm(name: string, value: string): string {
  return `${name}=${value}`
}

export function prefixTerm(folded: string): string {
  const first = folded.codePointAt(0)! > 0xffff ? 2 : 1
  const second = (folded.codePointAt(first) ?? 0) > 0xffff ? 2 : 1
  return `^${folded.slice(0, first + second)}`
}

/** Counts all records; it has no postings. */
export const everyTerm = '*'

export function fold(text: string): string {
  return text.toLowerCase()
}
