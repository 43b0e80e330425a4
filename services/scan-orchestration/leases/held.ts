import type { ActiveRun, OpenTask } from '../runs/active-run.ts'
import { isUsedUp, type Spending } from './budget.ts'
import { giveBack, giveUp, type Returned, settle } from './give-back.ts'
import { checkDrained, keepTime, type Orchestrator, stopRun } from '../orchestrator.ts'

/** What becomes of leases: kept, returned, taken back, lost. */

const holdMs = 2_000
/** What a death takes of a run's time; each writing is a flush. */
const keepTimeEveryMs = 10_000

/** Takes back what this worker has of a run whose way out is gone; nothing was lost, so nothing counts as lost. */
export function holdRun(orchestrator: Orchestrator, id: string, worker: string, waitingFor: string): Promise<void> {
  return orchestrator.queue.run(async () => {
    const run = orchestrator.active.get(id)
    if (!run) return
    if (run.held?.waitingFor !== waitingFor) orchestrator.log.warn('A run waits', { run: id, for: waitingFor })
    run.held = { until: orchestrator.clock.now() + holdMs, waitingFor }
    await takeBack(orchestrator, run, (task) => task.worker === worker)
    run.pulse.beat()
  })
}

/** Takes leased tasks back whose workers are told to stop and will say what that has cost. To be called within the queue. */
export async function takeBack(
  orchestrator: Orchestrator,
  run: ActiveRun,
  which: (task: OpenTask) => boolean = () => true,
): Promise<void> {
  const tasks = [...run.open.values()].filter((task) => task.status === 'leased' && which(task))
  const returned = tasks.map((task) => ({ task, lost: false, spent: 'awaited' as const }))
  await giveBack(orchestrator, run, returned)
}

/** Takes back all that is under way, of every run. To be called within the queue. */
export async function takeAllBack(orchestrator: Orchestrator): Promise<void> {
  for (const run of orchestrator.active.values()) await takeBack(orchestrator, run)
}

export interface ReturnedTask extends Spending {
  run: string
  task: number
  attempt: number
  failed: boolean
}

/** A worker gives back what it could not bring to its end, and says what that has cost. */
export function returnTasks(orchestrator: Orchestrator, worker: string, tasks: ReturnedTask[]): Promise<void> {
  return orchestrator.queue.run(async () => {
    for (const [id, its] of Map.groupBy(tasks, ({ run }) => run)) {
      const run = orchestrator.active.get(id)
      if (!run) continue
      const returned: Returned[] = []
      for (const { task: number, attempt, failed, requests, queries } of its) {
        const task = run.open.get(number)
        if (task?.attempt !== attempt) continue
        const spent = { requests, queries }
        if (isUsedUp(task.reserved, spent)) task.grown++
        if (task.status === 'leased' && task.worker === worker) returned.push({ task, lost: failed, spent })
        else if (task.status === 'ready') await settle(orchestrator, run, task, spent)
      }
      await giveBack(orchestrator, run, returned)
      orchestrator.work.beat()
    }
  })
}

/** Nothing is given to this worker from now on. Its question for work is answered: whoever hung up would lose tasks. */
export function leave({ leaving, work }: Orchestrator, worker: string): void {
  leaving.add(worker)
  work.beat()
}

export interface Renewal extends Spending {
  run: string
  task: number
  attempt: number
}

/** Keeps these leases; answers those that must stop: paused, cancelled, closed, or given to another. */
export function renewLeases(
  orchestrator: Orchestrator,
  worker: string,
  leases: Renewal[],
): { leaseEndsAt: number; stop: Renewal[] } {
  const leaseEndsAt = orchestrator.clock.now() + orchestrator.settings.leaseMs
  const stop = leases.filter(({ run: id, task: number, attempt, requests, queries }) => {
    const run = orchestrator.active.get(id)
    const task = run?.open.get(number)
    if (!run || !task || task.status !== 'leased' || task.attempt !== attempt || task.worker !== worker) return true
    task.spent = { requests, queries }
    if (run.row.status !== 'running' || run.row.stopping !== null) return true
    task.leaseEndsAt = leaseEndsAt
    if (requests + queries > task.progress) Object.assign(task, { progress: requests + queries, lost: 0 })
    return false
  })
  return { leaseEndsAt, stop }
}

/**
 * What time brings: lost leases, runs that took too long, runs whose tasks must end. `lateMs` is how long this process
 * was kept from looking: that time counts against no lease, as what workers said in it waits to be heard. To be called
 * within the queue.
 */
export async function watchOver(
  orchestrator: Orchestrator,
  runningMs: (run: ActiveRun) => number,
  lateMs: number,
): Promise<void> {
  const now = orchestrator.clock.now()
  for (const run of orchestrator.active.values()) {
    if (lateMs > 0) for (const task of run.open.values()) if (task.status === 'leased') task.leaseEndsAt += lateMs
    if (run.row.status === 'running') {
      const { maxTimeMs } = run.definition.budget ?? {}
      if (maxTimeMs !== undefined && runningMs(run) >= maxTimeMs) await stopRun(orchestrator, run, 'max-time')
      if (now - (run.row.running_since ?? now) >= keepTimeEveryMs) await keepTime(orchestrator, run)
      await closeOrTakeBack(orchestrator, run, now)
    }
    await checkDrained(orchestrator, run)
  }
}

async function closeOrTakeBack(orchestrator: Orchestrator, run: ActiveRun, now: number): Promise<void> {
  const open = [...run.open.values()].filter(({ status }) => status !== 'routing')
  if (run.row.stopping !== null)
    return giveUp(orchestrator, run, open, 'cancelled', `the run was stopped: ${run.row.stopping}`)
  const lost = open.filter(({ status, leaseEndsAt }) => status === 'leased' && leaseEndsAt < now)
  const returned = lost.map((task) => ({ task, lost: true, spent: 'unknown' as const }))
  await giveBack(orchestrator, run, returned)
}
