import { closest, distance } from 'fastest-levenshtein'
import type { Static, TObject, TSchema } from 'typebox'
import { validatorOf } from './schema.ts'

/** Where a value came from, weakest first; each is a whole layer. */
export type Origin = 'default' | 'file' | 'environment' | 'stored' | 'flag'

export interface Layer {
  origin: Origin
  /** Shown to people: the file's path, the variable's prefix. */
  name: string
  /** section → setting → value. */
  values: Record<string, Record<string, unknown>>
}

export interface ResolvedSettings {
  values: Record<string, Record<string, unknown>>
  /** `section.setting` → where its value came from. */
  origins: Record<string, { origin: Origin; name: string }>
  /** Every wrong one, each as a sentence. */
  errors: string[]
}

/** Lays the layers over the defaults of each section's schema. Names every wrong setting at once. */
export function resolveSettings(schemas: Record<string, TObject>, layers: Layer[]): ResolvedSettings {
  const values: ResolvedSettings['values'] = {}
  const origins: ResolvedSettings['origins'] = {}
  const errors: string[] = []
  for (const [section, schema] of Object.entries(schemas)) {
    values[section] = validatorOf(schema).Default({}) as Record<string, unknown>
    for (const setting of Object.keys(schema.properties))
      origins[`${section}.${setting}`] = { origin: 'default', name: '' }
  }
  for (const { origin, name, values: sections } of layers)
    for (const [section, settings] of Object.entries(sections)) {
      const schema = Object.hasOwn(schemas, section) ? schemas[section] : undefined
      if (!schema) {
        errors.push(`${name}: there is no section “${section}”${didYouMean(section, Object.keys(schemas))}`)
        continue
      }
      for (const [setting, given] of Object.entries(settings)) {
        const property = Object.hasOwn(schema.properties, setting) ? schema.properties[setting] : undefined
        if (!property) {
          errors.push(
            `${name}: “${section}” has no setting “${setting}”${didYouMean(setting, Object.keys(schema.properties))}`,
          )
          continue
        }
        const value = origin === 'environment' ? validatorOf(property).Convert(given) : given
        const wrong = validatorOf(property).Errors(value)[0]
        if (wrong) errors.push(`${name}: “${section}.${setting}” ${wrong.message}${describe(property)}`)
        else {
          values[section]![setting] = value
          origins[`${section}.${setting}`] = { origin, name }
        }
      }
    }
  return { values, origins, errors }
}

function describe(property: TSchema & { description?: string }): string {
  return property.description ? ` (${property.description})` : ''
}

/** “; did you mean …?” where one of the names is near, else nothing. It ends the sentence. */
export function didYouMean(word: string, names: string[]): string {
  if (names.length === 0) return ''
  const near = closest(word, names)
  return distance(word.toLowerCase(), near.toLowerCase()) <= Math.max(2, word.length / 3)
    ? `; did you mean “${near}”?`
    : ''
}

/**
 * The layer that environment variables make: `MIRAGE_<SERVICE>__<NAME>`, as in
 * `MIRAGE_SCAN_ORCHESTRATION__MAX_RUNS=8` for `scan-orchestration.maxRuns`.
 */
export function environmentLayer(variables: Record<string, string | undefined>): Layer {
  const values: Layer['values'] = {}
  for (const [variable, value] of Object.entries(variables)) {
    const parts = /^MIRAGE_([A-Z0-9_]+?)__([A-Z0-9_]+)$/.exec(variable)
    if (!parts || value === undefined) continue
    const section = parts[1]!.toLowerCase().replaceAll('_', '-')
    const setting = parts[2]!.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
    ;(values[section] ??= {})[setting] = value
  }
  return { origin: 'environment', name: 'environment', values }
}

/** The settings of one section, as its schema types them. They were checked by `resolveSettings`. */
export function sectionOf<S extends TObject>(resolved: ResolvedSettings, section: string): Static<S> {
  return resolved.values[section] as Static<S>
}
