import { defineContract, events, get, Nothing, post, remove, stream } from '@mirage/kit/contract.ts'
import { defineEvent } from '@mirage/kit/event.ts'
import { Page, pageInput } from '@mirage/kit/schema.ts'
import { Type as t } from 'typebox'
import { Profile, RunDefinition } from './planning/definition.ts'
import {
  Difference,
  Lane,
  LeasedTask,
  Plan,
  Reached,
  Run,
  RunEvent,
  RunPolicy,
  runStatuses,
  Spent,
  TaskName,
} from './shapes.ts'

export * from './planning/definition.ts'
export * from './shapes.ts'

const Count = t.Integer({ minimum: 0 })

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
      input: {
        ...run,
        ...pageInput,
        limit: t.Optional(t.Integer({ minimum: 1, maximum: 5000, description: 'Items at most.' })),
      },
      reply: Page(Reached),
      errors: unknownRun,
    }),
    describeReached: post('/runs/{run}/entities', {
      summary: 'Seed, distance and scope of these entities; those the run did not meet are left out.',
      permission: 'runs:read',
      input: { ...run, ids: t.Array(t.String(), { maxItems: 5000, description: 'Ids of entities.' }) },
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
    haltRuns: post('/halts', {
      summary: 'Pauses every run under way: something that they need is broken, and waiting does not repair it.',
      permission: 'service',
      input: { reason: t.String({ description: 'What is broken, and the next step.' }) },
      reply: Nothing,
      status: 204,
      safe: true,
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
        leaves: t.Optional(
          t.Boolean({ description: 'The worker takes no more; its open question for work is answered at once.' }),
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
