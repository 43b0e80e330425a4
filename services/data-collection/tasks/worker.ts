import { hostname } from 'node:os'
import { hash } from 'node:crypto'
import { pause } from '@mirage/kit/clock.ts'
import type { Client } from '@mirage/kit/contract.ts'
import { MirageError, isPassing, messageOf } from '@mirage/kit/errors.ts'
import { newId } from '@mirage/kit/id.ts'
import type { Log } from '@mirage/kit/log.ts'
import type { ManifestEntry } from '@mirage/module-sdk/manifest.ts'
import type { LeasedTask, scans } from '@mirage/services/scan-orchestration/contract.ts'
import { gather } from '../gather.ts'
import type { Sessions } from '../sessions.ts'
import { type AttemptOptions, runAttempt, unknownModule } from './attempt.ts'

const renewMs = 250
const waitMs = 1_000
/** While tasks run, a slot may become free at any moment. */
const busyWaitMs = 25
const troubleMs = 500
const longestMs = 10_000
const lastWordMs = 3_000

export interface WorkerOptions {
  scans: Client<typeof scans>
  modules: Map<string, ManifestEntry>
  sessions: Sessions
  /** Tasks at the same time, in all and of a module that sets no limit of its own. */
  tasks: number
  tasksPerModule: number
  dataDirectory: string
  attempt: Pick<AttemptOptions, 'registry' | 'announce' | 'now' | 'log'>
  log: Log
  signal: AbortSignal
}

type ReturnedTask = Parameters<Client<typeof scans>['returnTasks']>[0]['tasks'][number]

interface Running {
  lease: LeasedTask
  leaseEndsAt: number
  spent: { requests: number; queries: number }
  stop: AbortController
  done: Promise<void>
}

/**
 * Pulls tasks and runs them, as many as there are free slots of their modules; keeps their leases while they run. Who
 * cannot renew stops sending when the lease ends. Resolves when it was told to stop and everything has ended.
 */
export async function work(options: WorkerOptions): Promise<void> {
  const { scans, modules, signal, log } = options
  // The place tells a new instance that the former one in the same data directory is dead.
  const worker = `${hostname()}-${hash('sha256', options.dataDirectory, 'hex').slice(0, 8)}#${newId('worker')}`
  const running = new Map<string, Running>()
  const returned = gather<ReturnedTask>(async (tasks) => {
    // Who is to take them back may be stopping as well.
    await scans.returnTasks({ worker, tasks }, { signal: AbortSignal.timeout(signal.aborted ? lastWordMs : longestMs) })
  })
  const renewals = renewLeases()
  const late = soonAfter(signal, lastWordMs)
  signal.addEventListener('abort', () => void leave(), { once: true })
  let freed = Promise.withResolvers<void>()

  while (!signal.aborted) {
    try {
      const others = options.tasks - running.size
      if (others <= 0) {
        await Promise.race([freed.promise, pause(waitMs, signal)])
        continue
      }
      // Not ended by the signal: tasks whose answer nobody hears would count as lost.
      const { tasks } = await scans.leaseTasks(
        { worker, free: freeSlots(others), others: 0, waitMs: running.size > 0 ? busyWaitMs : waitMs },
        { signal: late },
      )
      for (const lease of tasks) start(lease)
    } catch (error) {
      if (signal.aborted) break
      log.warn('No tasks could be leased', { reason: messageOf(error) })
      await pause(troubleMs, signal)
    }
  }
  for (const { stop } of running.values()) stop.abort(new Error('the collector stops'))
  await Promise.allSettled([...running.values()].map(({ done }) => done))
  await renewals

  function freeSlots(others: number): Record<string, number> {
    const busy = new Map<string, number>()
    for (const { lease } of running.values()) busy.set(lease.module, (busy.get(lease.module) ?? 0) + 1)
    const free: Record<string, number> = {}
    for (const [id, { limits }] of modules)
      free[id] = Math.min(others, Math.max(0, (limits?.concurrency ?? options.tasksPerModule) - (busy.get(id) ?? 0)))
    return free
  }

  function start(lease: LeasedTask): void {
    const name = nameOf(lease)
    const stop = new AbortController()
    const entry: Running = {
      lease,
      leaseEndsAt: lease.leaseEndsAt,
      spent: { requests: 0, queries: 0 },
      stop,
      done: Promise.resolve(),
    }
    const formers = [...running.values()].filter(({ lease: { run, task } }) => run === lease.run && task === lease.task)
    running.set(name, entry)
    entry.done = attempt(lease, entry, AbortSignal.any([signal, stop.signal]), formers).finally(() => {
      running.delete(name)
      freed.resolve()
      freed = Promise.withResolvers()
    })
  }

  async function attempt(lease: LeasedTask, entry: Running, signal: AbortSignal, formers: Running[]): Promise<void> {
    // An attempt that has not heard yet that its task was taken back would be answered beside this one.
    for (const { stop } of formers) stop.abort(new Error('the lease was taken back'))
    await Promise.all(formers.map(({ done }) => done))
    try {
      signal.throwIfAborted()
      const module = modules.get(lease.module)
      if (!module) throw unknownModule(lease.module)
      const run = await options.sessions.of(lease)
      const sent = (kind: 'request' | 'query', count: number): void => {
        entry.spent[kind === 'request' ? 'requests' : 'queries'] += count
      }
      if (!(await runAttempt(lease, { ...options.attempt, entry: module, run, signal, sent })))
        await giveBack(entry, false)
    } catch (error) {
      if (signal.aborted) return giveBack(entry, false)
      if (error instanceof MirageError && error.code === 'lab.away') return hold(entry, error.detail)
      const { run, task, module } = lease
      // A store that is full or away, or a service, is not the task's fault.
      const isNobodysFault = isPassing(error)
      if (isNobodysFault)
        log.warn('An attempt waits: a store or a service is away', { run, task, reason: messageOf(error) })
      else log.error('An attempt could not be carried out', { run, task, module, error })
      await pause(troubleMs, signal)
      await giveBack(entry, !isNobodysFault)
    }
  }

  /** The question for work that may be open is then answered. */
  async function leave(): Promise<void> {
    await scans
      .returnTasks({ worker, tasks: [], leaves: true }, { signal: AbortSignal.timeout(lastWordMs) })
      .catch((error: unknown) => log.warn('The collector could not take its leave', { reason: messageOf(error) }))
  }

  /** The orchestrator gives the task out again, unless it has taken it back already; either way it learns what was sent. */
  async function giveBack({ lease: { run, task, attempt }, spent }: Running, failed: boolean): Promise<void> {
    await returned([{ run, task, attempt, failed, ...spent }]).catch((error: unknown) =>
      log.warn('A task could not be given back', { run, task, reason: messageOf(error) }),
    )
  }

  /** Stops everything of the run here and says why; the orchestrator gives it out again in a moment. */
  async function hold(entry: Running, waitingFor: string): Promise<void> {
    const { run, workspace } = entry.lease
    for (const { lease, stop } of running.values()) if (lease.run === run) stop.abort(new Error(waitingFor))
    await options.sessions.close(run)
    await scans
      .holdRun({ run, worker, waitingFor }, { workspace })
      .catch((error: unknown) => log.warn('A run could not be held', { run, reason: messageOf(error) }))
    await giveBack(entry, false)
  }

  async function renewLeases(): Promise<void> {
    while (!signal.aborted) {
      await pause(renewMs, signal)
      const held = [...running.values()]
      if (held.length === 0 || signal.aborted) continue
      try {
        const leases = held.map(({ lease: { run, task, attempt }, spent }) => ({ run, task, attempt, ...spent }))
        const { leaseEndsAt, stop } = await scans.renewLeases({ worker, leases }, { signal })
        for (const entry of held) entry.leaseEndsAt = leaseEndsAt
        for (const name of stop) running.get(nameOf(name))?.stop.abort(new Error('the lease was taken back'))
      } catch (error) {
        if (signal.aborted) return
        log.warn('Leases could not be renewed', { reason: messageOf(error) })
        const now = options.attempt.now()
        for (const { leaseEndsAt, stop } of held) if (leaseEndsAt < now) stop.abort(new Error('the lease ended'))
      }
    }
  }
}

/** Aborts `ms` after `signal` does. */
function soonAfter(signal: AbortSignal, ms: number): AbortSignal {
  const late = new AbortController()
  const begin = (): void => void setTimeout(() => late.abort(signal.reason), ms)
  if (signal.aborted) begin()
  else signal.addEventListener('abort', begin, { once: true })
  return late.signal
}

function nameOf({ run, task, attempt }: { run: string; task: number; attempt: number }): string {
  return `${run}/${task}/${attempt}`
}
