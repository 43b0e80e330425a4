import { Instant } from '@mirage/kit/schema.ts'
import { contacts } from '@mirage/model/contact.ts'
import { type EntityType, entityTypes } from '@mirage/model/entity.ts'
import { Entity } from '@mirage/model/observation.ts'
import { outcomes } from '@mirage/model/outcome.ts'
import { type Static, Type as t } from 'typebox'
import { RunDefinition } from './planning/definition.ts'

/** What people and workers are told of runs. */

const Type = t.Enum([...entityTypes] as EntityType[])
const Contact = t.Enum([...contacts])
const Count = t.Integer({ minimum: 0 })

export const runStatuses = ['queued', 'running', 'paused', 'finished', 'cancelled', 'failed'] as const

export const Run = t.Object({
  run: t.String(),
  /** Runs of one definition share it. */
  scan: t.String(),
  name: t.String(),
  status: t.Enum([...runStatuses]),
  /** Why it stopped before everything was looked at: `max-time`, `max-requests`, `cancelled` … */
  stopReason: t.Optional(t.String()),
  /** What a running run waits for: a service that has not caught up, space on the disk, the network. */
  waitingFor: t.Optional(t.String()),
  /** Paused because its process died, and not by anybody. */
  orphaned: t.Optional(t.Boolean()),
  /** Paused because something it needs is broken, which waiting does not repair: what that is. */
  halted: t.Optional(t.String()),
  /** What was kept of it can no longer be read: there are its names and times, and nothing else. */
  damaged: t.Optional(t.Boolean()),
  /** Records set aside because no service could handle them. */
  losses: Count,
  createdAt: Instant,
  startedAt: t.Optional(Instant),
  endedAt: t.Optional(Instant),
  /** Time it was running, without pauses. */
  seconds: t.Number(),
  entities: Count,
  observations: Count,
  relationships: Count,
  findings: Count,
  requests: Count,
  queries: Count,
  byType: t.Record(t.String(), Count),
  /** module → outcome → tasks. */
  outcomes: t.Record(t.String(), t.Record(t.String(), Count)),
  seeds: t.Array(t.Object({ type: Type, value: t.String() })),
  seedCount: Count,
  definition: t.Optional(RunDefinition),
})
export type Run = Static<typeof Run>

/** Nothing stopped it before everything was looked at, and nothing of it was lost so far. */
export function isWhole({ stopReason, losses }: Pick<Run, 'stopReason' | 'losses'>): boolean {
  return stopReason === undefined && losses === 0
}

/** It looked at everything: what it did not say again no longer holds. */
export function endedWhole(run: Pick<Run, 'status' | 'stopReason' | 'losses'>): boolean {
  return run.status === 'finished' && isWhole(run)
}

/** A module in a plan or in a running run. */
export const Lane = t.Object({
  module: t.String(),
  title: t.String(),
  contact: Contact,
  state: t.Enum(['planned', 'no-key', 'beyond-contact', 'not-allowed', 'disabled']),
  /** The missing key, where a person gets it. */
  key: t.Optional(t.Object({ name: t.String(), where: t.String() })),
  consumes: t.Array(t.String()),
  produces: t.Array(t.String()),
  homepage: t.String(),
  discloses: t.Boolean(),
  queued: Count,
  running: Count,
  done: Count,
  observations: Count,
  outcomes: t.Record(t.String(), Count),
  /** Addresses to which nothing is sent before this module has said who is on them, where that takes a while. */
  heldBack: t.Optional(t.Object({ addresses: Count, seconds: Count })),
  /** The last thing that went wrong, in words. */
  lastReason: t.Optional(t.String()),
})
export type Lane = Static<typeof Lane>

export const Plan = t.Object({
  seeds: t.Array(Entity),
  profile: t.String(),
  contact: Contact,
  lanes: t.Array(Lane),
  /** Who learns of the target: sentences, most important first. */
  contacted: t.Array(t.String()),
  missingKeys: t.Array(t.Object({ module: t.String(), name: t.String(), where: t.String() })),
  /** Calls in the first round: one an entity and module, before anything is found. */
  expectedCalls: Count,
  /** Targets that this installation asks nobody about, and how to allow it: sentences; mostly none. */
  refused: t.Array(t.String()),
  scope: t.Array(t.String()),
})
export type Plan = Static<typeof Plan>

/** Where an entity stands in a run. */
export const Reached = t.Object({
  id: t.String(),
  type: Type,
  value: t.String(),
  /** `type:value` of the seed that brought it. */
  seed: t.String(),
  distance: Count,
  /** `in`: may be worked on; `affiliate`: kept, not pivoted on. */
  scope: t.Enum(['in', 'affiliate', 'excluded']),
})
export type Reached = Static<typeof Reached>

/** What a watcher of a run is told. */
export const RunEvent = t.Union([
  t.Object({
    kind: t.Literal('entity'),
    ...Reached.properties,
    tags: t.Array(t.String()),
    firstSeenAt: Instant,
    lastSeenAt: Instant,
    modules: t.Array(t.String()),
  }),
  t.Object({
    kind: t.Literal('task'),
    task: Count,
    module: t.String(),
    entities: t.Array(t.String(), { maxItems: 20 }),
    entityCount: Count,
    outcome: t.Enum([...outcomes]),
    reason: t.Optional(t.String()),
    observations: Count,
    seconds: t.Number(),
  }),
  t.Object({ kind: t.Literal('progress'), run: Run, lanes: t.Array(Lane) }),
  t.Object({ kind: t.Literal('ended'), run: Run }),
])
export type RunEvent = Static<typeof RunEvent>

/** One task on its way to a worker. */
export const LeasedTask = t.Object({
  workspace: t.String(),
  run: t.String(),
  /** Grows with every pause and change of the run's policy; sessions of older generations are closed. */
  generation: t.Integer(),
  task: t.Integer(),
  attempt: t.Integer(),
  module: t.String(),
  entities: t.Array(Entity),
  leaseEndsAt: t.Integer({ description: 'Milliseconds.' }),
  /** Requests and queries it may send; absent means no limit. */
  requests: t.Optional(t.Integer()),
  queries: t.Optional(t.Integer()),
  /** Where these are too little, it is to be given back, and will be given out with more. */
  mayGrow: t.Optional(t.Literal(true)),
})
export type LeasedTask = Static<typeof LeasedTask>

/** What an attempt has sent so far. */
export const Spent = { requests: Count, queries: Count }

export const TaskName = t.Object({ run: t.String(), task: t.Integer(), attempt: t.Integer() })

/** What the network is told of a run. */
export const RunPolicy = t.Object({
  workspace: t.String(),
  run: t.String(),
  generation: t.Integer(),
  definition: RunDefinition,
  contact: Contact,
  distance: t.Integer(),
})
export type RunPolicy = Static<typeof RunPolicy>

export const Difference = t.Union([
  t.Object({ kind: t.Enum(['new', 'gone']), id: t.String(), type: t.String(), value: t.String() }),
  t.Object({ kind: t.Literal('unconfirmed'), id: t.String(), type: t.String(), value: t.String(), reason: t.String() }),
  t.Object({
    kind: t.Literal('changed'),
    id: t.String(),
    type: t.String(),
    value: t.String(),
    attributes: t.Array(
      t.Object({ name: t.String(), before: t.Optional(t.Unknown()), after: t.Optional(t.Unknown()) }),
    ),
  }),
  t.Object({ kind: t.Literal('summary'), new: Count, gone: Count, changed: Count, unconfirmed: Count }),
])
export type Difference = Static<typeof Difference>
