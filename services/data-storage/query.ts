import { parseDuration } from '@mirage/kit/clock.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { didYouMean } from '@mirage/kit/settings.ts'
import { entityTypes } from '@mirage/model/entity.ts'
import type { SearchQuery } from '@mirage/ports/search.ts'

type Selection = Pick<SearchQuery, 'phrases' | 'notPhrases' | 'facets' | 'notFacets' | 'ranges'>

const facets = ['type', 'tag', 'module', 'run', 'is']
const instants = ['seen', 'first']
const fields = [...facets, ...instants]

/**
 * The query language: words separated by spaces must all hold. `type:domain,email`, `tag:prod`, `module:crtsh`,
 * `run:run_…`, `is:false-positive`; `seen:>2026-01-01` and `first:<7d` compare with a date or an age; anything else, or
 * anything in quotes, is text that the value contains. A leading `-` turns a word around. Throws
 * `entities.query_invalid`, naming the word.
 */
export function parseQuery(text: string, now: number): Selection {
  const selection = {
    phrases: [] as string[],
    notPhrases: [] as string[],
    facets: {} as Facets,
    notFacets: {} as Facets,
    ranges: {} as Ranges,
  }
  for (const [, minus, field, quotedValue, value, phrase, word] of text.matchAll(
    /(-)?(?:([a-z]+):(?:"([^"]*)"|([^\s"]+))|"([^"]*)"|(\S+))/g,
  )) {
    if (field !== undefined && fields.includes(field))
      addField(selection, field, quotedValue ?? value ?? '', minus !== undefined, now)
    else if (field !== undefined && looksLikeField(field, text))
      throw invalid(
        `“${field}:” is not a field${didYouMean(field, fields) || '.'} Fields are ${fields.join(', ')}; put quotes around text with a colon.`,
      )
    else {
      const searched = phrase ?? word ?? `${field}:${quotedValue ?? value}`
      if (searched.length > 0)
        (minus === undefined ? selection.phrases : selection.notPhrases).push(searched.toLowerCase())
    }
  }
  return selection
}

type Facets = Record<string, string[]>
type Ranges = Record<string, { from?: number; to?: number }>

function addField(
  selection: { facets: Facets; notFacets: Facets; ranges: Ranges },
  field: string,
  value: string,
  not: boolean,
  now: number,
): void {
  if (instants.includes(field)) {
    if (not) throw invalid(`“-${field}:” cannot be turned around: use > or < instead.`)
    addInstant(selection.ranges, field, value, now)
    return
  }
  const values = value.split(',').filter((one) => one.length > 0)
  if (values.length === 0) throw invalid(`“${field}:” needs a value.`)
  if (field === 'type')
    for (const type of values)
      if (!(entityTypes as readonly string[]).includes(type))
        throw invalid(`“${type}” is not an entity type${didYouMean(type, [...entityTypes]) || '.'}`)
  const chosen = not ? selection.notFacets : selection.facets
  chosen[field] = [...(chosen[field] ?? []), ...values]
}

function addInstant(ranges: Ranges, field: string, value: string, now: number): void {
  const [, sign, what] = /^([<>]?)(.+)$/.exec(value) ?? []
  const age = parseDuration(what ?? '')
  const at = age === undefined ? Date.parse(what ?? '') : now - age
  if (Number.isNaN(at))
    throw invalid(`“${field}:${value}”: write a date such as ${field}:>2026-01-31 or an age such as ${field}:>7d.`)
  const range = (ranges[field] ??= {})
  if (sign === '<') range.to = at
  else range.from = at
}

/** `https://…` is text; `typ:domain` is a field mistyped. */
function looksLikeField(field: string, text: string): boolean {
  return !new RegExp(`${field}:(//|\\d)`).test(text) && didYouMean(field, fields) !== ''
}

function invalid(detail: string): MirageError {
  return new MirageError({ code: 'entities.query_invalid', status: 400, detail })
}
