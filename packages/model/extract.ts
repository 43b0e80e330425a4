import { type EntityType, entityTypes } from './entity.ts'
import type { Match } from './entities/definition.ts'
import { refang } from './refang.ts'
import { definitions } from './registry.ts'

/** An entity found in free text: `raw` is what stands at `index`, defanged or not; `value` is canonical. */
export interface Extracted extends Match {
  type: EntityType
}

/** The types that can be found in free text. */
export const extractableTypes: readonly EntityType[] = entityTypes.filter(
  (type) => definitions[type].find !== undefined || definitions[type].fromUrl !== undefined,
)

/**
 * Every entity of these types in free text, ordered by index and then by type. Types are looked for independently: the
 * host of a URL is found as a domain too. Defanged marks are read through. Time is linear in the text, whatever it holds.
 */
export function extract(text: string, types: readonly EntityType[] = extractableTypes): Extracted[] {
  const plain = refang(text)
  const found: Extracted[] = []
  const add = (type: EntityType, { value, raw, index }: Match) => {
    if (plain.text === text) return void found.push({ type, value, raw, index })
    const start = plain.originalIndex(index)
    found.push({ type, value, raw: text.slice(start, plain.originalIndex(index + raw.length)), index: start })
  }
  const readers = types.filter((type) => definitions[type].fromUrl !== undefined)
  const urls = readers.length > 0 || types.includes('url') ? (definitions.url.find?.(plain.text) ?? []) : []
  for (const type of types) {
    const matches = type === 'url' ? urls : (definitions[type].find?.(plain.text) ?? [])
    for (const match of matches) add(type, match)
  }
  for (const match of urls) {
    for (const type of readers) {
      const value = definitions[type].fromUrl?.(match.value)
      if (value !== undefined) add(type, { ...match, value })
    }
  }
  return found.sort((a, b) => a.index - b.index || entityTypes.indexOf(a.type) - entityTypes.indexOf(b.type))
}
