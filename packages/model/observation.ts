import { type Static, Type as t } from 'typebox'
import { type EntityType, entityTypes } from './entity.ts'
import { contentId } from './id.ts'
import { severities } from './finding.ts'
import { type RelationshipKind, relationshipKinds } from './relationship.ts'

const Id = t.String({ pattern: '^[a-z2-7]{26}$' })

export const Entity = t.Object(
  { id: Id, type: t.Enum([...entityTypes] as EntityType[]), value: t.String({ minLength: 1, maxLength: 16_384 }) },
  { additionalProperties: false },
)

/** The edge an observation makes: always between its entity and its source, in either direction. */
export const Edge = t.Object(
  {
    id: Id,
    kind: t.Enum([...relationshipKinds] as RelationshipKind[]),
    qualifier: t.String({ maxLength: 128 }),
    /** `out`: source → entity; `in`: entity → source. */
    direction: t.Enum(['out', 'in']),
  },
  { additionalProperties: false },
)

/**
 * "Module M, in run R, from source entity S, saw entity E by kind K." Module, version and run stand once on the batch
 * that carries it. `at` is when it was seen, in milliseconds.
 */
export const Observation = t.Object(
  {
    id: Id,
    entity: Entity,
    /** Absent only for what a person gave: the seeds. */
    source: t.Optional(Entity),
    edge: t.Optional(Edge),
    /** What the module says tells two sightings apart: record type, certificate id, port. */
    key: t.String({ maxLength: 512 }),
    at: t.Integer(),
    /** As it was seen, where that differs from the canonical value. */
    raw: t.Optional(t.String({ maxLength: 16_384 })),
    attributes: t.Optional(t.Record(t.String(), t.Unknown())),
    tags: t.Optional(t.Array(t.String({ maxLength: 64 }), { maxItems: 64 })),
    /** The recorded exchange this was read from. */
    exchange: t.Optional(t.String()),
  },
  { additionalProperties: false },
)
export type Observation = Static<typeof Observation>

/** A module's own statement about entities, kept as a finding by the correlation engine. */
export const ModuleFinding = t.Object(
  {
    rule: t.String(),
    severity: t.Enum([...severities]),
    title: t.String(),
    explanation: t.String(),
    entities: t.Array(Entity, { minItems: 1, maxItems: 100 }),
    exchange: t.Optional(t.String()),
  },
  { additionalProperties: false },
)
export type ModuleFinding = Static<typeof ModuleFinding>

/** The identity of an observation: everything but its times, attributes, version and exchange, which merge. */
export function observationId(parts: {
  run: string
  module: string
  source: string | undefined
  kind: string
  direction: string
  entity: string
  key: string
}): string {
  const { run, module, source, kind, direction, entity, key } = parts
  return contentId(`${run}\n${module}\n${source ?? ''}\n${kind}\n${direction}\n${entity}\n${key}`)
}
