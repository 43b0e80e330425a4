import { setImmediate as immediate } from 'node:timers/promises'
import { fits, misfits } from '@mirage/kit/schema.ts'
import type { EntityRef } from '@mirage/model/entity.ts'
import { ModuleFinding, Observation } from '@mirage/model/observation.ts'
import type { Outcome } from '@mirage/model/outcome.ts'
import { traitOf, traitsOf } from '@mirage/model/trait.ts'
import { Value } from 'typebox/value'
import type { Transport } from './context.ts'
import type { AnyModule, Context } from './define.ts'
import { type Failure, ModuleError, failureOf } from './error.ts'
import { openFace } from './face.ts'
import type { Finding, Sighting } from './observe.ts'
import { Recorder } from './record.ts'
import { Seen } from './seen.ts'
import { newTally, type Tally } from './tally.ts'

/** What one task works on. */
export interface Task {
  /** The run it belongs to: part of the identity of every observation. */
  run: string
  /** One, or up to the module's `batch`. */
  entities: EntityRef[]
  /** What a person set; the schema's defaults fill in the rest. */
  settings?: Record<string, unknown>
  /** The value of the key that the module needs or accepts. */
  key?: string
}

export interface RunOptions {
  signal: AbortSignal
  /** Milliseconds since 1970. */
  now: () => number
  log?: (message: string, fields?: Record<string, unknown>) => void
}

export interface Counts {
  requests: number
  queries: number
  /** Rows, fields and sightings that could not be read or are not of their type. */
  dropped: number
  observations: number
  findings: number
}

export interface Ended {
  kind: 'end'
  outcome: Outcome
  /** In words, unless it ended as it should. */
  reason?: string
  /** The recorded answer that shows the reason. */
  exchange?: string
  counts: Counts
}

export type Yielded =
  | { kind: 'observation'; observation: Observation }
  | { kind: 'finding'; finding: ModuleFinding }
  | Ended

/** What a module yielded, with the answer that it was given last. */
export interface RawItem {
  item: Sighting | Finding
  exchange: string | undefined
}

/** What a module has spent when it has ended, and why it ended where it threw. */
export interface Spent {
  requests: number
  queries: number
  dropped: number
  /** Why a task that yielded nothing has nothing. */
  failure: Failure | undefined
  thrown: Failure | undefined
}

/**
 * Runs one task of `module` over `transport` and yields what it finds as records, each once, then exactly one `end`.
 * Never throws: a failure is an end with its outcome, after everything that was yielded before it. Ends at once when
 * the signal aborts, also when the module does not heed it. Limits and time-outs are the caller's.
 */
export async function* runModule(
  module: AnyModule,
  task: Task,
  transport: Transport,
  options: RunOptions,
): AsyncGenerator<Yielded, void, void> {
  const counts = { observations: 0, findings: 0 }
  let dropped = 0
  let spent: Spent | undefined
  const end = (outcome: Outcome, more: { reason?: string; exchange?: string } = {}): Ended => {
    const { requests = 0, queries = 0 } = spent ?? {}
    return {
      kind: 'end',
      outcome,
      ...more,
      counts: { requests, queries, dropped: dropped + (spent?.dropped ?? 0), ...counts },
    }
  }
  const endOf = ({ outcome, ...more }: Failure): Ended => end(outcome, more)
  if (module.needs && !task.key) {
    yield end('no-key', { reason: `${module.title} needs ${module.needs.key}; get one at ${module.needs.where}` })
    return
  }
  const { run, entities } = task
  const unfit = entities.find((entity) => !takes(module, entity))
  if (unfit) {
    yield end('skipped', { reason: `${module.title} is not made for ${unfit.type} “${unfit.value}”` })
    return
  }
  const recorder = new Recorder(module, { run, entities, now: options.now })
  const seen = new Seen()
  const source = module.collect ? module.collect(task, transport, options) : collect(module, task, transport, options)
  try {
    for (;;) {
      const step = await source.next()
      if (step.done) {
        spent = step.value
        break
      }
      const { item, exchange } = step.value
      if (item.kind === 'finding') {
        const finding = recorder.finding(item, exchange)
        if (!finding || (module.collect && !fits(ModuleFinding, finding))) dropped++
        else {
          counts.findings++
          yield { kind: 'finding', finding }
        }
        continue
      }
      const observation = recorder.observation(item, exchange)
      if (!observation || (module.collect && !fits(Observation, observation))) dropped++
      else if (seen.adds(observation.id, observation.at, item.seenAt !== undefined)) {
        counts.observations++
        yield { kind: 'observation', observation }
      }
    }
    if (spent.thrown) yield endOf(spent.thrown)
    else if (counts.observations + counts.findings > 0) yield end('found')
    else if (spent.failure) yield endOf(spent.failure)
    else yield end('empty')
  } catch (error) {
    yield endOf(failureOf(error))
  } finally {
    // Not awaited: a module that hangs must not hold up the end of its task.
    void source.return({ requests: 0, queries: 0, dropped: 0, failure: undefined, thrown: undefined }).catch(() => {})
  }
}

/** True where the entity meets what the module says of those that it takes. */
function takes({ consumes }: AnyModule, entity: EntityRef): boolean {
  const wanted = consumes.filter(({ type }) => type === entity.type).map(traitsOf)
  return wanted.some((traits) => traits === undefined || traits.includes(traitOf(entity)))
}

/** Runs the module itself: what it yields as it yields it, and at its end what it has spent. Never throws. */
export async function* collect(
  module: AnyModule,
  task: Task,
  transport: Transport,
  options: RunOptions,
): AsyncGenerator<RawItem, Spent, void> {
  const tally = newTally()
  let thrown: Failure | undefined
  try {
    const face = openFace(module, transport, tally, options.signal)
    const given = {
      ...face,
      settings: settingsOf(module, task.settings),
      key: task.key ?? '',
      log: options.log ?? (() => {}),
      signal: options.signal,
    }
    for await (const item of untilAborted(start(module, given, task.entities, tally), options.signal))
      yield { item, exchange: tally.exchange }
  } catch (error) {
    thrown = failureOf(error)
  }
  const { requests, queries, dropped, unanswered, failure } = tally
  const unreached = queries > 0 && unanswered === queries
  return {
    requests,
    queries,
    dropped,
    failure: failure ?? (unreached ? { outcome: 'unreachable', reason: 'No resolver answered.' } : undefined),
    thrown,
  }
}

function start(
  module: AnyModule,
  given: Omit<Context, 'entity'>,
  entities: EntityRef[],
  tally: Tally,
): AsyncIterable<Sighting | Finding> {
  if (module.runBatch) return module.runBatch({ ...given, entities })
  if (module.run && module.batch !== undefined) return runEach(module.run.bind(module), given, entities, tally)
  const [entity, ...others] = entities
  if (!module.run || !entity || others.length > 0) {
    throw new ModuleError('failed', `${module.id} takes one entity a task and was given ${entities.length}.`)
  }
  return module.run({ ...given, entity })
}

/** One entity after the other. What fails for one is thrown at the end, when the others have been looked at. */
async function* runEach(
  run: NonNullable<AnyModule['run']>,
  given: Omit<Context, 'entity'>,
  entities: EntityRef[],
  tally: Tally,
): AsyncGenerator<Sighting | Finding, void, void> {
  const failures: unknown[] = []
  for (const entity of entities) {
    tally.exchange = undefined
    try {
      for await (const item of run({ ...given, entity })) {
        if (item.kind === 'sighting') yield { ...item, from: item.from ?? entity }
        else yield { ...item, about: item.about ?? [entity] }
      }
    } catch (error) {
      if (given.signal.aborted) throw error
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

/** The settings with the schema's defaults filled in. */
function settingsOf(module: AnyModule, given: Record<string, unknown> = {}): unknown {
  if (!module.settings) return {}
  const settings = Value.Default(module.settings, structuredClone(given))
  const [wrong] = misfits(module.settings, settings)
  if (wrong) throw new ModuleError('skipped', `The settings of ${module.id} are not valid: ${wrong}.`)
  return settings
}

/** The items of `source` until it ends or the signal aborts, whichever is first; then throws the signal's reason. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, void> {
  signal.throwIfAborted()
  const iterator = source[Symbol.asyncIterator]()
  let stop: ((reason: unknown) => void) | undefined
  const onAbort = (): void => stop?.(signal.reason)
  signal.addEventListener('abort', onAbort)
  let done = false
  let since = performance.now()
  try {
    for (;;) {
      // What a module reads from one long answer is yielded without a pause, and timers, sockets and the signal wait.
      if (performance.now() - since > 20) {
        await immediate()
        since = performance.now()
        signal.throwIfAborted()
      }
      // One promise a step rather than a race against one long-lived promise, which would keep every step in memory.
      const step = await new Promise<IteratorResult<T>>((resolve, reject) => {
        stop = reject
        iterator.next().then(resolve, reject)
      })
      if (step.done) {
        done = true
        return
      }
      yield step.value
      signal.throwIfAborted()
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    // Not awaited: a module that hangs must not hold up the end of its task.
    if (!done) void iterator.return?.().catch(() => {})
  }
}
