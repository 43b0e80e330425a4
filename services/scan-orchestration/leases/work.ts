import type { ActiveLane, ActiveRun, OpenTask } from '../runs/active-run.ts'
import { checkBudget } from './close.ts'
import { atMost, leftOf, nothing, type Spending } from './budget.ts'
import type { LeasedTask } from '../contract.ts'
import { giveBack, settle } from './give-back.ts'
import { entitiesOf, type LaneScan, type Leased, leaseNew, leaseReady, type Slots, toLeasedTask } from './lease.ts'
import { checkDrained, type Orchestrator } from '../orchestrator.ts'

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
    const tasks = await orchestrator.queue.run(async () => {
      const tasks = signal.aborted ? [] : await leaseOnce(orchestrator, request)
      if (signal.aborted) await takeBackUnheard(orchestrator, tasks)
      return tasks
    })
    const left = deadline - clock.now()
    if (tasks.length > 0 || left <= 0 || signal.aborted || orchestrator.leaving.has(request.worker)) return tasks
    await work.wait(beats, left, signal)
  }
}

/** Who asked has gone while the disk was waited for: what nobody works on would count as lost. */
async function takeBackUnheard(orchestrator: Orchestrator, tasks: LeasedTask[]): Promise<void> {
  for (const { run: id, task: number } of tasks) {
    const run = orchestrator.active.get(id)
    const task = run?.open.get(number)
    if (run && task) await giveBack(orchestrator, run, [{ task, lost: false, spent: nothing }])
  }
}

/** A worker's name is `<place>#<instance>`: a new instance in the same place means that the former one is dead. */
async function takeOver(orchestrator: Orchestrator, worker: string): Promise<void> {
  const { workers, leaving, clock } = orchestrator
  const place = worker.split('#')[0]!
  if (!workers.has(worker)) {
    for (const others of [workers, leaving])
      for (const other of others.keys()) if (other.split('#')[0] === place) others.delete(other)
    workers.set(worker, clock.now())
  }
  for (const run of orchestrator.active.values()) {
    const orphans = [...run.open.values()].filter(
      (task) => task.status === 'leased' && task.worker !== worker && task.worker?.split('#')[0] === place,
    )
    const returned = orphans.map((task) => ({ task, lost: true, spent: 'unknown' as const }))
    await giveBack(orchestrator, run, returned)
  }
}

async function leaseOnce(orchestrator: Orchestrator, request: LeaseRequest): Promise<LeasedTask[]> {
  if (orchestrator.waitingFor !== undefined || orchestrator.leaving.has(request.worker)) return []
  const slots: Slots = { worker: request.worker, free: new Map(Object.entries(request.free)), others: request.others }
  const now = orchestrator.clock.now()
  const runs = [...orchestrator.active.values()].filter(
    ({ row, held }) => row.status === 'running' && row.stopping === null && (held === undefined || held.until <= now),
  )
  const held = heldBy(orchestrator, request.worker)
  if (held.some((task) => isSuspect(orchestrator, task))) return []
  const tasks: LeasedTask[] = []
  if (!runs.some((run) => waitsForSuspects(orchestrator, run))) {
    turn++
    for (let i = 0; i < runs.length; i++) {
      const run = runs[(i + turn) % runs.length]!
      tasks.push(...(await leaseFrom(orchestrator, run, slots, held.length > 0)))
    }
  }
  return tasks.length > 0 || held.length > 0 ? tasks : leaseSuspect(orchestrator, runs, slots)
}

function heldBy(orchestrator: Orchestrator, worker: string): OpenTask[] {
  const held: OpenTask[] = []
  for (const { open } of orchestrator.active.values())
    for (const task of open.values()) if (task.status === 'leased' && task.worker === worker) held.push(task)
  return held
}

/** How often a task that may kill its workers is tried alone. */
const triesAlone = 2
/** So long a worker must have lived without it: one that is switched off again and again does not. */
const probationMs = 5_000

/**
 * A task whose workers died again and again without progress. It is given out last and alone, to a worker that has lived
 * for a while, so that its next death tells whether the task was the cause, and takes nothing else along.
 */
function isSuspect({ settings }: Orchestrator, { lost }: OpenTask): boolean {
  return lost > 0 && lost >= settings.maxLostLeases - triesAlone
}

/** True when nothing is left of a run but suspects: a worker is then emptied for them. */
function waitsForSuspects(orchestrator: Orchestrator, { open, lanes }: ActiveRun): boolean {
  if (open.size === 0 || lanes.some(({ dirty }) => dirty)) return false
  return [...open.values()].every((task) => task.status === 'ready' && isSuspect(orchestrator, task))
}

async function leaseSuspect(orchestrator: Orchestrator, runs: ActiveRun[], slots: Slots): Promise<LeasedTask[]> {
  const { workers, clock } = orchestrator
  if (clock.now() - (workers.get(slots.worker) ?? 0) < probationMs) return []
  for (const run of runs) {
    const ready = await readyTasks(orchestrator, run)
    const suspects = ready.filter((task) => isSuspect(orchestrator, task))
    for (const task of suspects.sort((a, b) => a.lost - b.lost || a.number - b.number)) {
      const again = leaseReady(run, [task], slots, leftOf(run))
      if (again.length > 0) return giveOut(orchestrator, run, again, [], slots)
    }
  }
  return []
}

/** So long a task of many waits for more to take. */
const fillMs = 1_000

/** True when new tasks of this lane are worth their while for a worker that has something else to do. */
function isWorthIt({ clock }: Orchestrator, { planned, eligible, taken, leasedAt }: ActiveLane): boolean {
  return planned.batch === 1 || eligible - taken >= planned.batch || clock.now() - leasedAt >= fillMs
}

async function leaseFrom(
  orchestrator: Orchestrator,
  run: ActiveRun,
  slots: Slots,
  isBusy: boolean,
): Promise<LeasedTask[]> {
  const ready = await readyTasks(orchestrator, run)
  if (run.row.stopping !== null) return []
  const left = leftOf(run)
  if (left.requests <= 0 || left.queries <= 0) return []
  const unsuspected = ready.filter((task) => !isSuspect(orchestrator, task))
  const again = leaseReady(run, unsuspected, slots, left)
  const dirty = run.lanes.filter(
    (lane) =>
      lane.dirty &&
      (slots.free.get(lane.planned.module) ?? slots.others) > 0 &&
      (!isBusy || isWorthIt(orchestrator, lane)),
  )
  if (again.length === 0 && dirty.length === 0) return []
  const start = dirty.length > 0 ? turn % dirty.length : 0
  return giveOut(orchestrator, run, again, [...dirty.slice(start), ...dirty.slice(0, start)], slots, left)
}

/**
 * Tasks to be given out again. One whose worker was told to stop and has not said what it cost is waited for as long as
 * its lease would have lasted, then it counts as having cost all that it might.
 */
async function readyTasks(orchestrator: Orchestrator, run: ActiveRun): Promise<OpenTask[]> {
  const now = orchestrator.clock.now()
  const ready = [...run.open.values()].filter(({ status }) => status === 'ready')
  for (const task of ready)
    if (isUnsettled(task) && task.leaseEndsAt <= now) await settle(orchestrator, run, task, atMost(task))
  await checkBudget(orchestrator, run)
  return ready.filter((task) => !isUnsettled(task))
}

function isUnsettled({ reserved }: OpenTask): boolean {
  return reserved.requests > 0 || reserved.queries > 0
}

/** Gives these tasks out again, and new ones of these lanes as far as there are slots and budget. */
async function giveOut(
  orchestrator: Orchestrator,
  run: ActiveRun,
  again: Leased[],
  lanes: ActiveLane[],
  slots: Slots,
  left: Spending = leftOf(run),
): Promise<LeasedTask[]> {
  const { store, clock, settings } = orchestrator
  const { leased, scans, free } = await store.write(async (trx) => {
    const slotsNow = { ...slots, free: new Map(slots.free) }
    const leftNow = { ...left }
    const leased: Leased[] = []
    const scans: LaneScan[] = []
    for (const lane of lanes) {
      const taken = await leaseNew(trx, run, lane, slotsNow, leftNow, run.nextTask + leased.length)
      leased.push(...taken.leased)
      scans.push(taken.scan)
    }
    for (const { task, reserved } of again)
      await trx
        .updateTable('task')
        .set({ status: 'leased', attempt: task.attempt + 1, worker: slots.worker, ...reserved })
        .where('run', '=', run.row.id)
        .where('number', '=', task.number)
        .execute()
    return { leased, scans, free: slotsNow.free }
  })
  slots.free = free
  run.nextTask += leased.length
  for (const { lane, queues, dirty } of scans) Object.assign(lane, { queues, dirty })
  for (const one of again) {
    one.task.attempt++
    one.entities = await entitiesOf(store.db, run, one.task.entities)
  }
  const leaseEndsAt = clock.now() + settings.leaseMs
  for (const { lane } of leased) lane.leasedAt = clock.now()
  const tasks = [...again, ...leased].map((one) => hand(run, one, slots.worker, leaseEndsAt))
  if (tasks.length === 0) await checkDrained(orchestrator, run)
  else run.pulse.beat()
  return tasks
}

function hand(run: ActiveRun, one: Leased, worker: string, leaseEndsAt: number): LeasedTask {
  const { task, lane, isNew, entities, reserved } = one
  Object.assign(task, { status: 'leased', worker, leaseEndsAt, reserved, spent: nothing })
  if (isNew) {
    run.open.set(task.number, task)
    lane.taken += entities.length
    lane.running++
  }
  return toLeasedTask(one, leaseEndsAt)
}
