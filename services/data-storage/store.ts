import { type GivenTags, type Voice, voices, Voices } from '@mirage/model/voices.ts'
import type { EntityType } from '@mirage/model/entity.ts'
import type { RelationshipKind } from '@mirage/model/relationship.ts'
import type { Collection, CollectionSpec, Documents, Stamped } from '@mirage/ports/documents.ts'

/** An entity as stored. Instants are milliseconds. */
export interface EntityDocument {
  id: string
  type: EntityType
  value: string
  firstSeenAt: number
  lastSeenAt: number
  tags: GivenTags
  modules: string[]
  runs: string[]
  attributes: Record<string, Stamped>
}

export interface ObservationDocument {
  id: string
  run: string
  module: string
  moduleVersion: number
  entity: string
  source?: string
  kind?: RelationshipKind
  qualifier?: string
  direction?: 'out' | 'in'
  relationship?: string
  key: string
  firstSeenAt: number
  lastSeenAt: number
  raw?: string
  /** Each with when it was given last. */
  tags: Record<string, Stamped<true>>
  attributes: Record<string, Stamped>
  exchange?: string
}

export interface RelationshipDocument {
  id: string
  from: string
  kind: RelationshipKind
  qualifier: string
  to: string
  firstSeenAt: number
  lastSeenAt: number
  modules: string[]
  runs: string[]
}

/** What people said of an entity; outlives every run, and is there before the entity is seen again. */
export interface MarkDocument {
  id: string
  tags: string[]
  falsePositive: boolean
  notes: { at: number; text: string }[]
}

const entities: CollectionSpec<EntityDocument> = {
  name: 'entities',
  indexes: {},
  merge: {
    firstSeenAt: 'min',
    lastSeenAt: 'max',
    tags: 'stamped',
    modules: 'union',
    runs: 'union',
    attributes: 'stamped',
  },
}

const observations: CollectionSpec<ObservationDocument> = {
  name: 'observations',
  indexes: { runEntity: ['run', 'entity'], runRelationship: ['run', 'relationship'] },
  merge: {
    firstSeenAt: 'min',
    lastSeenAt: 'max',
    tags: 'stamped',
    attributes: 'stamped',
    moduleVersion: 'max',
    // Of several spellings and several pieces of evidence any will do, but always the same.
    raw: 'min',
    exchange: 'min',
  },
}

const relationships: CollectionSpec<RelationshipDocument> = {
  name: 'relationships',
  indexes: {},
  merge: { firstSeenAt: 'min', lastSeenAt: 'max', modules: 'union', runs: 'union' },
}

const marks: CollectionSpec<MarkDocument> = { name: 'marks', indexes: {} }

export interface Store {
  entities: Collection<EntityDocument>
  observations: Collection<ObservationDocument>
  relationships: Collection<RelationshipDocument>
  marks: Collection<MarkDocument>
  voices: Voices
}

export async function openStore(documents: Documents): Promise<Store> {
  return {
    entities: await documents.collection(entities),
    observations: await documents.collection(observations),
    relationships: await documents.collection(relationships),
    marks: await documents.collection(marks),
    voices: new Voices(await documents.collection<Voice>(voices)),
  }
}
