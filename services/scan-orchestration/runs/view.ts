import { toInstant } from '@mirage/kit/clock.ts'
import { isStoreTrouble } from '@mirage/kit/errors.ts'
import type { CollectionFinished } from '@mirage/services/data-collection/contract.ts'
import { type ActiveLane, type ActiveRun, activeMs } from './active-run.ts'
import type { Lane, Run, RunDefinition } from '../contract.ts'
import { heldBackBy } from '../leases/held-back.ts'
import type { Orchestrator } from '../orchestrator.ts'
import { idleLane, type PlannedRun } from '../planning/plan.ts'
import { seedsOf } from '../frontier/seeds.ts'
import { stored } from '../rows.ts'
import type { RunRow } from '../tables.ts'
import { shownProxy } from '../planning/way-out.ts'

interface Summary {
  entities: number
  byType: Record<string, number>
  observations: number
  relationships: number
  findings: number
  losses: number
}

const shownSeeds = 20

/** A run as people see it, from memory while it is active, else from its row. */
export async function viewRun(orchestrator: Orchestrator, row: RunRow, withDefinition = false): Promise<Run> {
  const active = orchestrator.active.get(row.run)
  const definition = active?.definition ?? (stored(row.definition) as RunDefinition)
  const seeds = active?.seeds ?? seedsOf(definition)
  const summary: Summary = active ? countsOf(active) : (stored(row.summary ?? '{"byType":{}}') as Summary)
  const current = active?.row ?? row
  const waitingFor = active ? waitingOf(orchestrator, active) : undefined
  return {
    run: row.run,
    scan: row.scan,
    name: row.name,
    status: current.status,
    ...(current.stopping === null ? {} : { stopReason: current.stopping }),
    ...(waitingFor === undefined ? {} : { waitingFor }),
    ...(active?.orphaned ? { orphaned: true } : {}),
    ...(active?.halted === undefined ? {} : { halted: active.halted }),
    losses: summary.losses ?? 0,
    createdAt: toInstant(row.created_at),
    ...(current.started_at === null ? {} : { startedAt: toInstant(current.started_at) }),
    ...(current.ended_at === null ? {} : { endedAt: toInstant(current.ended_at) }),
    seconds: Math.round(activeMs(current, orchestrator.clock.now())) / 1000,
    entities: summary.entities ?? 0,
    observations: summary.observations ?? 0,
    relationships: summary.relationships ?? 0,
    findings: summary.findings ?? 0,
    requests: current.requests,
    queries: current.queries,
    byType: summary.byType,
    outcomes: outcomesOf(await viewLanes(orchestrator, row)),
    seeds: seeds.slice(0, shownSeeds).map(({ type, value }) => ({ type, value })),
    seedCount: seeds.length,
    ...(withDefinition ? { definition: withoutSecrets(definition) } : {}),
  }
}

/** As `viewRun`; one that is damaged keeps nobody from the others. */
export async function viewListed(orchestrator: Orchestrator, row: RunRow): Promise<Run> {
  try {
    return await viewRun(orchestrator, row)
  } catch (error) {
    if (isStoreTrouble(error)) throw error
    orchestrator.log.error('A run is damaged', { run: row.run, error })
    return viewDamaged(row)
  }
}

function viewDamaged(row: RunRow): Run {
  const { run, scan, name, status, requests, queries } = row
  const hasEnded = row.ended_at !== null
  return {
    run,
    scan,
    name,
    status: hasEnded ? status : 'failed',
    damaged: true,
    losses: 0,
    createdAt: toInstant(row.created_at),
    ...(row.started_at === null ? {} : { startedAt: toInstant(row.started_at) }),
    ...(row.ended_at === null ? {} : { endedAt: toInstant(row.ended_at) }),
    seconds: Math.round(row.active_ms) / 1000,
    entities: 0,
    observations: 0,
    relationships: 0,
    findings: 0,
    requests,
    queries,
    byType: {},
    outcomes: {},
    seeds: [],
    seedCount: 0,
  }
}

/** Header values and proxy credentials may be keys: people see that they are there, not what they are. */
function withoutSecrets(definition: RunDefinition): RunDefinition {
  const { headers, proxy, ...rest } = definition
  return {
    ...rest,
    ...(headers ? { headers: Object.fromEntries(Object.keys(headers).map((name) => [name, '[hidden]'])) } : {}),
    ...(proxy ? { proxy: shownProxy(proxy) } : {}),
  }
}

function countsOf({ entities, byType, observations, losses }: ActiveRun): Summary {
  return { entities, byType: { ...byType }, observations, relationships: 0, findings: 0, losses }
}

function waitingOf({ waitingFor }: Orchestrator, { row, held, orphaned, halted }: ActiveRun): string | undefined {
  if (halted !== undefined) return 'what is broken to be repaired'
  if (held) return held.waitingFor
  if (orphaned) return 'somebody to resume it, since its process died'
  if (row.status === 'queued') return 'other runs to end'
  if (row.drained_round > 0) return 'data-storage and correlation-engine to catch up'
  return waitingFor
}

/** The lanes of a run in the order of its plan. */
export async function viewLanes(orchestrator: Orchestrator, row: RunRow): Promise<Lane[]> {
  const active = orchestrator.active.get(row.run)
  const plan = active?.plan ?? (stored(row.plan) as PlannedRun)
  if (active) {
    const lanes = new Map(active.lanes.map((lane) => [lane.planned.module, lane]))
    return Promise.all(
      plan.lanes.map(async (planned) => {
        const lane = lanes.get(planned.module)
        const heldBack = lane && (await heldBackBy(orchestrator.store.db, active, lane))
        return { ...withProgress(idleLane(planned), lane), ...(heldBack ? { heldBack } : {}) }
      }),
    )
  }
  const rows = await orchestrator.store.db
    .selectFrom('task')
    .select(['module', 'outcome', (expression) => expression.fn.countAll<number | string>().as('count')])
    .select((expression) => expression.fn.sum<number | string | null>('observations').as('observations'))
    .select((expression) => expression.fn.max('closed').as('last'))
    .where('run', '=', row.id)
    .groupBy(['module', 'outcome'])
    .execute()
  const lanes = new Map(plan.lanes.map((planned) => [planned.module, idleLane(planned)]))
  const troubles: number[] = []
  for (const { module, outcome, count, observations, last } of rows) {
    const lane = lanes.get(module)
    if (!lane || outcome === null) continue
    lane.outcomes[outcome] = Number(count)
    lane.done += Number(count)
    lane.observations += Number(observations)
    if (last !== null && outcome !== 'found' && outcome !== 'empty') troubles.push(last)
  }
  if (troubles.length > 0) await addReasons(orchestrator, row, lanes, troubles)
  return [...lanes.values()]
}

/** What the last task of each module that did not end well said; `closings` are their places in the order of closing. */
async function addReasons(
  { store }: Orchestrator,
  row: RunRow,
  lanes: Map<string, Lane>,
  closings: number[],
): Promise<void> {
  const rows = await store.db
    .selectFrom('task')
    .select(['module', 'finished'])
    .where('run', '=', row.id)
    .where('closed', 'in', closings)
    .orderBy('closed')
    .execute()
  for (const { module, finished } of rows) {
    const { reason } = stored(finished ?? '{}') as Partial<CollectionFinished>
    const lane = lanes.get(module)
    if (lane && reason !== undefined) lane.lastReason = reason
  }
}

function withProgress(idle: Lane, lane: ActiveLane | undefined): Lane {
  if (!lane) return idle
  const { eligible, taken, running, done, observations, outcomes, lastReason, dirty } = lane
  return {
    ...idle,
    queued: dirty ? Math.max(0, eligible - taken) : 0,
    running,
    done,
    observations,
    outcomes: outcomes,
    ...(lastReason ? { lastReason } : {}),
  }
}

/** module → outcome → tasks; a module that lacks its key says so once. */
function outcomesOf(lanes: Lane[]): Record<string, Record<string, number>> {
  const outcomes: Record<string, Record<string, number>> = {}
  for (const lane of lanes) {
    if (lane.state === 'no-key') outcomes[lane.module] = { 'no-key': 1 }
    else if (lane.done > 0) outcomes[lane.module] = lane.outcomes
  }
  return outcomes
}
