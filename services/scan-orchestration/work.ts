import type { ActiveLane, ActiveRun, OpenTask } from './active-run.ts'
import type { LeasedTask } from './contract.ts'
import {
  entitiesOf,
  type LaneScan,
  type Leased,
  leaseNew,
  leaseReady,
  reserve,
  type Slots,
  toLeasedTask,
} from './lease.ts'
import { endOf, writeEnd } from './end.ts'
import { checkDrained, type Orchestrator, stopRun } from './orchestrator.ts'
import { closeRouted } from './arrivals.ts'

export interface LeaseRequest {
  worker: string
  free: Record<string, number>
  others: number
  waitMs: number
}

/** The last run that was served first: the next call begins after it. */
let turn = 0

/** Work for a worker: round robin over runs, then modules. Waits up to `waitMs` when there is none. */
export async function leaseTasks(
  orchestrator: Orchestrator,
  request: LeaseRequest,
  signal: AbortSignal,
): Promise<LeasedTask[]> {
  const { clock, work } = orchestrator
  const deadline = clock.now() + request.waitMs
  await orchestrator.queue.run(() => takeOver(orchestrator, request.worker))
  for (;;) {
    const beats = work.beats
    const tasks = await orchestrator.queue.run(() => leaseOnce(orchestrator, request))
    const left = deadline - clock.now()
    if (tasks.length > 0 || left <= 0 || signal.aborted) return tasks
    await work.wait(beats, left, signal)
  }
}

/** A worker's name is `<place>#<instance>`: a new instance in the same place means that the former one is dead. */
async function takeOver(orchestrator: Orchestrator, worker: string): Promise<void> {
  const place = worker.split('#')[0]!
  for (const run of orchestrator.active.values())
    for (const task of run.open.values())
      if (task.status === 'leased' && task.worker !== worker && task.worker?.split('#')[0] === place)
        await giveBack(orchestrator, run, task, true)
}

async function leaseOnce(orchestrator: Orchestrator, request: LeaseRequest): Promise<LeasedTask[]> {
  if (orchestrator.waitingFor !== undefined) return []
  const slots: Slots = { worker: request.worker, free: new Map(Object.entries(request.free)), others: request.others }
  const now = orchestrator.clock.now()
  const runs = [...orchestrator.active.values()].filter(
    ({ row, held }) => row.status === 'running' && row.stopping === null && (held === undefined || held.until <= now),
  )
  const tasks: LeasedTask[] = []
  turn++
  for (let i = 0; i < runs.length; i++) {
    const run = runs[(i + turn) % runs.length]!
    tasks.push(...(await leaseFrom(orchestrator, run, slots)))
  }
  return tasks
}

async function leaseFrom(orchestrator: Orchestrator, run: ActiveRun, slots: Slots): Promise<LeasedTask[]> {
  const { store, clock, settings } = orchestrator
  const again = leaseReady(run, slots)
  const dirty = run.lanes.filter((lane) => lane.dirty && (slots.free.get(lane.planned.module) ?? slots.others) > 0)
  if (again.length === 0 && dirty.length === 0) return []
  const start = dirty.length > 0 ? turn % dirty.length : 0
  const ordered = [...dirty.slice(start), ...dirty.slice(0, start)]
  const { leased, scans } = await store.write(async (trx) => {
    const freeNow = { ...slots, free: new Map(slots.free) }
    const leased: Leased[] = []
    const scans: LaneScan[] = []
    for (const lane of ordered) {
      const taken = await leaseNew(trx, run, lane, freeNow, run.nextTask + leased.length)
      leased.push(...taken.leased)
      scans.push(taken.scan)
    }
    for (const { task } of again)
      await trx
        .updateTable('task')
        .set({ status: 'leased', attempt: task.attempt + 1, worker: slots.worker })
        .where('run', '=', run.row.id)
        .where('number', '=', task.number)
        .execute()
    return { leased, scans }
  })
  run.nextTask += leased.length
  for (const { lane, cursors, dirty } of scans) Object.assign(lane, { cursors, dirty })
  for (const one of again) {
    one.task.attempt++
    one.entities = await entitiesOf(store.db, run, one.task.entities)
  }
  const leaseEndsAt = clock.now() + settings.leaseMs
  const tasks = [...again, ...leased].map((one) => hand(run, one, slots.worker, leaseEndsAt))
  if (tasks.length === 0) await checkDrained(orchestrator, run)
  else run.pulse.beat()
  return tasks
}

function hand(run: ActiveRun, one: Leased, worker: string, leaseEndsAt: number): LeasedTask {
  const { task, lane, isNew, entities } = one
  const { requests = 0, queries = 0 } = reserve(run, lane)
  Object.assign(task, { status: 'leased', worker, leaseEndsAt, reservedRequests: requests, reservedQueries: queries })
  if (isNew) {
    run.open.set(task.number, task)
    lane.taken += entities.length
    lane.running++
  }
  return toLeasedTask(one, leaseEndsAt)
}

const holdMs = 2_000

/** Takes back what this worker has of a run whose way out is gone; nothing was lost, so nothing counts as lost. */
export function holdRun(orchestrator: Orchestrator, id: string, worker: string, waitingFor: string): Promise<void> {
  return orchestrator.queue.run(async () => {
    const run = orchestrator.active.get(id)
    if (!run) return
    if (run.held?.waitingFor !== waitingFor) orchestrator.log.warn('A run waits', { run: id, for: waitingFor })
    run.held = { until: orchestrator.clock.now() + holdMs, waitingFor }
    for (const task of run.open.values())
      if (task.status === 'leased' && task.worker === worker) await giveBack(orchestrator, run, task, false)
    run.pulse.beat()
  })
}

/** A worker gives back what it could not bring to its end. */
export function returnTask(
  orchestrator: Orchestrator,
  {
    run: id,
    task: number,
    attempt,
    worker,
    failed,
  }: { run: string; task: number; attempt: number; worker: string; failed: boolean },
): Promise<void> {
  return orchestrator.queue.run(async () => {
    const run = orchestrator.active.get(id)
    const task = run?.open.get(number)
    if (run && task?.status === 'leased' && task.attempt === attempt && task.worker === worker)
      await giveBack(orchestrator, run, task, failed)
  })
}

export interface Renewal {
  run: string
  task: number
  attempt: number
  progress: number
}

/** Keeps these leases; answers those that must stop: paused, cancelled, closed, or given to another. */
export function renewLeases(
  orchestrator: Orchestrator,
  worker: string,
  leases: Renewal[],
): { leaseEndsAt: number; stop: Renewal[] } {
  const leaseEndsAt = orchestrator.clock.now() + orchestrator.settings.leaseMs
  const stop = leases.filter((lease) => {
    const run = orchestrator.active.get(lease.run)
    const task = run?.open.get(lease.task)
    if (!run || !task || task.status !== 'leased' || task.attempt !== lease.attempt || task.worker !== worker)
      return true
    if (run.row.status !== 'running' || run.row.stopping !== null) return true
    task.leaseEndsAt = leaseEndsAt
    if (lease.progress > task.progress) Object.assign(task, { progress: lease.progress, lost: 0 })
    return false
  })
  return { leaseEndsAt, stop }
}

/**
 * Takes a task back so that it is given out again. A task that was `lost` too often without any progress is given up:
 * it may be what kills its workers. To be called within the queue.
 */
export async function giveBack(
  orchestrator: Orchestrator,
  run: ActiveRun,
  task: OpenTask,
  lost: boolean,
): Promise<void> {
  const losses = task.lost + (lost ? 1 : 0)
  if (losses > orchestrator.settings.maxLostLeases) {
    await giveUp(orchestrator, run, task, 'failed', `its worker died ${losses} times without getting anywhere`)
    return
  }
  await orchestrator.store.write((trx) =>
    trx
      .updateTable('task')
      .set({ status: 'ready', worker: null, lost: losses, progress: task.progress })
      .where('run', '=', run.row.id)
      .where('number', '=', task.number)
      .execute(),
  )
  Object.assign(task, { status: 'ready', worker: undefined, lost: losses, reservedRequests: 0, reservedQueries: 0 })
  orchestrator.work.beat()
}

/** Ends a task without its worker; what was routed of its last attempt counts. To be called within the queue. */
export async function giveUp(
  orchestrator: Orchestrator,
  run: ActiveRun,
  task: OpenTask,
  outcome: 'failed' | 'cancelled',
  reason: string,
): Promise<void> {
  const finished = endOf(run, task, outcome, reason)
  await orchestrator.store.write((trx) => writeEnd(trx, run, finished))
  Object.assign(task, { status: 'routing', finished })
  await closeRouted(orchestrator, run)
}

/** What time brings: lost leases, runs that took too long, runs whose tasks must end. To be called within the queue. */
export async function watchOver(orchestrator: Orchestrator, runningMs: (run: ActiveRun) => number): Promise<void> {
  const now = orchestrator.clock.now()
  for (const run of orchestrator.active.values()) {
    const { maxTimeMs } = run.definition.budget ?? {}
    if (run.row.status === 'running' && maxTimeMs !== undefined && runningMs(run) >= maxTimeMs)
      await stopRun(orchestrator, run, 'max-time')
    if (run.row.stopping !== null && run.row.status === 'running') await closeOpen(orchestrator, run)
    else if (run.row.status === 'running')
      for (const task of run.open.values())
        if (task.status === 'leased' && task.leaseEndsAt < now) await giveBack(orchestrator, run, task, true)
    await checkDrained(orchestrator, run)
  }
}

/** Of a stopping run: leases that were told to stop are given a moment to say so, then every open task is ended. */
async function closeOpen(orchestrator: Orchestrator, run: ActiveRun): Promise<void> {
  for (const task of run.open.values())
    if (task.status !== 'routing')
      await giveUp(orchestrator, run, task, 'cancelled', `the run was stopped: ${run.row.stopping}`)
}

/** A lane whose entities are all given out and whose tasks are closed. */
export function isIdle(lane: ActiveLane): boolean {
  return !lane.dirty && lane.running === 0
}
