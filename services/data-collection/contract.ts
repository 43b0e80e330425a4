import { bytes, defineContract, get, post } from '@mirage/kit/contract.ts'
import { defineEvent } from '@mirage/kit/event.ts'
import { Instant, Page, pageInput } from '@mirage/kit/schema.ts'
import { ModuleFinding, Observation } from '@mirage/model/observation.ts'
import { outcomes } from '@mirage/model/outcome.ts'
import { type Static, Type as t } from 'typebox'

const Count = t.Integer({ minimum: 0 })

/** The triple (task, attempt, index) names a batch within its run. */
export const BatchName = t.Object({
  run: t.String(),
  /** 0 holds the run's seeds. */
  task: Count,
  attempt: Count,
  index: Count,
})

/** Observations of one task's attempt. */
export const ObservationBatch = t.Object(
  {
    ...BatchName.properties,
    module: t.String(),
    moduleVersion: Count,
    observations: t.Array(Observation, { maxItems: 1000 }),
    findings: t.Array(ModuleFinding, { maxItems: 1000 }),
  },
  { additionalProperties: false },
)
export type ObservationBatch = Static<typeof ObservationBatch>

export const observationsCollected = defineEvent('observations.collected', ObservationBatch)

/** Halves of a batch's records, for a consumer that must find the one it cannot take. */
export function splitBatch(batch: ObservationBatch): [ObservationBatch, ObservationBatch] | undefined {
  const { observations, findings } = batch
  if (observations.length + findings.length <= 1) return undefined
  const half = observations.length >> 1
  if (observations.length > 1)
    return [
      { ...batch, observations: observations.slice(0, half), findings: [] },
      { ...batch, observations: observations.slice(half), findings },
    ]
  return [
    { ...batch, findings: [] },
    { ...batch, observations: [], findings },
  ]
}

/** An attempt ended; its batches are 0 to `batches` - 1. */
export const CollectionFinished = t.Object(
  {
    run: t.String(),
    task: Count,
    attempt: Count,
    batches: Count,
    outcome: t.Enum([...outcomes]),
    /** Why, in words, for anything but `found` and `empty`. */
    reason: t.Optional(t.String()),
    requests: Count,
    queries: Count,
    observations: Count,
    /** Yielded, but not of the type they claimed to be. */
    dropped: Count,
    ms: t.Number(),
    /** Tells the settings that people had given its module from others; absent where they had given none. */
    settings: t.Optional(t.String()),
    /** Entities about which not all was answered, by their ids: what is missing there may be there all the same. */
    unanswered: t.Optional(t.Union([t.Literal('all'), t.Array(t.String())])),
  },
  { additionalProperties: false },
)
export type CollectionFinished = Static<typeof CollectionFinished>

export const collectionFinished = defineEvent('collection.finished', CollectionFinished)

/** One outbound request and what came back, without its secrets. */
export const Exchange = t.Object({
  id: t.String(),
  run: t.String(),
  task: Count,
  module: t.String(),
  at: Instant,
  protocol: t.String(),
  /** Method and URL, question, or address and port. */
  request: t.String(),
  peer: t.String(),
  outcome: t.String(),
  status: t.Optional(t.Integer()),
  elapsedMs: t.Number(),
  bytes: Count,
  body: t.Optional(t.String({ description: 'SHA-256 of the stored body.' })),
})
export type Exchange = Static<typeof Exchange>

export const collection = defineContract(
  'data-collection',
  'Runs module tasks within limits and keeps every exchange with the world.',
  {
    listExchanges: get('/exchanges', {
      summary: 'What a run sent and received, oldest first.',
      permission: 'exchanges:read',
      input: {
        run: t.String({ description: 'The id of a run.' }),
        module: t.Optional(t.String({ description: 'Only those of this module.' })),
        ...pageInput,
      },
      reply: Page(Exchange),
    }),
    getExchange: get('/exchanges/{id}', {
      summary: 'One exchange.',
      permission: 'exchanges:read',
      input: { id: t.String({ description: 'The id of an exchange, as evidence names it.' }) },
      reply: Exchange,
      errors: ['exchanges.not_found'],
    }),
    getExchangeBody: get('/exchanges/{id}/body', {
      summary: 'What came back, as it was received.',
      permission: 'exchanges:read',
      input: { id: t.String({ description: 'The id of an exchange, as evidence names it.' }) },
      reply: bytes('application/octet-stream'),
      errors: ['exchanges.not_found'],
    }),
    tryModule: post('/trials', {
      summary: 'Runs one module on one entity outside any run and answers what it saw. Stores nothing.',
      permission: 'modules:write',
      input: {
        module: t.String({ description: 'The id of a module.' }),
        type: t.String({ description: 'The type of an entity that it takes.' }),
        value: t.String({ description: 'The value of that entity.' }),
        lab: t.Optional(t.Boolean({ description: 'Meets the lab instead of the internet.' })),
      },
      reply: t.Object({
        outcome: t.Enum([...outcomes]),
        reason: t.Optional(t.String()),
        observations: t.Array(Observation),
        findings: t.Array(ModuleFinding),
        requests: Count,
      }),
      errors: ['modules.not_found', 'entities.invalid'],
    }),
  },
)
