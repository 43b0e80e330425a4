import type { EntityRef, EntityType } from '@mirage/model/entity.ts'
import { othersTurn } from '@mirage/kit/clock.ts'
import { isApex } from '@mirage/model/domain-name.ts'
import { hostOfUrl } from '@mirage/model/entities/infrastructure/url.ts'
import type { Observation } from '@mirage/model/observation.ts'
import { type Compilable, CompiledQuery, type Kysely } from 'kysely'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import { type ActiveLane, type ActiveRun, allowedClasses, takesApexesOnly } from './active-run.ts'
import type { Tables } from './tables.ts'

/** Farther than any limit: an entity known only as a source, whose own sighting is still on its way. */
export const unreached = 1_000

const piece = 500
/** Rows of fifteen values in one statement. */
const rowsPerInsert = 100

/** Where an entity stands while a delivery is being routed. */
interface Standing {
  entity: EntityRef
  distance: number
  depth: number
  seed: number
  allowed: number
  seq: number
  /** As stored before this delivery; undefined for an entity that is new to the run. */
  before: Before | undefined
  sighted: boolean
  module: string
  tags: Set<string>
  seenAt: number
}

interface Before {
  distance: number
  allowed: number
  seq: number
  tags: string[]
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
  perHost: Map<string, number>
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
  const routed: Routed = { nextSeq: run.nextSeq, arrived: {}, perHost: new Map(), lanes: new Map() }
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
        tags: new Set(),
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
      for (const tag of observation.tags ?? []) standing.tags.add(tag)
      if (!standing.sighted) Object.assign(standing, { sighted: true, module, seenAt: observation.at })
    }
  return standings
}

/** What the run already knows of these entities. */
async function recall(trx: Kysely<Tables>, run: ActiveRun, standings: Map<string, Standing>): Promise<void> {
  for (const ids of chunks([...standings.keys()])) {
    const known = trx
      .selectFrom('reached')
      .select(['entity', 'distance', 'depth', 'seed', 'allowed', 'seq', 'tags'])
      .where('run', '=', run.row.id)
    const rows = await wide(trx, run, ids.length === piece && 'recall', () => known.where('entity', 'in', ids), [
      run.row.id,
      ...ids,
    ])
    for (const row of rows) {
      const { distance, depth, seed, allowed, seq } = row
      const before: Before = { distance, allowed, seq, tags: tagsOf(row.tags) }
      Object.assign(standings.get(row.entity)!, { distance, depth, seed, allowed, seq, before })
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
  const awaited = new Set(run.lanes.flatMap(({ awaits }) => [...awaits.values()]))
  for (const standing of standings) {
    standing.allowed =
      standing.distance === unreached ? 0 : allowedClasses(run.scope, standing.entity, standing.distance)
    const { before, entity } = standing
    const arrives = standing.sighted && standing.seq === 0
    const isNewlyTagged = [...standing.tags].some((tag) => awaited.has(tag) && !before?.tags.includes(tag))
    if (arrives) {
      standing.seq = routed.nextSeq++
      routed.arrived[entity.type] = (routed.arrived[entity.type] ?? 0) + 1
    }
    if (!before) fresh.push(standing)
    else if (arrives || isNewlyTagged || standing.distance < before.distance) await update(trx, run, standing)
    else continue
    await offer(trx, run, standing, routed)
  }
  for (const group of chunks(fresh, rowsPerInsert)) {
    const rows = group.map(({ entity, seq, seed, distance, depth, allowed, module, tags, seenAt }) => ({
      is_apex: entity.type === 'domain' && isApex(entity.value) ? 1 : 0,
      ordinal: ordinalOf(run, entity, routed),
      run: run.row.id,
      seq,
      entity: entity.id,
      type: entity.type,
      value: entity.value,
      seed,
      distance,
      firm: distance,
      depth,
      allowed,
      module,
      tenants: null,
      tags: tags.size > 0 ? JSON.stringify([...tags]) : null,
      seen_at: seenAt,
    }))
    const insert = (): Compilable => trx.insertInto('reached').values(rows)
    await wide(trx, run, rows.length === rowsPerInsert && 'insert', insert, rows.flatMap(Object.values))
    await othersTurn()
  }
}

/**
 * Runs a statement of many values. To make its text takes Kysely as long as the database takes for the statement, so the
 * run keeps it under `name`, which stands for one text only: that of a full piece. `parameters` are in the order in which
 * Kysely binds them.
 */
async function wide<Row>(
  trx: Kysely<Tables>,
  { wideStatements }: ActiveRun,
  name: string | false,
  build: () => Compilable<Row>,
  parameters: unknown[],
): Promise<Row[]> {
  const text = (name && wideStatements.get(name)) || build().compile().sql
  if (name) wideStatements.set(name, text)
  return (await trx.executeQuery<Row>(CompiledQuery.raw(text, parameters))).rows
}

/** How many URLs of its host the run has met, this one included. */
function ordinalOf({ perHost }: ActiveRun, entity: EntityRef, routed: Routed): number {
  if (!perHost || entity.type !== 'url') return 0
  const host = hostOfUrl(entity.value)
  const ordinal = (routed.perHost.get(host) ?? perHost.get(host) ?? 0) + 1
  routed.perHost.set(host, ordinal)
  return ordinal
}

async function update(trx: Kysely<Tables>, run: ActiveRun, standing: Standing): Promise<void> {
  const { entity, seq, seed, distance, depth, allowed, module, tags, before } = standing
  const all = [...new Set([...before!.tags, ...tags])]
  await trx
    .updateTable('reached')
    .set({ seq, seed, distance, depth, allowed, module, tags: all.length > 0 ? JSON.stringify(all) : null })
    .where('run', '=', run.row.id)
    .where('entity', '=', entity.id)
    .execute()
}

/**
 * Tells the lanes of an entity that they may work on now and could not before. Those whose cursor will still come by
 * find it there; those past it, and those that waited for a tag, get it as a late one. Each lane gets it once.
 */
async function offer(trx: Kysely<Tables>, run: ActiveRun, standing: Offered, routed: Routed): Promise<void> {
  const { entity, seq, allowed, tags, before } = standing
  if (seq === 0) return
  for (const lane of run.lanes) {
    if (lane.need > allowed) continue
    const tag = lane.awaits.get(entity.type)
    const cursor = lane.cursors.get(entity.type)
    if (tag === undefined && cursor === undefined) continue
    if (entity.type === 'domain' && takesApexesOnly(lane, 'domain') && !isApex(entity.value)) continue
    const isTagged = tag === undefined || tags.has(tag) || (before?.tags.includes(tag) ?? false)
    const wasOffered =
      before && before.seq > 0 && lane.need <= before.allowed && (tag === undefined || before.tags.includes(tag))
    if (!isTagged || wasOffered) continue
    routed.lanes.set(lane, (routed.lanes.get(lane) ?? 0) + 1)
    if (cursor !== undefined && cursor < seq) continue
    await trx
      .insertInto('late')
      .values({ run: run.row.id, module: lane.planned.module, entity: entity.id })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

type Offered = Pick<Standing, 'entity' | 'seq' | 'allowed' | 'tags' | 'before'>

function tagsOf(stored: string | null): string[] {
  return stored === null ? [] : (JSON.parse(stored) as string[])
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
          'reached.tags',
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
        const before: Before = { ...row, tags: tagsOf(row.tags) }
        await offer(trx, run, { entity, seq: row.seq, allowed, tags: new Set(), before }, routed)
        next.set(row.entity, { distance: reachedNow, seed })
      }
    }
    wave = next
  }
}

function* chunks<T>(items: T[], size = piece): Iterable<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}
