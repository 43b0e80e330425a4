import { pause } from '@mirage/kit/clock.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Finding } from '@mirage/services/correlation-engine/contract.ts'
import type { Lane, Run, RunEvent } from '@mirage/services/scan-orchestration/contract.ts'
import { type Api, everyItem } from '../api.ts'

export type EntityEvent = Extract<RunEvent, { kind: 'entity' }>
export type TaskEvent = Extract<RunEvent, { kind: 'task' }>

/** What is told of a run while it goes on. Each method may make the watch wait. */
export interface Watcher {
  /** Once per entity. Without it the events of entities are not asked for. */
  entity?(entity: EntityEvent): void | Promise<void>
  task?(task: TaskEvent): void | Promise<void>
  progress?(run: Run, lanes: Lane[]): void | Promise<void>
  /** Once per finding, when it is first seen. */
  finding?(finding: Finding): void | Promise<void>
}

/** How often a broken connection is taken up again before the host counts as gone. */
const attempts = 8

/**
 * Follows a run until it has ended and answers it as it then is. A connection that breaks is taken up where it broke;
 * a run whose host died is resumed at the new one.
 * Throws the abort's reason, `runs.halted` when something is broken that it needs, or `service.unreachable` when the host has gone away.
 */
export async function watchRun(api: Api, run: string, watcher: Watcher, signal: AbortSignal): Promise<Run> {
  const findings = watchFindings(api, run, watcher)
  let lastEventId: string | undefined
  let failures = 0
  while (true) {
    signal.throwIfAborted()
    try {
      const events = await api.scans.watchRun(
        { run, entities: watcher.entity !== undefined },
        lastEventId === undefined ? { signal } : { signal, lastEventId },
      )
      for await (const { id, data } of events) {
        if (id !== '') lastEventId = id
        failures = 0
        if (data.kind === 'progress' && data.run.orphaned) await api.scans.resumeRun({ run })
        const ended = await tell(data, watcher, findings)
        if (ended) {
          await findings.finish()
          return ended
        }
      }
      failures++
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof MirageError && !error.retryable && error.code !== 'service.failed') throw error
      if (!(error instanceof MirageError) && !isBroken(error)) throw error
      if (++failures >= attempts) throw error instanceof MirageError && !error.retryable ? error : gone(run, error)
    }
    if (failures >= attempts) throw gone(run)
    await pause(100 * failures, signal)
  }
}

async function tell(event: RunEvent, watcher: Watcher, findings: FindingWatch): Promise<Run | undefined> {
  switch (event.kind) {
    case 'entity':
      await watcher.entity?.(event)
      return undefined
    case 'task':
      await watcher.task?.(event)
      return undefined
    case 'progress':
      if (event.run.halted !== undefined) throw broken(event.run.halted)
      await watcher.progress?.(event.run, event.lanes)
      findings.look()
      return undefined
    case 'ended':
      return event.run
  }
}

interface FindingWatch {
  /** Looks for new ones, when the last look is some time ago. Never two looks at once. */
  look(): void
  /** Resolves when the watcher was told of every finding there is. */
  finish(): Promise<void>
}

/** Rules are evaluated about every two seconds; looking more often would find nothing. */
const lookMs = 2000

function watchFindings(api: Api, run: string, watcher: Watcher): FindingWatch {
  const told = new Set<string>()
  let lookedAt = performance.now()
  let looking: Promise<void> | undefined

  async function lookNow(): Promise<void> {
    for await (const finding of everyItem((page) => api.correlation.listFindings({ run, ...page }))) {
      if (told.has(finding.id)) continue
      told.add(finding.id)
      await watcher.finding?.(finding)
    }
  }

  return {
    look() {
      if (!watcher.finding || looking || performance.now() - lookedAt < lookMs) return
      looking = lookNow()
        .catch(() => undefined) // a look on the way is a courtesy; `finish` reports what is wrong
        .finally(() => {
          looking = undefined
          lookedAt = performance.now()
        })
    },
    async finish() {
      await looking
      if (watcher.finding) await lookNow()
    },
  }
}

/** A run that is paused for it would be waited for until somebody has repaired it and resumed the run. */
function broken(reason: string): MirageError {
  return new MirageError({ code: 'runs.halted', status: 500, detail: `The run is paused: ${reason}` })
}

/** Connections end as errors of the stream, which have codes; a mistake of ours has none. */
function isBroken(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code === 'string' || (error as Error).message === 'terminated'
}

function gone(run: string, cause?: unknown): MirageError {
  return new MirageError({
    code: 'service.unreachable',
    status: 503,
    detail: `The host of ${run} went away.`,
    cause,
  })
}
