import type { EntityRef, EntityType } from '@mirage/model/entity.ts'
import type { Observation } from '@mirage/model/observation.ts'
import type { Kysely } from 'kysely'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import { type ActiveLane, type ActiveRun, allowedClasses } from './active-run.ts'
import type { Tables } from './tables.ts'

/** Farther than any limit: an entity known only as a source, whose own sighting is still on its way. */
export const unreached = 1_000

const piece = 500

/** Where an entity stands while a delivery is being routed. */
interface Standing {
  entity: EntityRef
  distance: number
  depth: number
  seed: number
  allowed: number
  seq: number
  /** As stored before this delivery; undefined for an entity that is new to the run. */
  before: { distance: number; allowed: number; seq: number } | undefined
  sighted: boolean
  module: string
  tags: string[] | undefined
  seenAt: number
}

interface Step {
  source: Standing
  target: Standing
  step: number
}

/** What has changed in memory once the transaction is committed. */
export interface Routed {
  nextSeq: number
  arrived: Record<string, number>
  /** Rows that became workable: lanes that must look again, and by how many their eligible entities grew. */
  lanes: Map<ActiveLane, number>
}

/**
 * Puts what a delivery saw on the frontier of its run: every entity once, at the shortest distance known so far. A
 * distance can only fall; a fall is carried on to everything that was reached through the entity, in this
 * transaction, so the order of arrival does not matter. To be called inside a transaction; may be repeated.
 */
export async function routeObservations(
  trx: Kysely<Tables>,
  run: ActiveRun,
  batches: ObservationBatch[],
): Promise<Routed> {
  const routed: Routed = { nextSeq: run.nextSeq, arrived: {}, lanes: new Map() }
  const standings = gather(run, batches)
  if (standings.size === 0) return routed
  await recall(trx, run, standings)
  const steps = sightAll(run, batches, standings)
  relax(steps)
  await store(trx, run, [...standings.values()], routed)
  await storeSteps(trx, run, steps)
  const fallen = [...standings.values()].filter(
    ({ before, distance }) => before !== undefined && distance < before.distance,
  )
  await carryOn(trx, run, fallen, routed)
  return routed
}

function gather(run: ActiveRun, batches: ObservationBatch[]): Map<string, Standing> {
  const standings = new Map<string, Standing>()
  const meet = (entity: EntityRef, module: string, observation: Observation): Standing => {
    let standing = standings.get(entity.id)
    if (!standing) {
      standing = {
        entity,
        distance: unreached,
        depth: unreached,
        seed: 0,
        allowed: 0,
        seq: 0,
        before: undefined,
        sighted: false,
        module,
        tags: observation.tags,
        seenAt: observation.at,
      }
      standings.set(entity.id, standing)
    }
    return standing
  }
  for (const { module, observations } of batches)
    for (const observation of observations) {
      if (observation.source) meet(observation.source, module, observation)
      const standing = meet(observation.entity, module, observation)
      if (!standing.sighted)
        Object.assign(standing, { sighted: true, module, tags: observation.tags, seenAt: observation.at })
    }
  return standings
}

/** What the run already knows of these entities. */
async function recall(trx: Kysely<Tables>, run: ActiveRun, standings: Map<string, Standing>): Promise<void> {
  for (const ids of chunks([...standings.keys()])) {
    const rows = await trx
      .selectFrom('reached')
      .select(['entity', 'distance', 'depth', 'seed', 'allowed', 'seq'])
      .where('run', '=', run.row.id)
      .where('entity', 'in', ids)
      .execute()
    for (const row of rows) {
      const { distance, depth, seed, allowed, seq } = row
      Object.assign(standings.get(row.entity)!, {
        distance,
        depth,
        seed,
        allowed,
        seq,
        before: { distance, allowed, seq },
      })
    }
  }
}

/** Gives entities that a seed covers their distance, and answers the steps between the others. */
function sightAll(run: ActiveRun, batches: ObservationBatch[], standings: Map<string, Standing>): Step[] {
  const steps: Step[] = []
  for (const standing of standings.values()) {
    if (standing.before || !standing.sighted) continue
    const seed = run.scope.covers(standing.entity)
    if (seed === undefined) continue
    standing.distance = 0
    standing.seed = Math.max(
      0,
      run.seeds.findIndex(({ id }) => id === seed),
    )
  }
  for (const { observations } of batches)
    for (const { entity, source, edge } of observations) {
      const target = standings.get(entity.id)!
      if (!source) {
        target.distance = 0
        target.depth = 0
        target.seed = Math.max(
          0,
          run.seeds.findIndex(({ id }) => id === entity.id),
        )
        continue
      }
      steps.push({ source: standings.get(source.id)!, target, step: run.scope.step(source, entity, edge?.kind) })
    }
  return steps
}

/** Shortest distances over the steps of one delivery: few passes, since sources mostly come before what they lead to. */
function relax(steps: Step[]): void {
  for (let changed = true; changed;) {
    changed = false
    for (const { source, target, step } of steps) {
      if (source.distance === unreached) continue
      if (source.distance + step < target.distance) {
        target.distance = source.distance + step
        target.seed = source.seed
        changed = true
      }
      if (source.depth + 1 < target.depth) {
        target.depth = source.depth + 1
        changed = true
      }
    }
  }
}

async function store(trx: Kysely<Tables>, run: ActiveRun, standings: Standing[], routed: Routed): Promise<void> {
  const fresh: Standing[] = []
  for (const standing of standings) {
    standing.allowed =
      standing.distance === unreached ? 0 : allowedClasses(run.scope, standing.entity, standing.distance)
    const arrives = standing.sighted && standing.seq === 0
    if (arrives) {
      standing.seq = routed.nextSeq++
      const { type } = standing.entity
      routed.arrived[type] = (routed.arrived[type] ?? 0) + 1
      noteArrival(run, standing, routed)
    }
    if (!standing.before) fresh.push(standing)
    else if (arrives || standing.distance < standing.before.distance) {
      await update(trx, run, standing)
      if (!arrives) await noteRise(trx, run, standing, routed)
    }
  }
  for (const group of chunks(fresh, 100))
    await trx
      .insertInto('reached')
      .values(
        group.map(({ entity, seq, seed, distance, depth, allowed, module, tags, seenAt }) => ({
          run: run.row.id,
          seq,
          entity: entity.id,
          type: entity.type,
          value: entity.value,
          seed,
          distance,
          depth,
          allowed,
          module,
          tags: tags && tags.length > 0 ? JSON.stringify(tags) : null,
          seen_at: seenAt,
        })),
      )
      .execute()
}

async function update(
  trx: Kysely<Tables>,
  run: ActiveRun,
  { entity, seq, seed, distance, depth, allowed, module }: Standing,
): Promise<void> {
  await trx
    .updateTable('reached')
    .set({ seq, seed, distance, depth, allowed, module })
    .where('run', '=', run.row.id)
    .where('entity', '=', entity.id)
    .execute()
}

function noteArrival(run: ActiveRun, { entity, allowed }: Standing, routed: Routed): void {
  for (const lane of run.lanes)
    if (lane.need <= allowed && lane.cursors.has(entity.type)) routed.lanes.set(lane, (routed.lanes.get(lane) ?? 0) + 1)
}

/** An entity that is on the frontier already may now be worked on by more lanes; those past it get it as a late one. */
async function noteRise(
  trx: Kysely<Tables>,
  run: ActiveRun,
  { entity, seq, allowed, before }: Pick<Standing, 'entity' | 'seq' | 'allowed' | 'before'>,
  routed: Routed,
): Promise<void> {
  for (const lane of run.lanes) {
    const cursor = lane.cursors.get(entity.type)
    if (cursor === undefined || lane.need > allowed || lane.need <= before!.allowed) continue
    routed.lanes.set(lane, (routed.lanes.get(lane) ?? 0) + 1)
    if (cursor < seq) continue
    await trx
      .insertInto('late')
      .values({ run: run.row.id, module: lane.planned.module, entity: entity.id })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

/** Keeps the steps over which a later fall of the source could shorten the way to the target. */
async function storeSteps(trx: Kysely<Tables>, run: ActiveRun, steps: Step[]): Promise<void> {
  const lasting = steps.filter(
    ({ source, target, step }) => source.distance > 0 && target.distance > step && source !== target,
  )
  for (const group of chunks(lasting, 100))
    await trx
      .insertInto('reach')
      .values(
        group.map(({ source, target, step }) => ({
          run: run.row.id,
          source: source.entity.id,
          target: target.entity.id,
          step,
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute()
}

/** Carries falls on over stored steps until nothing falls any more. */
async function carryOn(trx: Kysely<Tables>, run: ActiveRun, fallen: Standing[], routed: Routed): Promise<void> {
  let wave = new Map(fallen.map(({ entity, distance, seed }) => [entity.id, { distance, seed }]))
  while (wave.size > 0) {
    const next: typeof wave = new Map()
    for (const sources of chunks([...wave.keys()])) {
      const rows = await trx
        .selectFrom('reach')
        .innerJoin('reached', (join) =>
          join.onRef('reached.run', '=', 'reach.run').onRef('reached.entity', '=', 'reach.target'),
        )
        .select([
          'reach.source',
          'reach.step',
          'reached.entity',
          'reached.type',
          'reached.value',
          'reached.distance',
          'reached.allowed',
          'reached.seq',
        ])
        .where('reach.run', '=', run.row.id)
        .where('reach.source', 'in', sources)
        .execute()
      for (const row of rows) {
        const { distance, seed } = wave.get(row.source)!
        const reachedNow = Math.min(distance + row.step, next.get(row.entity)?.distance ?? unreached)
        if (reachedNow >= row.distance || reachedNow === next.get(row.entity)?.distance) continue
        const entity: EntityRef = { id: row.entity, type: row.type as EntityType, value: row.value }
        const allowed = allowedClasses(run.scope, entity, reachedNow)
        await trx
          .updateTable('reached')
          .set({ distance: reachedNow, seed, allowed })
          .where('run', '=', run.row.id)
          .where('entity', '=', row.entity)
          .execute()
        if (row.seq > 0) await noteRise(trx, run, { entity, seq: row.seq, allowed, before: row }, routed)
        next.set(row.entity, { distance: reachedNow, seed })
      }
    }
    wave = next
  }
}

function* chunks<T>(items: T[], size = piece): Iterable<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}
