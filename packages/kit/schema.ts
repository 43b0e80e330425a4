import { type Static, type TSchema, Type as t } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { MirageError } from './errors.ts'

const compiled = new WeakMap<TSchema, Validator>()

/** The validator of a schema, compiled on first use. */
export function validatorOf(schema: TSchema): Validator {
  let validator = compiled.get(schema)
  if (!validator) compiled.set(schema, (validator = Compile(schema)))
  return validator
}

/** True when `value` is of this schema. */
export function fits<S extends TSchema>(schema: S, value: unknown): value is Static<S> {
  return validatorOf(schema).Check(value)
}

/** At most five sentences on what does not fit, each with the path of the field. */
export function misfits(schema: TSchema, value: unknown): string[] {
  // An unknown field is named twice: by its object, and by the “false” that stands for its schema.
  const errors = validatorOf(schema)
    .Errors(value)
    .filter(({ keyword }) => keyword !== 'boolean')
  const sentences = errors.map(({ instancePath, keyword, message, params }) => {
    const field = instancePath.slice(1).replaceAll('/', '.')
    const details = params as {
      additionalProperties?: string[]
      requiredProperties?: string[]
      allowedValues?: unknown[]
    }
    if (keyword === 'additionalProperties') return `unknown field ${quoted(details.additionalProperties, field)}`
    if (keyword === 'required') return `missing field ${quoted(details.requiredProperties, field)}`
    if (keyword === 'enum') return `${field}: must be one of ${details.allowedValues?.join(', ')}`
    return field ? `${field}: ${message}` : message
  })
  return [...new Set(sentences)].slice(0, 5)
}

function quoted(names: string[] | undefined, parent: string): string {
  return (names ?? []).map((name) => `“${parent ? `${parent}.` : ''}${name}”`).join(', ')
}

/** `value` itself when it fits; otherwise throws 400 `request.invalid`, naming what does not. */
export function demand<S extends TSchema>(schema: S, value: unknown, what = 'The request'): Static<S> {
  if (fits(schema, value)) return value
  throw new MirageError({
    code: 'request.invalid',
    status: 400,
    detail: `${what} is not valid: ${misfits(schema, value).join('; ')}.`,
  })
}

/**
 * The values of query parameters (or path names) as the schema of each says: numbers and booleans are decoded, arrays
 * repeat the name. What cannot be decoded stays text, so that validation names it.
 */
export function decodeParameters(
  properties: Record<string, TSchema>,
  parameters: URLSearchParams,
): Record<string, unknown> {
  const decoded: Record<string, unknown> = {}
  for (const name of new Set(parameters.keys())) {
    const schema: { type?: string; items?: { type?: string } } | undefined = properties[name]
    const texts = parameters.getAll(name)
    if (schema?.type === 'array') decoded[name] = texts.map((text) => decodeText(schema.items?.type, text))
    else decoded[name] = texts.length === 1 ? decodeText(schema?.type, texts[0]!) : texts
  }
  return decoded
}

function decodeText(type: string | undefined, text: string): unknown {
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

/** A page of a list. `next` is the cursor of the following page, absent at the end. */
export function Page<S extends TSchema>(item: S) {
  return t.Object({
    items: t.Array(item),
    next: t.Optional(t.String()),
    total: t.Integer({ minimum: 0 }),
    totalIsLowerBound: t.Boolean(),
  })
}

export interface PageOf<T> {
  items: T[]
  next?: string
  total: number
  totalIsLowerBound: boolean
}

/** What every list takes. */
export const pageInput = {
  after: t.Optional(t.String({ maxLength: 1024, description: 'The `next` of the page before.' })),
  limit: t.Optional(t.Integer({ minimum: 1, maximum: 1000, description: 'Items on the page. Default 100.' })),
}

/** An instant as it travels: ISO 8601 UTC. */
export const Instant = t.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$',
  description: 'ISO 8601, UTC.',
})

/** A page of a list that is short enough to be at hand whole. Cursors are positions: such lists keep their order. */
export function pageOf<T>(all: T[], { after, limit = 1000 }: { after?: string; limit?: number }): PageOf<T> {
  const from = Math.max(0, Number.parseInt(after ?? '0', 10) || 0)
  const items = all.slice(from, from + limit)
  const end = from + items.length
  return { items, ...(end < all.length ? { next: String(end) } : {}), total: all.length, totalIsLowerBound: false }
}
