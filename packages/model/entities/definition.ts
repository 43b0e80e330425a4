import type { EntityType } from '../entity.ts'

/** Something found in free text: `raw` stands at `index`, `value` is its canonical form. */
export interface Match {
  value: string
  raw: string
  index: number
}

/** All there is to know about one entity type. */
export interface EntityDefinition {
  type: EntityType
  /** Raised when `normalise` answers another value for the same text. Stored beside an entity, never hashed. */
  version: number
  title: string
  plural: string
  /** What the canonical value looks like, for people. */
  form: string
  examples: readonly { raw: string; value: string }[]
  counterExamples: readonly string[]
  /** The canonical value of a text that is one whole entity; undefined when it is none. Idempotent. */
  normalise(raw: string): string | undefined
  /** Every entity of this type in free text that is not defanged, in order, without overlaps, in linear time. */
  find?(text: string): Match[]
  /** The entity that a canonical URL names by itself: the profile, the repository, the bucket it leads to. */
  fromUrl?(url: string): string | undefined
  /** The value as people read it. For most types it normalises back to the value. */
  display(value: string): string
}

/** The longest text that is read as one entity, and the longest canonical value. Identity is a hash whatever the length. */
export const maxValueLength = 16_384

export function displayAsIs(value: string): string {
  return value
}
