import type { Clock } from '@mirage/kit/clock.ts'
import { notFound } from '@mirage/kit/errors.ts'
import { announcement, type OutgoingEvent } from '@mirage/kit/event.ts'
import type { Client } from '@mirage/kit/contract.ts'
import type { Log } from '@mirage/kit/log.ts'
import type { Static } from 'typebox'
import type { correlation } from '@mirage/services/correlation-engine/contract.ts'
import { observationsCollected } from '@mirage/services/data-collection/contract.ts'
import type { storage } from '@mirage/services/data-storage/contract.ts'
import type { moduleRegistry } from '@mirage/services/module-registry/contract.ts'
import { type ActiveRun, activeMs } from './runs/active-run.ts'
import { type Profile, runDrained, runsChanged } from './contract.ts'
import type { Pulse, Queue } from './runs/pulse.ts'
import { seedBatches } from './frontier/seeds.ts'
import type { settings } from './settings.ts'
import { closedBatches, type Store } from './store.ts'
import type { RunRow } from './tables.ts'

/** What all parts of this service work on. Every change of a run goes through `queue`: the database first, then memory. */
export interface Orchestrator {
  store: Store
  settings: Static<typeof settings>
  clock: Clock
  log: Log
  profiles: Map<string, Profile>
  registry: Client<typeof moduleRegistry>
  storage: Client<typeof storage>
  correlation: Client<typeof correlation>
  announce(events: OutgoingEvent[]): Promise<void>
  active: Map<string, ActiveRun>
  queue: Queue
  /** Beats when there may be work to lease. */
  work: Pulse
  /** Since when each worker has been asking for work. */
  workers: Map<string, number>
  /** Workers that take no more tasks. */
  leaving: Set<string>
  /** Why no work is given out at the moment, for people. */
  waitingFor: string | undefined
}

/** The services that must have applied everything of a run before it is over. */
export const readers = ['data-storage', 'correlation-engine']

/** The run, if it has not ended. */
export function activeRun(orchestrator: Orchestrator, workspace: string, run: string): ActiveRun | undefined {
  const active = orchestrator.active.get(run)
  return active?.row.workspace === workspace ? active : undefined
}

/** The row of a run by its id or `last`. Throws `runs.not_found`. */
export async function rowOf({ store }: Orchestrator, workspace: string, run: string): Promise<RunRow> {
  let query = store.db.selectFrom('run').selectAll().where('workspace', '=', workspace)
  query = run === 'last' ? query.orderBy('id', 'desc').limit(1) : query.where('run', '=', run)
  const row = await query.executeTakeFirst()
  if (!row) throw notFound('runs', run)
  return row
}

/** Writes these columns of the run's row, then its copy in memory. To be called within the queue. */
export async function changeRow({ store }: Orchestrator, run: ActiveRun, change: Partial<RunRow>): Promise<void> {
  await store.write((trx) => trx.updateTable('run').set(change).where('id', '=', run.row.id).execute())
  Object.assign(run.row, change)
  run.pulse.beat()
}

/** Says the seeds (again), while not all of them have come back through the log. */
export async function announceSeeds({ announce }: Orchestrator, run: ActiveRun): Promise<void> {
  const task = run.open.get(0)
  if (!task || run.row.status === 'queued') return
  const { workspace } = run.row
  const batches = seedBatches(run.row.run, run.seeds, run.row.created_at)
  const missing = batches.filter(({ index }) => !task.routed.get(1)?.has(index))
  await announce(
    missing.map((batch) => announcement(observationsCollected, workspace, `${batch.run}/0/1/${batch.index}`, batch)),
  )
}

export async function announceDrained({ announce, store }: Orchestrator, run: ActiveRun): Promise<void> {
  const { drained_round: round, workspace } = run.row
  if (round === 0) return
  const batches = await closedBatches(store.db, run.row.id)
  await announce([announcement(runDrained, workspace, `${run.row.run}/${round}`, { run: run.row.run, round, batches })])
}

/** Says the run's status unless that was said before. */
export async function announceStatus(orchestrator: Orchestrator, run: ActiveRun): Promise<void> {
  const { run: id, status, generation, workspace, announced } = run.row
  const state = `${status}/${generation}`
  if (announced === state) return
  await orchestrator.announce([announcement(runsChanged, workspace, `${id}/${state}`, { run: id, status, generation })])
  await changeRow(orchestrator, run, { announced: state })
}

/** Starts queued runs, oldest first, as far as the limit allows. To be called within the queue. */
export async function startQueued(orchestrator: Orchestrator): Promise<void> {
  const { active, settings, clock } = orchestrator
  const runs = [...active.values()]
  let running = runs.filter(({ row }) => row.status === 'running').length
  for (const run of runs) {
    if (run.row.status !== 'queued' || running >= settings.maxRuns) continue
    running++
    const now = clock.now()
    await changeRow(orchestrator, run, { status: 'running', started_at: run.row.started_at ?? now, running_since: now })
    await announceStatus(orchestrator, run)
    await announceSeeds(orchestrator, run)
    orchestrator.work.beat()
  }
}

/**
 * When nothing is open and nothing is left to do (or the run is stopping), the run has drained: its readers are told
 * which batches they must have applied. To be called within the queue.
 */
export async function checkDrained(orchestrator: Orchestrator, run: ActiveRun): Promise<void> {
  const { status, stopping, drained_round, round } = run.row
  if (status !== 'running' || drained_round > 0 || run.open.size > 0) return
  if (stopping === null && run.lanes.some(({ dirty }) => dirty)) return
  await changeRow(orchestrator, run, { round: round + 1, drained_round: round + 1 })
  await announceDrained(orchestrator, run)
}

/** No new work from now on; the run ends when what is open is closed. To be called within the queue. */
export async function stopRun(orchestrator: Orchestrator, run: ActiveRun, reason: string): Promise<void> {
  if (run.row.stopping !== null) return
  await changeRow(orchestrator, run, { stopping: reason, generation: run.row.generation + 1 })
  await announceStatus(orchestrator, run)
}

/** Milliseconds the run has been at work. */
export function runningMs({ clock }: Orchestrator, run: ActiveRun): number {
  return activeMs(run.row, clock.now())
}

/** Writes down how long the run has been at work: a death takes what came after. To be called within the queue. */
export async function keepTime(orchestrator: Orchestrator, run: ActiveRun): Promise<void> {
  if (run.row.running_since === null) return
  const now = orchestrator.clock.now()
  await changeRow(orchestrator, run, { active_ms: activeMs(run.row, now), running_since: now })
}
