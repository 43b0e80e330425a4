import { defineContract, get, Nothing, post, remove, stream } from '@mirage/kit/contract.ts'
import { defineEvent } from '@mirage/kit/event.ts'
import { Instant, Page, pageInput } from '@mirage/kit/schema.ts'
import { ModuleFinding, Observation } from '@mirage/model/observation.ts'
import { type Static, Type as t } from 'typebox'

const Count = t.Integer({ minimum: 0 })

/** An entity as the workspace knows it, over all its runs. */
export const StoredEntity = t.Object({
  id: t.String(),
  type: t.String(),
  value: t.String(),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  tags: t.Array(t.String()),
  modules: t.Array(t.String()),
  /** The latest value of each attribute. */
  attributes: t.Record(t.String(), t.Unknown()),
  falsePositive: t.Boolean(),
  notes: t.Array(t.Object({ at: Instant, text: t.String() })),
})
export type StoredEntity = Static<typeof StoredEntity>

export const StoredObservation = t.Object({
  id: t.String(),
  run: t.String(),
  module: t.String(),
  moduleVersion: Count,
  entity: t.String(),
  source: t.Optional(t.String()),
  kind: t.Optional(t.String()),
  qualifier: t.Optional(t.String()),
  direction: t.Optional(t.Enum(['out', 'in'])),
  relationship: t.Optional(t.String()),
  key: t.String(),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  raw: t.Optional(t.String()),
  attributes: t.Record(t.String(), t.Unknown()),
  tags: t.Array(t.String()),
  exchange: t.Optional(t.String()),
})
export type StoredObservation = Static<typeof StoredObservation>

export const StoredRelationship = t.Object({
  id: t.String(),
  from: t.String(),
  kind: t.String(),
  qualifier: t.String(),
  to: t.String(),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  modules: t.Array(t.String()),
})
export type StoredRelationship = Static<typeof StoredRelationship>

/** One step of "why is it here": the entity, and the observation that led to it. */
export const Reason = t.Object({ entity: StoredEntity, observation: t.Optional(StoredObservation) })
export type Reason = Static<typeof Reason>

/** What a module saw and stated in a run, told again: as `observations.collected` says it, without the batch's name. */
export const Retold = t.Object({
  run: t.String(),
  module: t.String(),
  moduleVersion: Count,
  /** When the findings were first or last stated, milliseconds; 0 where there are none. */
  publishedAt: t.Integer(),
  observations: t.Array(Observation),
  findings: t.Array(ModuleFinding),
})
export type Retold = Static<typeof Retold>

/** `firstAt` in milliseconds. */
const Voice = t.Object({
  id: t.String(),
  run: t.String(),
  module: t.Optional(t.String()),
  firstAt: t.Integer(),
  tags: t.Array(t.String()),
})

const run = { run: t.String({ description: 'The id of a run.' }) }
const entity = t.String({ description: 'The id of an entity, or `type:value`.' })
const next = t.Optional(t.String())

export const storage = defineContract(
  'data-storage',
  'Entities, observations and relationships, with their evidence.',
  {
    searchEntities: get('/entities', {
      summary:
        'Entities, in the order in which they were first stored. `query` is the query language: `type:domain tag:prod seen:>2026-01-01 -module:crtsh "mail"`, or one entity, `domain:mail.example.com`.',
      permission: 'entities:read',
      input: {
        run: t.Optional(t.String({ description: 'Only what this run saw.' })),
        query: t.Optional(t.String({ maxLength: 4096, description: 'Conditions that must all hold, as above.' })),
        ...pageInput,
      },
      reply: Page(StoredEntity),
      errors: ['entities.query_invalid'],
    }),
    getEntity: get('/entities/{entity}', {
      summary: 'One entity, by id or `type:value`.',
      permission: 'entities:read',
      input: { entity },
      reply: StoredEntity,
      errors: ['entities.not_found'],
    }),
    explainEntity: get('/entities/{entity}/reasons', {
      summary: 'Why an entity is here: the chain of observations from a seed of the run to it, seed first.',
      permission: 'entities:read',
      input: { entity, ...run },
      reply: t.Object({ items: t.Array(Reason), observations: t.Array(StoredObservation) }),
      errors: ['entities.not_found'],
    }),
    markEntities: post('/entities/marks', {
      summary: 'Tags, notes and false-positive marks for all entities that a query selects. They outlive runs.',
      permission: 'entities:write',
      input: {
        run: t.Optional(t.String({ description: 'Only what this run saw.' })),
        query: t.String({ maxLength: 4096, description: 'Which entities, in the query language of the list.' }),
        addTags: t.Optional(t.Array(t.String({ minLength: 1, maxLength: 64 }), { description: 'Tags of people.' })),
        removeTags: t.Optional(t.Array(t.String(), { description: 'Tags of people that go.' })),
        falsePositive: t.Optional(t.Boolean({ description: 'They are not what they seem; false takes it back.' })),
        note: t.Optional(t.String({ minLength: 1, maxLength: 10_000, description: 'A note, added to those there.' })),
      },
      reply: t.Object({ marked: Count }),
      errors: ['entities.query_invalid'],
    }),
    exportEntities: get('/exports/entities', {
      summary: 'Every entity of a run, ordered by id.',
      permission: 'entities:read',
      input: run,
      reply: stream(StoredEntity),
    }),
    exportObservations: get('/exports/observations', {
      summary: 'Every observation of a run, ordered by id.',
      permission: 'entities:read',
      input: { ...run, entity: t.Optional(entity) },
      reply: stream(StoredObservation),
    }),
    exportRelationships: get('/exports/relationships', {
      summary: 'Every relationship of a run, ordered by id.',
      permission: 'entities:read',
      input: run,
      reply: stream(StoredRelationship),
    }),
    exportSightings: get('/exports/sightings', {
      summary: 'What each entity of a run looked like, module by module, ordered by the id of the entity.',
      permission: 'entities:read',
      input: run,
      reply: stream(
        t.Object({
          entity: t.String(),
          type: t.String(),
          value: t.String(),
          /** Each look: which module, from which source, and the attributes it saw. */
          looks: t.Array(
            t.Object({
              module: t.String(),
              source: t.Optional(t.String()),
              attributes: t.Record(t.String(), t.Unknown()),
            }),
          ),
        }),
      ),
    }),
    listWorkspaces: get('/stored-workspaces', {
      summary: 'The workspaces of which anything is stored.',
      permission: 'service',
      reply: t.Object({ items: t.Array(t.String()) }),
    }),
    listRetold: get('/retold-batches', {
      summary:
        'All that was seen and stated in every run, for a reader that rebuilds itself. Reads what was there at the first page.',
      permission: 'service',
      input: pageInput,
      reply: t.Object({ items: t.Array(Retold), next }),
    }),
    listVoices: get('/voices', {
      summary:
        'Which modules spoke in which runs, from when on, and what tags they gave; and, without a module, which runs ended whole.',
      permission: 'service',
      input: pageInput,
      reply: t.Object({ items: t.Array(Voice), next }),
    }),
    listAppliedBatches: get('/applied-batches', {
      summary: 'Names of the batches whose content is stored. To be read before the content by who relies on both.',
      permission: 'service',
      input: pageInput,
      reply: t.Object({
        items: t.Array(t.Object({ id: t.String(), run: t.String(), lost: t.Optional(Count) })),
        next,
      }),
    }),
    listDrainedRuns: get('/drained-runs', {
      summary: 'Runs that drained, with the batches that count, and those that were forgotten.',
      permission: 'service',
      input: pageInput,
      reply: t.Object({
        items: t.Array(
          t.Object({
            run: t.String(),
            round: t.Integer(),
            batches: t.Array(t.Tuple([t.Integer(), t.Integer(), t.Integer(), t.Integer()])),
            forgotten: t.Optional(t.Boolean()),
          }),
        ),
        next,
      }),
    }),
    deleteRun: remove('/stored-runs/{run}', {
      summary: 'Forgets a run and what only it saw.',
      permission: 'service',
      input: run,
      reply: Nothing,
      status: 204,
    }),
  },
)

/** Tags, notes or false-positive marks of these entities changed. */
export const entitiesChanged = defineEvent(
  'entities.changed',
  t.Object({
    entities: t.Array(t.Object({ id: t.String(), tags: t.Array(t.String()), falsePositive: t.Boolean() }), {
      maxItems: 1000,
    }),
  }),
)
