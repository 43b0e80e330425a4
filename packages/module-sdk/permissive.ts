import { fits } from '@mirage/kit/schema.ts'
import type { Static, TSchema } from 'typebox'

export interface Reading<T> {
  /** Undefined when nothing of the shape can be read from it. */
  value: T | undefined
  /** Rows and optional fields that were left out because they did not fit. */
  dropped: number
}

/** The JSON Schema under a TypeBox schema, as far as reading a foreign document needs it. */
interface Shape {
  type?: string
  items?: TSchema
  properties?: Record<string, TSchema>
  required?: string[]
}

/**
 * Reads `document` as `schema`, forgivingly: fields that the schema does not name are left as they are, an optional field that
 * does not fit is left out (`null` counts as absent), and so is a row of an array. A required field that does not
 * fit, or an array of which no row fits, makes the value undefined. The document itself is not changed.
 */
export function readAs<S extends TSchema>(schema: S, document: unknown): Reading<Static<S>> {
  if (fits(schema, document)) return { value: document, dropped: 0 }
  const reading = repair(schema, document)
  return { value: fits(schema, reading.value) ? reading.value : undefined, dropped: reading.dropped }
}

function repair(schema: TSchema, document: unknown): Reading<unknown> {
  const shape = schema as Shape
  if (shape.items && Array.isArray(document)) return repairRows(shape.items, document)
  if (shape.properties && typeof document === 'object' && document !== null && !Array.isArray(document)) {
    // The check above makes it an object with text for keys, which is all that is read from it.
    return repairFields(shape.properties, shape.required ?? [], document as Record<string, unknown>)
  }
  return { value: document, dropped: 0 }
}

function repairRows(item: TSchema, rows: unknown[]): Reading<unknown> {
  const kept: unknown[] = []
  let dropped = 0
  for (const row of rows) {
    const reading = readAs(item, row)
    if (reading.value === undefined) dropped++
    else {
      kept.push(reading.value)
      dropped += reading.dropped
    }
  }
  return { value: kept.length === 0 && rows.length > 0 ? undefined : kept, dropped }
}

function repairFields(
  properties: Record<string, TSchema>,
  required: string[],
  document: Record<string, unknown>,
): Reading<unknown> {
  const value = { ...document }
  let dropped = 0
  for (const [name, schema] of Object.entries(properties)) {
    if (!(name in document)) continue
    const reading = readAs(schema, document[name])
    dropped += reading.dropped
    if (reading.value !== undefined) value[name] = reading.value
    else if (!required.includes(name)) {
      delete value[name]
      if (document[name] !== null) dropped++
    }
  }
  return { value, dropped }
}
