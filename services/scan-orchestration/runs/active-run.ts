import type { EntityRef } from '@mirage/model/entity.ts'
import type { Outcome } from '@mirage/model/outcome.ts'
import { compileScope, type Scope } from '@mirage/model/scope.ts'
import { traitsOf } from '@mirage/model/trait.ts'
import type { CollectionFinished } from '@mirage/services/data-collection/contract.ts'
import type { RunDefinition } from '../contract.ts'
import { Shards } from '../frontier/reached.ts'
import { seedsOf } from '../frontier/seeds.ts'
import { countedDistance, type Tenancy } from '../frontier/tenants.ts'
import type { Spending } from '../leases/budget.ts'
import { listsNames, needOf } from '../leases/name-lists.ts'
import { openQueues, type Queue, queueCount } from '../leases/queues.ts'
import type { PlannedLane, PlannedRun } from '../planning/plan.ts'
import type { RunRow } from '../tables.ts'
import { stored } from '../rows.ts'
import { Pulse } from './pulse.ts'

/** A run that is queued, running or paused, with what must be known of it at every step. The database is the truth. */
export interface ActiveRun {
  row: RunRow
  definition: RunDefinition
  plan: PlannedRun
  seeds: EntityRef[]
  /** Entity id of a seed → its place among them. */
  seedAt: Map<string, number>
  scope: Scope
  lanes: ActiveLane[]
  open: Map<number, OpenTask>
  /** The `seq` that the next arrival gets. */
  nextSeq: number
  nextTask: number
  /** Tasks closed so far: the order of closing. */
  closed: number
  entities: number
  byType: Record<string, number>
  /** host → URLs met there; kept only where a module limits them. */
  perHost: Map<string, number> | undefined
  observations: number
  losses: number
  /** The way out is gone: nothing is given out until then. */
  held: { until: number; waitingFor: string } | undefined
  /** Its process died: it is paused until somebody who still wants it says so. */
  orphaned: boolean
  /** What is broken that it needs; it is paused until somebody resumes it. */
  halted: string | undefined
  pulse: Pulse
  shards: Shards
  /** SQL of statements with many values by their name. */
  wideStatements: Map<string, string>
}

export interface ActiveLane {
  planned: PlannedLane
  /** How many contact classes an entity must allow for this lane to work on it. */
  need: number
  /** The lane's bit among those that list the names on an address: `unheard` until it has answered. 0 for others. */
  lists: number
  /** What it takes, by type; each of them in the queues of the run. */
  queues: Map<string, Queue[]>
  /** Types that this lane works on only once an entity carries a tag; they come as late ones. */
  awaits: Map<string, string>
  /** The traits of values that it takes, by type; undefined: all. */
  traits: Map<string, readonly number[] | undefined>
  /** There may be entities in the queues or among the late ones. */
  dirty: boolean
  /** When it last had new tasks; 0 before the first. */
  leasedAt: number
  eligible: number
  taken: number
  running: number
  done: number
  observations: number
  outcomes: Partial<Record<Outcome, number>>
  lastReason?: string
}

export interface OpenTask {
  number: number
  module: string
  entities: string[]
  attempt: number
  status: 'ready' | 'leased' | 'routing'
  worker: string | undefined
  leaseEndsAt: number
  lost: number
  /** The most that one attempt has spent. */
  progress: number
  /** What the budget has reserved for an attempt whose costs are not charged yet. */
  reserved: Spending
  /** How often what was reserved for it was too little. */
  grown: number
  /** What the worker of that attempt has said it has spent. */
  spent: Spending
  /** attempt → batches of it that were routed. */
  routed: Map<number, Set<number>>
  finished: CollectionFinished | undefined
}

/** An active run from its row, before its tasks and counts are read. */
export function activate(row: ActiveRun['row'], allowPrivate: boolean): ActiveRun {
  const definition = stored(row.definition) as RunDefinition // written by this service from a checked definition
  const plan = stored(row.plan) as PlannedRun // likewise
  const seeds = seedsOf(definition)
  return {
    row,
    definition,
    plan,
    seeds,
    seedAt: new Map(seeds.map(({ id }, at) => [id, at])),
    scope: compileScope({
      seeds: seeds.map(({ type, value }) => ({ type, value })),
      include: definition.include ?? [],
      exclude: definition.exclude ?? [],
      distance: plan.distance,
      allowPrivate: allowPrivate || definition.lab !== undefined,
    }),
    lanes: toActiveLanes(plan, queueCount(seeds.length)),
    open: new Map(),
    nextSeq: 1,
    nextTask: 1,
    closed: 0,
    entities: 0,
    byType: {},
    perHost: plan.lanes.some(({ perHost }) => perHost !== undefined) ? new Map() : undefined,
    observations: 0,
    losses: 0,
    held: undefined,
    orphaned: false,
    halted: undefined,
    pulse: new Pulse(),
    shards: new Shards(),
    wideStatements: new Map(),
  }
}

/** The tag that a condition waits for; undefined for conditions on the value alone. */
function tagOf(where: string | undefined): string | undefined {
  return where === 'isPage' || where === 'isFrontPage' ? 'page' : undefined
}

/** As many as there are bits. Whoever lists names beyond that is not waited for. */
const mostThatList = 30

function toActiveLanes({ lanes }: PlannedRun, queues: number): ActiveLane[] {
  const planned = lanes.filter(({ state }) => state === 'planned')
  const listing = planned.filter(listsNames).slice(0, mostThatList)
  const ofAddresses = listing.length > 0 ? 2 * queues : queues
  return planned.map((lane) => {
    const lists = listing.includes(lane) ? 1 << listing.indexOf(lane) : 0
    return toActiveLane(lane, lists, (type) => openQueues(type === 'ip-address' ? ofAddresses : queues))
  })
}

function toActiveLane(planned: PlannedLane, lists: number, open: (type: string) => Queue[]): ActiveLane {
  const types = planned.consumes.filter(({ where }) => tagOf(where) === undefined).map(({ type }) => type)
  return {
    planned,
    need: needOf(planned),
    lists,
    queues: new Map(types.map((type) => [type, open(type)])),
    awaits: new Map(planned.consumes.flatMap(({ type, where }) => (tagOf(where) ? [[type, tagOf(where)!]] : []))),
    traits: new Map(planned.consumes.map((condition) => [condition.type, traitsOf(condition)])),
    dirty: true,
    leasedAt: 0,
    eligible: 0,
    taken: 0,
    running: 0,
    done: 0,
    observations: 0,
    outcomes: {},
  }
}

/**
 * How many contact classes, weakest first, may work on an entity: `allowed` for most lanes; `hopeful` for those that list
 * the names on an address, which must be asked before it is known whether it is shared.
 */
export function eligibility(
  scope: Scope,
  entity: EntityRef,
  place: Tenancy & { distance: number },
): { allowed: number; hopeful: number } {
  const counted = countedDistance(place)
  const allowed = scope.admits(entity, counted).length
  return { allowed, hopeful: counted === place.distance ? allowed : scope.admits(entity, place.distance).length }
}

/** The column that says whether a lane may work on an entity, and the same of a standing. */
export function columnOf({ lists }: ActiveLane): 'allowed' | 'hopeful' {
  return lists === 0 ? 'allowed' : 'hopeful'
}

/** How many hops from a seed an entity must be for nothing to work on it; undefined for no limit. */
export function depthLimit({ definition }: ActiveRun): number | undefined {
  return definition.budget?.depth
}

/** True when an entity of this type and trait meets the lane's conditions on values. */
export function takes({ traits }: Pick<ActiveLane, 'traits'>, type: string, trait: number): boolean {
  return traits.get(type)?.includes(trait) ?? true
}

/** Milliseconds it has been running, pauses left out. */
export function activeMs(row: Pick<RunRow, 'active_ms' | 'running_since'>, now: number): number {
  return row.active_ms + (row.running_since === null ? 0 : now - row.running_since)
}

export function noteRouted(task: OpenTask, attempt: number, batch: number): void {
  const known = task.routed.get(attempt)
  if (known) known.add(batch)
  else task.routed.set(attempt, new Set([batch]))
}
