import { display } from '@mirage/model/registry.ts'
import { fieldOf, type Item } from './field.ts'

/** What a sentence speaks of, by the names it uses. */
export type Subjects = Record<string, Item[] | string>

export type Wording = (subjects: Subjects) => string

/** So many things are named; the rest is counted. */
const named = 3
const longest = 160

/**
 * A sentence with places: `{entity}`, `{entity.apex}`, `{users}` (“a, b, c and 4 more”), `{users.edge.version}`,
 * `{users.count}`, `{users.count|host|hosts}` (“1 host”, “3 hosts”), `{users.apex.count|owner|owners}`.
 * Throws when a place names what is not among `names`.
 */
export function compileWording(template: string, names: string[]): Wording {
  const pieces = template
    .trim()
    .replaceAll(/\s+/g, ' ')
    .split(/\{([^{}]*)\}/)
  const places = pieces.map((piece, at) => (at % 2 === 0 ? () => piece : compilePlace(piece, names)))
  return (subjects) => places.map((place) => place(subjects)).join('')
}

function compilePlace(place: string, names: string[]): Wording {
  const match = /^([a-zA-Z]\w*)(?:\.([\w.]+?))??(\.count)?(?:\|([^|]+)\|([^|]+))?$/.exec(place)
  const name = match?.[1]
  if (!match || name === undefined || !names.includes(name))
    throw new Error(`“{${place}}” names nothing; there is ${names.join(', ')}`)
  const [, , field, count, one, many] = match
  return (subjects) => {
    const subject = subjects[name] ?? []
    if (typeof subject === 'string') return subject
    if (name === 'edge' && field !== undefined) return textList(subject, `edge.${field}`)
    if (count === undefined) return textList(subject, field)
    const amount = field === undefined ? subject.length : valuesOf(subject, field).length
    return one === undefined ? String(amount) : `${amount} ${amount === 1 ? one : many}`
  }
}

function textList(items: Item[], field: string | undefined): string {
  const values = valuesOf(items, field)
  const shown = values.slice(0, named).map(readable)
  const more = values.length - shown.length
  if (more > 0) return `${shown.join(', ')} and ${more} more`
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}` : (shown[0] ?? 'unknown')
}

function valuesOf(items: Item[], field: string | undefined): string[] {
  const values = items.map((item) =>
    field === undefined || field === 'value' ? display(item.node.type, item.node.value) : fieldOf(item, field),
  )
  return [...new Set(values.filter((value) => value !== undefined))].sort()
}

function readable(value: string): string {
  const day = /^(\d{4}-\d\d-\d\d)T[\d:.]+Z$/.exec(value)?.[1]
  if (day !== undefined) return day
  return value.length > longest ? `${value.slice(0, longest).toWellFormed()}…` : value
}
