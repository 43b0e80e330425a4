import { parseDuration } from '@mirage/kit/clock.ts'
import type { Client } from '@mirage/kit/contract.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import type { OutgoingEvent } from '@mirage/kit/event.ts'
import type { Log } from '@mirage/kit/log.ts'
import { formatAddress } from '@mirage/model/address.ts'
import { contentId } from '@mirage/model/id.ts'
import { placeOf } from '@mirage/model/place.ts'
import { type AnyModule, keyOf } from '@mirage/module-sdk/define.ts'
import { type Ended, runModule } from '@mirage/module-sdk/run.ts'
import type { ManifestEntry } from '@mirage/module-sdk/manifest.ts'
import { labAnswers } from '@mirage/network/dial/lab-answers.ts'
import { NetworkError } from '@mirage/network/error.ts'
import type { moduleRegistry } from '@mirage/services/module-registry/contract.ts'
import type { LeasedTask } from '@mirage/services/scan-orchestration/contract.ts'
import { labAway, type RunSession } from '../sessions.ts'
import { limitsOf } from './limits.ts'
import { openOutbox } from './outbox.ts'
import { unansweredOf } from './unanswered.ts'
import { veiled, veiledLog } from './veil.ts'

const defaultTimeout = '5m'

export interface AttemptOptions {
  entry: ManifestEntry
  run: RunSession
  registry: Client<typeof moduleRegistry>
  announce(events: OutgoingEvent[]): Promise<void>
  now(): number
  log: Log
  /** Aborts when the lease is lost or the process stops: nothing more is announced then. */
  signal: AbortSignal
  /** Called with every request or question that is about to be sent. */
  sent(kind: 'request' | 'query', count: number): void
}

/**
 * Runs one attempt of a task and announces what it yields, then its end. Resolves with false when it was stopped before
 * its end or needs more than was reserved for it. Throws `lab.away` when the way out is gone, so that the attempt counts for nothing.
 */
export async function runAttempt(task: LeasedTask, options: AttemptOptions): Promise<boolean> {
  const { entry, run, registry, now, signal } = options
  const module = await entry.load()
  const known = keyOf(module)
  const key = known && (await registry.revealKey({ name: known.key }, { workspace: task.workspace })).value
  const settings = await settingsOf(module, registry, task.workspace)
  const spent = { request: 0, query: 0 }
  let needsMore = false
  const timeout = AbortSignal.timeout(parseDuration(module.limits?.timeout ?? defaultTimeout)!)
  const stop = AbortSignal.any([signal, timeout])
  const outbox = openOutbox(task, module.version, options.announce)
  const startedAt = now()
  await using transport = run.session.task({
    module: module.id,
    task: String(task.task),
    attempt: task.attempt,
    contact: module.contact,
    limits: limitsOf(module, run.policy.definition, key !== undefined),
    secrets: key === undefined ? [] : [key],
    admits: admittedHosts(task, run),
    signal: stop,
    spend(kind, count) {
      const most = kind === 'request' ? task.requests : task.queries
      if (most !== undefined && spent[kind] + count > most) {
        needsMore = task.mayGrow ?? false
        throw overBudget(kind, most)
      }
      spent[kind] += count
      options.sent(kind, count)
    },
  })
  const isStopped = (): boolean => signal.aborted || run.session.isOver()
  // What a module makes of being stopped, of a store or a lab that is away, or of a budget that may still grow, is no
  // answer: it may take each of them for an empty one, or for a fault of its own.
  const isVoid = (): boolean => isStopped() || needsMore || transport.trouble !== undefined || run.session.isCut()
  let end: Ended | undefined
  try {
    const work = { run: task.run, entities: task.entities, settings, ...(key === undefined ? {} : { key }) }
    const log = veiledLog((message, fields) => options.log.debug(message, { module: module.id, ...fields }), key)
    for await (const yielded of veiled(runModule(module, work, transport, { signal: stop, now, log }), key)) {
      if (isVoid()) break
      if (yielded.kind === 'observation') await outbox.observation(yielded.observation)
      else if (yielded.kind === 'finding') await outbox.finding(yielded.finding)
      else end = yielded
    }
    if (isStopped() || needsMore) return false
    if (transport.trouble !== undefined) throw transport.trouble
    // Also when it is back by now: part of what it would have answered is missing.
    if (run.session.isCut() || (run.dialMap && end && mayBeGone(end) && !(await labAnswers(run.dialMap))))
      throw labAway()
    if (!end || (end.outcome === 'cancelled' && !timeout.aborted)) return false
    const outcome = timeout.aborted ? 'timed-out' : end.outcome
    const reason = timeout.aborted ? `it took longer than ${module.limits?.timeout ?? defaultTimeout}` : end.reason
    if (outcome === 'quota') await transport.exhausted()
    await outbox.finish({
      outcome,
      ...(reason === undefined ? {} : { reason }),
      requests: spent.request,
      queries: spent.query,
      observations: end.counts.observations,
      dropped: end.counts.dropped,
      ms: now() - startedAt,
      ...(Object.keys(settings).length === 0 ? {} : { settings: nameOf(settings) }),
      ...unansweredOf(task.entities, transport.unanswered),
    })
    if (known && key !== undefined && (outcome === 'key-refused' || outcome === 'found'))
      await registry.reportKey(
        { name: known.key, state: outcome === 'found' ? 'set' : 'refused' },
        { workspace: task.workspace },
      )
    return true
  } finally {
    outbox.close()
  }
}

/** What people set of the module's own settings. */
export async function settingsOf(
  module: AnyModule,
  registry: Client<typeof moduleRegistry>,
  workspace: string,
): Promise<Record<string, unknown>> {
  if (!module.settings) return {}
  return (await registry.getModuleSettings({ module: module.id }, { workspace })).given
}

/** The same for the same settings. */
function nameOf(settings: Record<string, unknown>): string {
  return contentId(JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** Outcomes that a vanished lab looks like. Partial answers too: a module may have gone on after a failure. */
function mayBeGone({ outcome }: Ended): boolean {
  return (
    outcome === 'unreachable' ||
    outcome === 'timed-out' ||
    outcome === 'empty' ||
    outcome === 'found' ||
    outcome === 'failed'
  )
}

function overBudget(kind: string, most: number): NetworkError {
  const unit = kind === 'request' ? 'requests' : 'queries'
  return new NetworkError({
    outcome: 'skipped',
    reason: 'budget',
    detail: `The budget leaves this task ${most} ${unit}, and they are used up.`,
  })
}

/** The hosts this task was leased for: addresses that names in scope resolve to, and what a longer distance admits. */
function admittedHosts({ entities }: LeasedTask, { scope }: RunSession): string[] {
  const hosts: string[] = []
  for (const entity of entities) {
    const place = placeOf(entity)
    if (scope.excluded(entity)) continue
    if (place?.at === 'name') hosts.push(place.name)
    if (place?.at === 'address') hosts.push(formatAddress(place.bytes))
  }
  return hosts
}

export function unknownModule(id: string): MirageError {
  return new MirageError({
    code: 'modules.not_found',
    status: 404,
    detail: `There is no module “${id}” in this collector.`,
  })
}
