import { parseDuration } from '@mirage/kit/clock.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { didYouMean } from '@mirage/kit/settings.ts'
import { detect, splitPrefix } from '@mirage/model/detect.ts'
import { type EntityType, entityId, entityTypes } from '@mirage/model/entity.ts'
import { normalise } from '@mirage/model/registry.ts'
import type { SearchQuery } from '@mirage/ports/search.ts'

type Selection = Pick<SearchQuery, 'phrases' | 'notPhrases' | 'facets' | 'notFacets' | 'ranges' | 'ids' | 'notIds'>

const facets = ['type', 'tag', 'module', 'run', 'is']
/** What `is:` knows. */
const states = ['false-positive']
const instants = ['seen', 'first']
const fields = [...facets, ...instants]

/**
 * The query language: words separated by spaces must all hold. `type:domain,email`, `tag:prod`, `module:crtsh`,
 * `run:run_…`, `is:false-positive`; `seen:>2026-01-01` and `first:<7d` compare with a date or an age. A type in front of
 * a value is that one entity, `domain:mail.example.com`; where what follows is no whole value, `domain:mail`, those of the
 * type that contain it. Anything else, or anything in quotes, is text that the value contains. A leading `-` turns a word
 * around. A field named twice, and two entities, are alternatives. Throws `entities.query_invalid`, naming the word.
 */
export function parseQuery(text: string, now: number): Selection {
  const selection: Drawn = { phrases: [], notPhrases: [], facets: {}, notFacets: {}, ranges: {} }
  for (const [, minus, field, quotedValue, value, phrase, word] of text.matchAll(
    /(-)?(?:([a-z][a-z-]*):(?:"([^"]*)"|([^\s"]+))|"([^"]*)"|(\S+))/g,
  )) {
    const not = minus !== undefined
    const said = quotedValue ?? value ?? ''
    const type = field === undefined ? undefined : splitPrefix(`${field}:${said}`)?.type
    if (field !== undefined && fields.includes(field)) addField(selection, field, said, not, now)
    else if (type !== undefined) addEntity(selection, type, said, not)
    else if (field !== undefined && !isValue(`${field}:${said}`))
      throw invalidQuery(
        `“${field}:” is not a field${didYouMean(field, fields) || '.'} Fields are ${fields.join(', ')} and the types of entities; put quotes around text with a colon.`,
      )
    else addText(selection, phrase ?? word ?? `${field}:${said}`, not)
  }
  return selection
}

interface Drawn extends Selection {
  phrases: string[]
  notPhrases: string[]
  facets: Facets
  notFacets: Facets
  ranges: Ranges
}

function addText(selection: Drawn, text: string, not: boolean): void {
  if (text.length > 0) (not ? selection.notPhrases : selection.phrases).push(text.toLowerCase())
}

function addEntity(selection: Drawn, type: EntityType, text: string, not: boolean): void {
  const value = normalise(type, text)
  if (value !== undefined) (selection[not ? 'notIds' : 'ids'] ??= []).push(entityId(type, value))
  else if (not) throw invalidQuery(`“-${type}:${text}” names no entity: write “-type:${type}” or “-${text}”.`)
  else {
    addChosen(selection.facets, 'type', [type])
    addText(selection, text, not)
  }
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
    if (not) throw invalidQuery(`“-${field}:” cannot be turned around: use > or < instead.`)
    addInstant(selection.ranges, field, value, now)
    return
  }
  const values = value.split(',').filter((one) => one.length > 0)
  if (values.length === 0) throw invalidQuery(`“${field}:” needs a value.`)
  if (field === 'type')
    for (const type of values)
      if (!(entityTypes as readonly string[]).includes(type))
        throw invalidQuery(`“${type}” is not an entity type${didYouMean(type, [...entityTypes]) || '.'}`)
  if (field === 'is')
    for (const state of values)
      if (!states.includes(state)) throw invalidQuery(`“is:${state}” says nothing; there is ${states.join(', ')}.`)
  addChosen(not ? selection.notFacets : selection.facets, field, values)
}

function addChosen(chosen: Facets, field: string, values: string[]): void {
  chosen[field] = [...(chosen[field] ?? []), ...values]
}

function addInstant(ranges: Ranges, field: string, value: string, now: number): void {
  const [, sign, what] = /^([<>]?)(.+)$/.exec(value) ?? []
  const age = parseDuration(what ?? '')
  const at = age === undefined ? Date.parse(what ?? '') : now - age
  if (Number.isNaN(at))
    throw invalidQuery(`“${field}:${value}”: write a date such as ${field}:>2026-01-31 or an age such as ${field}:>7d.`)
  const range = (ranges[field] ??= {})
  if (sign === '<') range.to = at
  else range.from = at
}

/** Types that any word can be read as. */
const loose = new Set<EntityType>(['username', 'keyword', 'organization', 'person', 'text'])

/** `https://…`, `btc:…` and `lei:…|Acme` are values with a colon; `typ:domain` and `scope:in` are fields that are none. */
function isValue(text: string): boolean {
  return text.includes('|') || /:(\/\/|\d)/.test(text) || detect(text).some(({ type }) => !loose.has(type))
}

export function invalidQuery(detail: string): MirageError {
  return new MirageError({ code: 'entities.query_invalid', status: 400, detail })
}
