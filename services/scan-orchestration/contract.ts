import { defineContract, events, get, Nothing, post, remove, stream } from '@mirage/kit/contract.ts'
import { defineEvent } from '@mirage/kit/event.ts'
import { Instant, Page, pageInput } from '@mirage/kit/schema.ts'
import { contacts } from '@mirage/model/contact.ts'
import { type EntityType, entityTypes } from '@mirage/model/entity.ts'
import { severities } from '@mirage/model/finding.ts'
import { Entity } from '@mirage/model/observation.ts'
import { outcomes } from '@mirage/model/outcome.ts'
import { type Static, Type as t } from 'typebox'

const closed = { additionalProperties: false }
const Type = t.Enum([...entityTypes] as EntityType[])
const Contact = t.Enum([...contacts])
const Name = t.String({ minLength: 1, maxLength: 200 })
const ModuleId = t.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' })
const Count = t.Integer({ minimum: 0 })

/** What selects modules when the definition does not name them. A profile is a file of these. */
export const Profile = t.Object(
  {
    name: t.String(),
    title: t.String(),
    summary: t.String(),
    useCases: t.Optional(t.Array(t.Enum(['footprint', 'investigate', 'identity', 'monitor']))),
    modules: t.Optional(t.Array(ModuleId)),
    excludeModules: t.Optional(t.Array(ModuleId)),
    want: t.Optional(t.Array(Type)),
    contact: t.Optional(Contact),
    allow: t.Optional(t.Array(t.Enum(['invasive', 'slow', 'unofficial']))),
    distance: t.Optional(t.Integer({ minimum: 0, maximum: 10 })),
  },
  closed,
)
export type Profile = Static<typeof Profile>

/** Limits of a run; absent means none. A run that hits one says so in `stopReason`. */
export const Budget = t.Object(
  {
    maxRequests: t.Optional(t.Integer({ minimum: 0 })),
    maxQueries: t.Optional(t.Integer({ minimum: 0 })),
    maxTimeMs: t.Optional(t.Integer({ minimum: 1 })),
    maxEntities: t.Optional(t.Integer({ minimum: 1 })),
    depth: t.Optional(t.Integer({ minimum: 0, maximum: 100 })),
  },
  closed,
)
export type Budget = Static<typeof Budget>

/** Everything a run is started with; it keeps this for ever. */
export const RunDefinition = t.Object(
  {
    name: t.Optional(Name),
    note: t.Optional(t.String({ maxLength: 10_000 })),
    seeds: t.Array(t.Object({ type: Type, value: t.String({ minLength: 1, maxLength: 16_384 }) }, closed), {
      minItems: 1,
      maxItems: 100_000,
    }),
    /** The name of a shipped profile, or a profile. Default: footprint. */
    profile: t.Optional(t.Union([t.String(), Profile])),
    modules: t.Optional(t.Array(ModuleId)),
    excludeModules: t.Optional(t.Array(ModuleId)),
    want: t.Optional(t.Array(Type)),
    allow: t.Optional(t.Array(t.Enum(['invasive', 'slow', 'unofficial']))),
    /** The strongest contact any request of the run may cause. Default: the profile's, else `target`. */
    contact: t.Optional(Contact),
    include: t.Optional(t.Array(t.String(), { maxItems: 1_000_000 })),
    exclude: t.Optional(t.Array(t.String(), { maxItems: 1_000_000 })),
    distance: t.Optional(t.Integer({ minimum: 0, maximum: 10 })),
    budget: t.Optional(Budget),
    /** Requests a second of the whole run. */
    rate: t.Optional(t.Number({ exclusiveMinimum: 0 })),
    /** module → rate as people write it: `10/m`. */
    moduleRates: t.Optional(t.Record(ModuleId, t.String({ pattern: '^\\d+(\\.\\d+)?/(s|m|h|d)$' }))),
    resolvers: t.Optional(t.Array(t.String(), { maxItems: 10_000 })),
    proxy: t.Optional(t.String({ maxLength: 1000 })),
    /** Sent to the target only. */
    headers: t.Optional(t.Record(t.String(), t.String())),
    userAgent: t.Optional(t.String({ maxLength: 500 })),
    /** The run meets the lab instead of the internet. */
    lab: t.Optional(t.Object({ size: t.String(), seed: t.Integer() }, closed)),
  },
  closed,
)
export type RunDefinition = Static<typeof RunDefinition>

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
})
export type LeasedTask = Static<typeof LeasedTask>

/** What an attempt has sent so far. */
const Spent = { requests: Count, queries: Count }

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

const run = { run: t.String({ description: 'The id of a run.' }) }
const unknownRun = ['runs.not_found']

export const scans = defineContract(
  'scan-orchestration',
  'Runs: what is scanned, within which scope and budget, and how far it is.',
  {
    planRun: post('/plans', {
      summary: 'What a run with this definition would do. Sends nothing.',
      permission: 'runs:read',
      input: { definition: RunDefinition },
      reply: Plan,
      safe: true,
      errors: ['runs.definition_invalid'],
      bodyLimit: 64 << 20,
    }),
    createRun: post('/runs', {
      summary: 'Starts a run, at once or as soon as fewer runs are under way.',
      permission: 'runs:write',
      input: { definition: RunDefinition },
      reply: Run,
      status: 201,
      errors: ['runs.definition_invalid'],
      bodyLimit: 64 << 20,
    }),
    listRuns: get('/runs', {
      summary: 'Runs, latest first.',
      permission: 'runs:read',
      input: pageInput,
      reply: Page(Run),
    }),
    getRun: get('/runs/{run}', {
      summary: 'A run with its definition; `last` is the latest.',
      permission: 'runs:read',
      input: run,
      reply: Run,
      errors: unknownRun,
    }),
    deleteRun: remove('/runs/{run}', {
      summary: 'Ends a run and forgets it and everything only it saw.',
      permission: 'runs:write',
      input: run,
      reply: Nothing,
      status: 204,
      errors: unknownRun,
    }),
    pauseRun: post('/runs/{run}/pause', {
      summary: 'Sends nothing more within a second.',
      permission: 'runs:write',
      input: run,
      reply: Run,
      errors: unknownRun,
    }),
    resumeRun: post('/runs/{run}/resume', {
      summary: 'Goes on where it stopped.',
      permission: 'runs:write',
      input: run,
      reply: Run,
      errors: unknownRun,
    }),
    cancelRun: post('/runs/{run}/cancel', {
      summary: 'Ends a run; what it found is kept.',
      permission: 'runs:write',
      input: run,
      reply: Run,
      errors: unknownRun,
    }),
    rerunRun: post('/runs/{run}/rerun', {
      summary: 'A new run with the same definition.',
      permission: 'runs:write',
      input: run,
      reply: Run,
      status: 201,
      errors: unknownRun,
    }),
    watchRun: get('/runs/{run}/events', {
      summary:
        'What happens in a run, as server-sent events; `Last-Event-ID` goes on after an interruption. Ends with the run.',
      permission: 'runs:read',
      input: { ...run, entities: t.Optional(t.Boolean({ description: 'Also every entity. Default true.' })) },
      reply: events(RunEvent),
      errors: unknownRun,
    }),
    listLanes: get('/runs/{run}/modules', {
      summary: 'The modules of a run and how far each is.',
      permission: 'runs:read',
      input: { ...run, ...pageInput },
      reply: Page(Lane),
      errors: unknownRun,
    }),
    listReached: get('/runs/{run}/entities', {
      summary: 'Every entity of a run with its seed, distance and scope, in the order of its id.',
      permission: 'runs:read',
      input: { ...run, after: t.Optional(t.String()), limit: t.Optional(t.Integer({ minimum: 1, maximum: 5000 })) },
      reply: Page(Reached),
      errors: unknownRun,
    }),
    describeReached: post('/runs/{run}/entities', {
      summary: 'Seed, distance and scope of these entities; those the run did not meet are left out.',
      permission: 'runs:read',
      input: { ...run, ids: t.Array(t.String(), { maxItems: 5000 }) },
      reply: t.Object({ items: t.Array(Reached) }),
      safe: true,
      errors: unknownRun,
    }),
    compareRuns: get('/runs/{run}/comparison', {
      summary: 'What is new, gone, changed and unconfirmed in this run against an earlier one. Ends in a summary.',
      permission: 'runs:read',
      input: { ...run, before: t.Optional(t.String({ description: 'Default: the run of the same scan before it.' })) },
      reply: stream(Difference),
      errors: ['runs.not_found', 'runs.nothing_before'],
    }),
    listProfiles: get('/profiles', {
      summary: 'Profiles that a run can name.',
      permission: 'runs:read',
      input: pageInput,
      reply: Page(Profile),
    }),
    leaseTasks: post('/leases', {
      summary: 'Work for a worker, as much as its free slots take; waits a moment when there is none.',
      permission: 'service',
      input: {
        worker: t.String(),
        /** module → tasks it may take. Modules that are not named take `others`. */
        free: t.Record(t.String(), Count),
        others: Count,
        waitMs: t.Integer({ minimum: 0, maximum: 10_000 }),
      },
      reply: t.Object({ tasks: t.Array(LeasedTask) }),
    }),
    renewLeases: post('/leases/renewals', {
      summary: 'Keeps leases; answers those that must stop now.',
      permission: 'service',
      input: {
        worker: t.String(),
        leases: t.Array(t.Object({ ...TaskName.properties, ...Spent })),
      },
      reply: t.Object({ leaseEndsAt: t.Integer(), stop: t.Array(TaskName) }),
      safe: true,
    }),
    holdRun: post('/holds', {
      summary: 'Takes back the tasks of a run whose way out is gone, and gives none out for a moment.',
      permission: 'service',
      input: { ...run, worker: t.String(), waitingFor: t.String() },
      reply: Nothing,
      status: 204,
    }),
    returnTasks: post('/returns', {
      summary: 'Tasks that a worker could not bring to their end; they are given out again.',
      permission: 'service',
      input: {
        worker: t.String(),
        tasks: t.Array(
          t.Object({
            ...TaskName.properties,
            ...Spent,
            failed: t.Boolean({ description: 'The attempt broke, so it counts as lost.' }),
          }),
        ),
      },
      reply: Nothing,
      status: 204,
      safe: true,
    }),
    announceDrained: post('/drained-announcements', {
      summary: 'Says again which runs have drained, for a reader that has lost events.',
      permission: 'service',
      reply: Nothing,
      status: 204,
      safe: true,
    }),
    repeatTasks: post('/repetitions', {
      summary:
        'Gives closed tasks out again whose batches a reader has lost. Their answers are recorded: nothing is sent.',
      permission: 'service',
      input: { ...run, round: t.Integer(), tasks: t.Array(Count, { maxItems: 10_000 }) },
      reply: t.Object({ coming: t.Boolean({ description: 'Whether what is missing will be announced again.' }) }),
      safe: true,
    }),
    getPolicy: get('/policies/{run}', {
      summary: 'What the network must know of a run.',
      permission: 'service',
      input: run,
      reply: RunPolicy,
      errors: unknownRun,
    }),
  },
)

/** Nothing is open and nothing is left to do; `batches` are those that every reader must have applied. */
export const runDrained = defineEvent(
  'run.drained',
  t.Object({
    run: t.String(),
    /** Grows when a drained run went on and drained again. */
    round: t.Integer(),
    /** [first task, last task, attempt, batches each]: the attempt of each task that counts. */
    batches: t.Array(t.Tuple([t.Integer(), t.Integer(), t.Integer(), t.Integer()])),
  }),
)

/** A reader has applied everything of a drained run. */
export const runSettled = defineEvent(
  'run.settled',
  t.Object({
    run: t.String(),
    round: t.Integer(),
    service: t.String(),
    losses: Count,
    counts: t.Record(t.String(), Count),
  }),
)

export const runsChanged = defineEvent(
  'runs.changed',
  t.Object({ run: t.String(), status: t.Enum([...runStatuses, 'deleted']), generation: t.Integer() }),
)

export const severityCounts = t.Record(t.Enum([...severities]), Count)
