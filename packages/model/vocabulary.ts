import rows from './data/vocabulary.json' with { type: 'json' }
import type { EntityType } from './entity.ts'
import type { RelationshipKind } from './relationship.ts'

/** The vocabularies that Mirage's words are mapped to: Open Asset Model, STIX 2.1, SpiderFoot, BBOT, MISP. */
export const vocabularies = ['oam', 'stix', 'spiderfoot', 'bbot', 'misp'] as const

export type Vocabulary = (typeof vocabularies)[number]

/**
 * One thing that people distinguish, and what each vocabulary calls it, the most usual word first. A label may carry
 * what tells it apart behind `#` (`DNS_NAME#domain`: the tag; `identity#individual`: the class); `object:` marks a MISP
 * object among its attributes.
 */
export interface Concept extends Record<Vocabulary, readonly string[]> {
  concept: string
  /** The entity type that carries it; null where it is a relationship, a finding or an assertion. */
  type: EntityType | null
  /** The relationship kind that makes it what it is, where the type alone does not. */
  via?: RelationshipKind
}

export const concepts: readonly Concept[] = rows as Concept[] // types and kinds in it are checked by a test

/** What a vocabulary calls entities of this type, the most usual label first; empty where it has no word. */
export function labelsOf(vocabulary: Vocabulary, type: EntityType): string[] {
  return unique(concepts.filter((concept) => concept.type === type).flatMap((concept) => concept[vocabulary]))
}

/** Every concept that a vocabulary gives this label, most usual first. Without `#…` a label finds those that have it too. */
export function conceptsOf(vocabulary: Vocabulary, label: string): Concept[] {
  const exact = concepts.filter((concept) => concept[vocabulary].includes(label))
  if (exact.length > 0 || label.includes('#')) return exact
  return concepts.filter((concept) => concept[vocabulary].some((other) => other.startsWith(`${label}#`)))
}

/** The entity types that a label can stand for, most usual first; empty for a label that no entity carries. */
export function typesOf(vocabulary: Vocabulary, label: string): EntityType[] {
  return unique(conceptsOf(vocabulary, label).flatMap(({ type }) => (type === null ? [] : [type])))
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)]
}
