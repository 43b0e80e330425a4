import type { Clock } from '@mirage/kit/clock.ts'
import { pause } from '@mirage/kit/clock.ts'
import type { Coverage } from '@mirage/kit/coverage.ts'
import type { Log } from '@mirage/kit/log.ts'
import { pagesOf } from '@mirage/kit/pages.ts'
import type { Voices } from '@mirage/model/voices.ts'
import type { Incoming } from '@mirage/kit/service.ts'
import type { Graph } from '@mirage/ports/graph.ts'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import { evaluateGroups } from './evaluation/evaluate.ts'
import { Touched } from './evaluation/touched.ts'
import { findingId, type NewFinding } from './findings/record.ts'
import type { FindingStore } from './findings/store.ts'
import { type Know, type KnownGraph, knownGraph } from './graph/known-graph.ts'
import { project } from './graph/projection.ts'
import { indexTouches } from './evaluation/touches.ts'
import { type CompiledRule } from './language/compile.ts'
import { createTurns } from './turn.ts'

export interface EngineParts {
  graph: Graph
  know: Know
  voices: Pick<Voices, 'note' | 'end' | 'reopen' | 'forget'>
  findings: FindingStore
  rules: CompiledRule[]
  coverage: Pick<Coverage, 'stateOf' | 'apply' | 'forget'>
  clock: Clock
  log: Log
  signal: AbortSignal
}

/** What a module saw and stated, and when that was announced. */
export interface Said {
  publishedAt: number
  payload: Pick<ObservationBatch, 'module' | 'observations' | 'findings'>
}

/** Keys of groups that are read, evaluated and stored together. */
const groupsAtOnce = 500
/** Fewer while a run goes on: observations wait for no more than this. */
const liveGroupsAtOnce = 50
/** Of every interval, so much at most goes to evaluating while runs go on. */
const liveShare = 0.25

/**
 * Keeps the graph and what the rules say of it. Everything it writes is computed from its state, so batches may come
 * again, in any order and in parts.
 */
export class Engine {
  readonly #parts: EngineParts
  readonly #known: KnownGraph
  readonly #touches
  readonly #touched = new Touched()
  /** One piece of work at a time, so that an older view of a group never overwrites a newer one. */
  readonly #inTurn = createTurns()

  constructor(parts: EngineParts) {
    this.#parts = parts
    this.#known = knownGraph(parts.graph, parts.know)
    this.#touches = indexTouches(parts.rules)
  }

  /** Takes batches into the graph. Resolves when everything that follows from them is stored and announced. */
  async take(events: Incoming<ObservationBatch>[]): Promise<void> {
    const groups = Map.groupBy(events, ({ workspace, payload }) => `${workspace}\n${payload.run}`)
    for (const its of groups.values()) await this.#takeOfRun(its)
    await this.#parts.coverage.apply(events)
  }

  async #takeOfRun(events: Incoming<ObservationBatch>[]): Promise<void> {
    const { workspace, payload } = events[0]!
    const state = await this.restore(workspace, payload.run, events)
    if (state === 'forgotten') return
    await this.#parts.voices.note(workspace, events)
    // Late batches of attempts that do not count: nobody will call for the end of this run again.
    if (state === 'settled') await this.evaluateRun(workspace, payload.run)
  }

  /** Takes what was said of one run into the graph, whichever batch said it; answers how far the run is. */
  restore(workspace: string, run: string, said: Said[]): Promise<'open' | 'settled' | 'forgotten'> {
    const { graph, findings, coverage } = this.#parts
    return this.#inTurn(async () => {
      const state = await coverage.stateOf(workspace, run)
      if (state === 'forgotten') return state
      const projection = project(
        run,
        said.map(({ payload }) => payload),
        this.#touches,
      )
      await graph.upsert(workspace, run, projection)
      const statements = statementsOf(said)
      if (statements.length > 0) await findings.add(workspace, run, statements)
      if (state === 'open') this.#touched.add(workspace, run, projection.touched)
      return state
    })
  }

  /**
   * The run is over: evaluates it, and all the same when this was said before. `isWhole` when its modules have said all
   * that there is to say, so that a tag they did not give again no longer holds.
   */
  async endRun(workspace: string, run: string, isWhole: boolean): Promise<void> {
    const { voices } = this.#parts
    if (isWhole) await voices.end(workspace, run)
    else await voices.reopen(workspace, run)
    await this.evaluateRun(workspace, run)
  }

  /** Evaluates every group of a run. Afterwards the findings of the run are exactly what the rules say of it now. */
  async evaluateRun(workspace: string, run: string): Promise<void> {
    this.#touched.forget(workspace, run)
    for (const rule of this.#parts.rules) await this.#evaluateRule(rule, workspace, run)
  }

  async #evaluateRule(rule: CompiledRule, workspace: string, run: string): Promise<void> {
    const { graph, findings, signal } = this.#parts
    const { id } = rule.definition
    const said = new Set<string>()
    const groups = pagesOf((place) =>
      this.#inTurn(async () => {
        // A stopping service leaves the end to its next start: what called for it has not been acknowledged.
        signal.throwIfAborted()
        return graph.keys(workspace, { run, group: id, limit: groupsAtOnce, ...place })
      }),
    )
    for await (const { items } of groups) {
      const keys = items.filter(({ members }) => members >= rule.leastMembers).map(({ key }) => key)
      for (const finding of await this.#evaluate(rule, workspace, run, keys)) said.add(finding)
    }
    await this.#inTurn(async () => {
      const before = await findings.read.idsOfRule(workspace, run, id)
      const gone = before.filter((finding) => !said.has(finding))
      if (gone.length > 0) await findings.replace(workspace, run, [], gone)
    })
  }

  /**
   * Evaluates these groups and stores what the rule says; answers the ids of the findings. What it no longer says is
   * taken back at the end of the run.
   */
  #evaluate(rule: CompiledRule, workspace: string, run: string, keys: string[]): Promise<string[]> {
    const { findings } = this.#parts
    return this.#inTurn(async () => {
      const fired = await evaluateGroups(rule, { graph: this.#known, workspace, run }, keys)
      const { id } = rule.definition
      if (fired.length > 0) await findings.replace(workspace, run, fired)
      return fired.map(({ key }) => findingId(workspace, id, key))
    })
  }

  /** Evaluates what was touched every `everyMs` until the service stops, never for more than a part of the time. */
  async evaluateLive(everyMs: number): Promise<void> {
    const { clock, log, signal } = this.#parts
    while (!signal.aborted) {
      await pause(everyMs, signal)
      const until = clock.now() + everyMs * liveShare
      try {
        while (!signal.aborted && clock.now() < until) if (!(await this.evaluateTouched())) break
      } catch (error) {
        if (!signal.aborted)
          log.warn('Rules could not be evaluated; the end of the run evaluates them again', { error })
      }
    }
  }

  /** Evaluates some of the groups that were touched; false when there are none. */
  async evaluateTouched(): Promise<boolean> {
    const groups = this.#touched.take(liveGroupsAtOnce)
    if (!groups) return false
    const { workspace, run, rule, keys } = groups
    await this.#evaluate(rule, workspace, run, keys)
    return true
  }

  /** Groups that wait to be evaluated. */
  get waiting(): number {
    return this.#touched.size
  }

  /** Forgets a run for ever: batches of it that still come change nothing. */
  async deleteRun(workspace: string, run: string): Promise<void> {
    const { graph, findings, coverage, voices } = this.#parts
    await coverage.forget(workspace, run)
    await this.#inTurn(async () => {
      this.#touched.forget(workspace, run)
      await voices.forget(workspace, run)
      await graph.deleteRun(workspace, run)
      await findings.deleteRun(workspace, run)
    })
  }
}

function statementsOf(events: Said[]): NewFinding[] {
  return events.flatMap(({ payload, publishedAt }) =>
    payload.findings.map(({ rule, severity, title, explanation, entities, exchange }) => ({
      key: entities
        .map(({ id }) => id)
        .sort()
        .join(' '),
      content: {
        rule,
        severity,
        title,
        explanation,
        entities,
        evidence: entities.map((entity) => ({
          entity,
          text: `stated by ${payload.module}`,
          ...(exchange === undefined ? {} : { exchange }),
        })),
        origins: 1,
      },
      firstSeenAt: publishedAt,
      lastSeenAt: publishedAt,
    })),
  )
}
