import { misfits, fits } from '@mirage/kit/schema.ts'
import { type EntityType, entityTypes } from '@mirage/model/entity.ts'
import { severities } from '@mirage/model/finding.ts'
import { type RelationshipKind, relationshipKinds } from '@mirage/model/relationship.ts'
import { type Static, Type as t } from 'typebox'
import { parse } from 'yaml'
import { Condition } from './condition.ts'
import { type PartName, partNames } from './part.ts'

const closed = { additionalProperties: false }
const Name = t.String({ pattern: '^[a-z][A-Za-z0-9]*$' })
const Type = t.Enum([...entityTypes] as EntityType[])
const Kind = t.Enum([...relationshipKinds] as RelationshipKind[])
const Part = t.Enum([...partNames] as PartName[])
const Count = t.Integer({ minimum: 0, maximum: 10_000 })

/** Which entities: all that is given must hold. */
const filter = {
  type: t.Optional(t.Union([Type, t.Array(Type, { minItems: 1 })])),
  value: t.Optional(Condition),
  parts: t.Optional(t.Partial(t.Record(Part, Condition))),
  /** The most telling first: it is what entities are found by. */
  attributes: t.Optional(t.Record(t.String(), Condition)),
  /** It has one of these. */
  tags: t.Optional(t.Array(t.String(), { minItems: 1 })),
  withoutTags: t.Optional(t.Array(t.String(), { minItems: 1 })),
}
const Filter = t.Object(filter, closed)
export type Filter = Static<typeof Filter>

/** A part of the value (`apex`), an attribute (`attributes.address`) or one of the edge (`edge.version`). */
const Field = t.String({ pattern: `^(${partNames.join('|')}|(attributes|edge)\\.[A-Za-z][A-Za-z0-9]*)$` })

const threshold = {
  /** At least so many. Default 1; 0 asks for none. */
  least: t.Optional(Count),
  /** At most so many: 0 makes it an absence. Looked at when a run is over, because more may come until then. */
  most: t.Optional(Count),
  /** Counts different values of this field instead of entities. */
  distinct: t.Optional(Field),
}

/** What is joined to a group's entity over edges of one kind. */
const Joined = t.Object(
  {
    over: t.Union([Kind, t.Array(Kind, { minItems: 1 })]),
    /** `out`: the edge starts at the group's entity. */
    direction: t.Enum(['out', 'in']),
    qualifier: t.Optional(t.Union([t.String(), t.Array(t.String(), { minItems: 1 })])),
    /** One of these modules saw the edge. */
    seenBy: t.Optional(t.Array(t.String(), { minItems: 1 })),
    /** Attributes of the edge: what a module said of this sighting and not of the entity. */
    edge: t.Optional(t.Record(t.String(), Condition)),
    ...filter,
    ...threshold,
    /** In words, what of each matters; without it they are not shown as evidence. */
    because: t.Optional(t.String()),
  },
  closed,
)
export type Joined = Static<typeof Joined>

const Analysis = t.Union([
  /** Those of `of` whose field some of `and` has too; the rest of `of` is dropped. */
  t.Object({ both: t.Object({ of: Name, and: Name, by: Field, least: t.Optional(Count) }, closed) }, closed),
  /** Those of `of` whose field none of `notIn` has; the rest of `of` is dropped. */
  t.Object({ only: t.Object({ of: Name, notIn: Name, by: Field, least: t.Optional(Count) }, closed) }, closed),
  /** One finding for each value of the field that at most this share of the members has. */
  t.Object(
    { outlier: t.Object({ by: Field, share: t.Number({ exclusiveMinimum: 0, maximum: 0.5 }) }, closed) },
    closed,
  ),
  /** One finding for each pair of members whose fields a reader could take for each other. */
  t.Object({ alike: t.Object({ by: Field }, closed) }, closed),
])
export type Analysis = Static<typeof Analysis>

const Saw = t.Object(
  {
    /** `type value`. */
    see: t.String(),
    from: t.Optional(t.String()),
    /** `kind` or `kind[qualifier]`. */
    edge: t.Optional(t.String()),
    direction: t.Optional(t.Enum(['out', 'in'])),
    by: t.Optional(t.String()),
    at: t.Optional(t.String()),
    attributes: t.Optional(t.Record(t.String(), t.Unknown())),
    tags: t.Optional(t.Array(t.String())),
  },
  closed,
)
export type Saw = Static<typeof Saw>

const RuleTest = t.Object(
  {
    name: t.String(),
    saw: t.Array(Saw),
    /** Repeats `saw` with `{n}` replaced by 1 to this. */
    times: t.Optional(t.Integer({ minimum: 1, maximum: 1000 })),
    also: t.Optional(t.Array(Saw)),
    /** The headlines of the findings; none when it must not fire. */
    says: t.Array(t.String()),
  },
  closed,
)
export type RuleTest = Static<typeof RuleTest>

export const RuleDefinition = t.Object(
  {
    id: t.String({ pattern: '^[a-z][a-z0-9-]{2,63}$' }),
    title: t.String(),
    severity: t.Enum([...severities]),
    summary: t.String(),
    /** Where the reasoning is written down. */
    source: t.Optional(t.String()),
    /**
     * What is looked at together: every single `entity` with what is joined to it; the entities that have an attribute
     * or a part of the value in common; or `everything` of a run, once, at its end.
     */
    group: t.Union([
      t.Enum(['entity', 'everything']),
      t.Object({ attribute: t.String() }, closed),
      t.Object({ part: Part }, closed),
    ]),
    /** The entity of a group, or its members. */
    entity: Filter,
    because: t.String(),
    joined: t.Optional(t.Record(Name, Joined)),
    members: t.Optional(t.Object(threshold, closed)),
    analyse: t.Optional(t.Array(Analysis)),
    headline: t.String(),
    explanation: t.String(),
    tests: t.Array(RuleTest, { minItems: 2 }),
  },
  closed,
)
export type RuleDefinition = Static<typeof RuleDefinition>

/** The rule that `text` (YAML) defines. Throws sentences that name the file and what is wrong. */
export function readRule(file: string, text: string): RuleDefinition {
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw new Error(`${file} is not YAML: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  if (!fits(RuleDefinition, value)) throw new Error(`${file}: ${misfits(RuleDefinition, value).join('; ')}`)
  const isEntity = value.group === 'entity'
  if (value.joined && !isEntity) throw new Error(`${file}: “joined” needs “group: entity”`)
  if (value.members && isEntity) throw new Error(`${file}: “members” is for groups of several entities`)
  if (isEntity && !value.entity.type) throw new Error(`${file}: “entity” needs a “type”`)
  return value
}
