import { MirageError } from '@mirage/kit/errors.ts'
import { newId } from '@mirage/kit/id.ts'
import { demand } from '@mirage/kit/schema.ts'
import type { EntityRef } from '@mirage/model/entity.ts'
import { giveUp } from '../leases/give-back.ts'
import { takeBack } from '../leases/held.ts'
import { waitInWords } from '../leases/listing.ts'
import { type Plan, Plan as PlanSchema, type RunDefinition } from '../contract.ts'
import {
  activeRun,
  announceStatus,
  changeRow,
  checkDrained,
  type Orchestrator,
  rowOf,
  startQueued,
  stopRun,
} from '../orchestrator.ts'
import { announcement } from '@mirage/kit/event.ts'
import { type ActiveRun, activeMs } from './active-run.ts'
import { runsChanged } from '../contract.ts'
import { contactedBy, idleLane, type PlannedRun, planRun } from '../planning/plan.ts'
import { profileOf } from '../planning/profiles.ts'
import { namesInWords, refusalInWords, refusedSeeds } from '../planning/refused.ts'
import { seedBatches, seedModule, seedsOf } from '../frontier/seeds.ts'
import { compileScope } from '@mirage/model/scope.ts'
import { forgetRun, loadActiveRun } from '../store.ts'
import { demandWayOut } from '../planning/way-out.ts'
import type { RunRow } from '../tables.ts'

async function prepare(orchestrator: Orchestrator, workspace: string, definition: RunDefinition): Promise<PlannedRun> {
  const { items } = await orchestrator.registry.listModules({}, { workspace })
  const profile = profileOf(orchestrator.profiles, definition.profile)
  const seeds = seedsOf(definition)
  demandScope(orchestrator, definition)
  demandWayOut(definition)
  const refused = refusedIn(orchestrator, definition, seeds)
  const open = seeds.filter((seed) => !refused.has(seed))
  return planRun(definition, profile, items, open)
}

/** The seeds that this installation asks nobody about. */
function refusedIn(
  { settings }: Orchestrator,
  { lab }: RunDefinition,
  seeds: EntityRef[],
): ReturnType<typeof refusedSeeds> {
  return settings.allowPrivateTargets || lab ? new Map() : refusedSeeds(seeds)
}

/** What this installation does not do about seeds whose names are not public; a lab's world has a DNS of its own. */
function namesIn({ settings }: Orchestrator, { lab }: RunDefinition, seeds: EntityRef[]): string[] {
  return lab ? [] : namesInWords(seeds, settings.allowPrivateTargets)
}

/** Wrong rules are refused before anything starts. */
function demandScope({ settings }: Orchestrator, definition: RunDefinition): void {
  const { include = [], exclude = [], distance, lab } = definition
  const seeds = seedsOf(definition).map(({ type, value }) => ({ type, value }))
  const allowPrivate = settings.allowPrivateTargets || lab !== undefined
  try {
    compileScope({ seeds, include, exclude, ...(distance === undefined ? {} : { distance }), allowPrivate })
  } catch (error) {
    throw new MirageError({
      code: 'runs.definition_invalid',
      status: 422,
      detail: error instanceof Error ? error.message : String(error),
      cause: error,
    })
  }
}

/** What a run with this definition would do. Sends nothing. */
export async function previewRun(
  orchestrator: Orchestrator,
  workspace: string,
  definition: RunDefinition,
): Promise<Plan> {
  const planned = await prepare(orchestrator, workspace, definition)
  const seeds = seedsOf(definition)
  const refused = refusedIn(orchestrator, definition, seeds)
  const open = seeds.filter((seed) => !refused.has(seed))
  const lanes = planned.lanes.map(idleLane)
  const running = planned.lanes.filter(({ state }) => state === 'planned')
  const expectedCalls = running.reduce(
    (total, { consumes }) => total + open.filter(({ type }) => consumes.some((wanted) => wanted.type === type)).length,
    0,
  )
  return demand(
    PlanSchema,
    {
      seeds: seeds.slice(0, 1000),
      profile: planned.profile,
      contact: planned.contact,
      lanes,
      contacted: contactedBy(planned),
      missingKeys: lanes.flatMap(({ module, key }) => (key ? [{ module, ...key }] : [])),
      expectedCalls,
      refused: [...new Set([...refusalInWords(refused), ...namesIn(orchestrator, definition, seeds)])],
      scope: scopeInWords(definition, planned),
    },
    'The plan',
  )
}

function scopeInWords(definition: RunDefinition, { distance, lanes }: PlannedRun): string[] {
  const { seeds, include = [], exclude = [] } = definition
  const shown = seeds
    .slice(0, 5)
    .map(({ type, value }) => (type === 'domain' ? `${value} and every name below it` : value))
  return [
    `In scope: ${shown.join('; ')}${seeds.length > 5 ? ` and ${seeds.length - 5} more seeds` : ''}.`,
    `Modules that do not touch the target go ${distance} step${distance === 1 ? '' : 's'} further; those that do stay with the seeds.`,
    ...waitInWords(lanes),
    ...(include.length > 0
      ? [`Included as well: ${include.slice(0, 5).join(', ')}${include.length > 5 ? ' …' : ''}.`]
      : []),
    ...(exclude.length > 0
      ? [`Never touched: ${exclude.slice(0, 5).join(', ')}${exclude.length > 5 ? ' …' : ''}.`]
      : []),
  ]
}

/** A new run, of `scan` where it repeats one; it starts at once or when fewer runs are under way. */
export async function createRun(
  orchestrator: Orchestrator,
  workspace: string,
  definition: RunDefinition,
  scan = newId('scan'),
): Promise<RunRow> {
  const plan = await prepare(orchestrator, workspace, definition)
  const now = orchestrator.clock.now()
  const run = newId('run')
  const seeds = seedsOf(definition)
  const batches = seedBatches(run, seeds, now).length
  return orchestrator.queue.run(async () => {
    const row = await orchestrator.store.write(async (trx) => {
      const row = await trx
        .insertInto('run')
        .values({
          run,
          scan,
          workspace,
          name: definition.name ?? nameOf(seeds.map(({ value }) => value)),
          definition: JSON.stringify(definition),
          plan: JSON.stringify(plan),
          status: 'queued',
          stopping: null,
          generation: 1,
          round: 0,
          drained_round: 0,
          announced: '',
          created_at: now,
          started_at: null,
          ended_at: null,
          running_since: null,
          active_ms: 0,
          requests: 0,
          queries: 0,
          summary: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      const finished = {
        run,
        task: 0,
        attempt: 1,
        batches,
        outcome: 'found',
        requests: 0,
        queries: 0,
        observations: seeds.length,
        dropped: 0,
        ms: 0,
      }
      await trx
        .insertInto('task')
        .values({
          run: row.id,
          number: 0,
          module: seedModule,
          entities: '[]',
          status: 'routing',
          attempt: 1,
          worker: null,
          lost: 0,
          progress: 0,
          requests: 0,
          queries: 0,
          finished: JSON.stringify(finished),
          finished_attempt: 1,
          batches,
          observations: seeds.length,
          closed: null,
          outcome: 'found',
        })
        .execute()
      return row
    })
    orchestrator.active.set(
      run,
      await loadActiveRun(orchestrator.store.db, row, now, orchestrator.settings.allowPrivateTargets),
    )
    await startQueued(orchestrator)
    return row
  })
}

function nameOf(values: string[]): string {
  return values.length === 1 ? values[0]!.slice(0, 200) : `${values[0]!.slice(0, 150)} and ${values.length - 1} more`
}

/** From now on nothing is given out, and workers are told to stop within half a second. */
export function pauseRun(orchestrator: Orchestrator, workspace: string, id: string): Promise<RunRow> {
  return orchestrator.queue.runNext(async () => {
    const { run, row } = await find(orchestrator, workspace, id)
    if (!run || run.row.status !== 'running') throw wrongState(row, 'paused', 'running')
    await halt(orchestrator, run)
    await startQueued(orchestrator)
    return run.row
  })
}

/** Pauses the run, whatever it was. To be called within the queue. */
export async function halt(orchestrator: Orchestrator, run: ActiveRun): Promise<void> {
  await changeRow(orchestrator, run, {
    status: 'paused',
    active_ms: activeMs(run.row, orchestrator.clock.now()),
    running_since: null,
    generation: run.row.generation + 1,
  })
  await announceStatus(orchestrator, run)
  await takeBack(orchestrator, run)
}

/** A paused run goes on; one that is under way is answered as it is. */
export function resumeRun(orchestrator: Orchestrator, workspace: string, id: string): Promise<RunRow> {
  return orchestrator.queue.run(async () => {
    const { run, row } = await find(orchestrator, workspace, id)
    if (!run) throw wrongState(row, 'resumed', 'paused')
    if (run.row.status !== 'paused') return run.row
    run.orphaned = false
    await changeRow(orchestrator, run, { status: 'queued', generation: run.row.generation + 1 })
    await startQueued(orchestrator)
    orchestrator.work.beat()
    return run.row
  })
}

/** Ends a run; what it found so far is kept, settled and judged. */
export function cancelRun(orchestrator: Orchestrator, workspace: string, id: string): Promise<RunRow> {
  return orchestrator.queue.runNext(async () => {
    const { run, row } = await find(orchestrator, workspace, id)
    if (!run) throw wrongState(row, 'cancelled', 'running')
    await stopRun(orchestrator, run, 'cancelled')
    if (run.row.status !== 'running')
      await changeRow(orchestrator, run, {
        status: 'running',
        running_since: orchestrator.clock.now(),
        started_at: run.row.started_at ?? orchestrator.clock.now(),
      })
    const open = [...run.open.values()].filter(({ status }) => status !== 'routing')
    await giveUp(orchestrator, run, open, 'cancelled', 'the run was cancelled')
    await checkDrained(orchestrator, run)
    return run.row
  })
}

/** Forgets a run everywhere, its readers first, so that a death in between leaves a run that can be deleted again. */
export async function deleteRun(orchestrator: Orchestrator, workspace: string, id: string): Promise<void> {
  const row = await rowOf(orchestrator, workspace, id)
  orchestrator.active.delete(row.run)
  await orchestrator.announce([
    announcement(runsChanged, workspace, `${row.run}/deleted`, {
      run: row.run,
      status: 'deleted',
      generation: row.generation + 1,
    }),
  ])
  await orchestrator.storage.deleteRun({ run: row.run }, { workspace })
  await orchestrator.correlation.deleteRun({ run: row.run }, { workspace })
  await forgetRun(orchestrator.store, row.id)
}

async function find(
  orchestrator: Orchestrator,
  workspace: string,
  id: string,
): Promise<{ run: ReturnType<typeof activeRun>; row: RunRow }> {
  const row = await rowOf(orchestrator, workspace, id)
  return { run: activeRun(orchestrator, workspace, row.run), row }
}

function wrongState(row: RunRow, verb: string, state: string): MirageError {
  return new MirageError({
    code: 'runs.wrong_state',
    status: 409,
    detail: `${row.run} is ${row.status}, so it cannot be ${verb}; only a ${state} run can.`,
  })
}
