import type { EntityRef } from '@mirage/model/entity.ts'
import { othersTurn } from '@mirage/kit/clock.ts'
import { contacts } from '@mirage/model/contact.ts'
import { traitOf } from '@mirage/model/trait.ts'
import { hostOfUrl } from '@mirage/model/entities/infrastructure/url.ts'
import type { Compilable, Kysely } from 'kysely'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import { type ActiveLane, type ActiveRun, depthLimit, eligibility, takes } from '../runs/active-run.ts'
import { carryOn, fallen, storeSteps } from './carry.ts'
import { nothingRouted, offer, type Routed, storeLate } from './offer.ts'
import { raise } from './raise.ts'
import { queueCount, queueOf } from '../leases/queues.ts'
import { findReached, wide } from './reached.ts'
import { chunks, tagsOf } from '../rows.ts'
import { type Before, isExposed, noTags, relax, type Standing, type Step, unreached } from './standing.ts'
import type { Tables } from '../tables.ts'
import { tenancyOf, withTenants } from './tenants.ts'

/** Rows of twenty values in one statement. */
const rowsPerInsert = 100

/**
 * Puts what a delivery saw on the frontier of its run: every entity once, at the shortest distance known so far. A fall
 * is carried on to everything that was reached through the entity, and so is the rise that comes when an address turns
 * out to be shared, in this transaction: the order of arrival does not matter. To be called inside a transaction; may
 * be repeated.
 */
export async function routeObservations(
  trx: Kysely<Tables>,
  run: ActiveRun,
  batches: ObservationBatch[],
): Promise<Routed> {
  const routed = nothingRouted(run)
  const standings = gather(batches)
  if (standings.size === 0) return routed
  await recall(trx, run, standings)
  noteTenants(run, batches, standings)
  await raise(trx, run, standings, routed)
  const steps = sightAll(run, batches, standings)
  relax(steps)
  await store(trx, run, [...standings.values()], routed)
  await storeSteps(trx, run, steps)
  await carryOn(trx, run, fallen(run, standings.values()), routed)
  await storeLate(trx, run, routed)
  return routed
}

function gather(batches: ObservationBatch[]): Map<string, Standing> {
  const standings = new Map<string, Standing>()
  const meet = (entity: EntityRef, module: string, seenAt: number): Standing => {
    let standing = standings.get(entity.id)
    if (!standing) {
      standing = {
        entity,
        distance: unreached,
        firm: unreached,
        depth: unreached,
        seed: 0,
        allowed: 0,
        hopeful: 0,
        seq: 0,
        queue: 0,
        before: undefined,
        sighted: false,
        module,
        tags: noTags,
        tenants: null,
        unheard: 0,
        isExposed: false,
        seenAt,
      }
      standings.set(entity.id, standing)
    }
    return standing
  }
  for (const { module, observations } of batches)
    for (const { source, entity, at, tags = [] } of observations) {
      if (source) meet(source, module, at)
      const standing = meet(entity, module, at)
      if (tags.length > 0) standing.tags = new Set([...standing.tags, ...tags])
      if (!standing.sighted) Object.assign(standing, { sighted: true, module, seenAt: at })
    }
  return standings
}

/** What the run already knows of these entities. */
async function recall(trx: Kysely<Tables>, run: ActiveRun, standings: Map<string, Standing>): Promise<void> {
  for (const row of await findReached(trx, run, standings.keys())) {
    const { id, distance, firm, depth, seed, allowed, hopeful, seq, queue, tags, tenants, unheard } = row
    const place = { distance, firm, depth, allowed, hopeful, seq, queue, tenants, unheard }
    const before: Before = { id, ...place, tags: tagsOf(tags) }
    Object.assign(standings.get(row.entity)!, place, { seed, before })
  }
}

/** Adds who is on the addresses of this delivery, and for new ones who will be asked that. */
function noteTenants(run: ActiveRun, batches: ObservationBatch[], standings: Map<string, Standing>): void {
  const names = new Map<string, string[]>()
  for (const { observations } of batches)
    for (const observation of observations) {
      const tenancy = tenancyOf(observation)
      if (!tenancy) continue
      const known = names.get(tenancy.address)
      if (known) known.push(tenancy.name)
      else names.set(tenancy.address, [tenancy.name])
    }
  const listing = run.lanes.filter(({ lists }) => lists > 0)
  for (const standing of standings.values()) {
    if (standing.entity.type !== 'ip-address') continue
    standing.isExposed = isExposed(run.scope, standing.entity)
    if (!standing.isExposed) continue
    standing.tenants = withTenants(standing.tenants, names.get(standing.entity.id) ?? [])
    if (!standing.before) standing.unheard = bitsOf(listing, standing.entity)
  }
}

/** Who of those that list names will be asked about this address. */
function bitsOf(listing: ActiveLane[], { type, value }: EntityRef): number {
  const trait = traitOf({ type, value })
  return listing.reduce((bits, lane) => (takes(lane, type, trait) ? bits | lane.lists : bits), 0)
}

/** Gives entities that a seed covers their distance, and answers the steps between the others. */
function sightAll(run: ActiveRun, batches: ObservationBatch[], standings: Map<string, Standing>): Step[] {
  const steps: Step[] = []
  for (const standing of standings.values()) {
    if (standing.before) continue
    const seed = run.scope.covers(standing.entity)
    if (seed !== undefined) Object.assign(standing, { distance: 0, firm: 0, seed: run.seedAt.get(seed) ?? 0 })
  }
  for (const { observations } of batches)
    for (const { entity, source, edge } of observations) {
      const target = standings.get(entity.id)!
      if (source) {
        const cost = run.scope.step(source, entity, edge?.kind)
        steps.push({ source: standings.get(source.id)!, target, cost })
      } else Object.assign(target, { distance: 0, firm: 0, depth: 0, seed: run.seedAt.get(entity.id) ?? 0 })
    }
  return steps
}

async function store(trx: Kysely<Tables>, run: ActiveRun, standings: Standing[], routed: Routed): Promise<void> {
  const fresh: Standing[] = []
  const awaited = new Set(run.lanes.flatMap(({ awaits }) => [...awaits.values()]))
  for (const standing of standings) {
    const { before, entity } = standing
    if (standing.distance !== unreached) Object.assign(standing, eligibility(run.scope, entity, standing))
    const arrives = standing.sighted && standing.seq === 0
    const isNewlyTagged =
      standing.tags.size > 0 && [...standing.tags].some((tag) => awaited.has(tag) && !before?.tags.includes(tag))
    if (arrives) {
      standing.seq = routed.nextSeq++
      standing.queue =
        queueOf(standing.seed, run.seeds.length) + (isHeldBack(standing) ? queueCount(run.seeds.length) : 0)
      routed.arrived[entity.type] = (routed.arrived[entity.type] ?? 0) + 1
    }
    if (!before) fresh.push(standing)
    else if (arrives || isNewlyTagged || hasMoved(run, standing, before)) await update(trx, standing, before)
    else continue
    offer(run, standing, routed)
  }
  for (const group of chunks(fresh, rowsPerInsert)) {
    const rows = group.map(({ entity, seq, seed, distance, firm, depth, module, tenants, tags, seenAt, ...more }) => ({
      trait: traitOf(entity),
      ordinal: ordinalOf(run, entity, routed),
      run: run.row.id,
      shard: run.shards.place(entity.id, routed.placed++),
      seq,
      queue: more.queue,
      entity: entity.id,
      type: entity.type,
      value: entity.value,
      seed,
      distance,
      firm,
      depth,
      allowed: more.allowed,
      hopeful: more.hopeful,
      module,
      tenants,
      unheard: more.unheard,
      tags: tags.size > 0 ? JSON.stringify([...tags]) : null,
      seen_at: seenAt,
    }))
    const insert = (): Compilable => trx.insertInto('reached').values(rows)
    await wide(trx, run, rows.length === rowsPerInsert && 'insert', insert, rows.flatMap(Object.values))
    await othersTurn()
  }
}

/** Something will be sent to the address itself once those have answered who list its names. */
function isHeldBack({ unheard, hopeful }: Standing): boolean {
  return unheard !== 0 && hopeful === contacts.length
}

function hasMoved(run: ActiveRun, { distance, firm, depth, tenants }: Standing, before: Before): boolean {
  return (
    distance < before.distance ||
    firm < before.firm ||
    tenants !== before.tenants ||
    (depthLimit(run) !== undefined && depth < before.depth)
  )
}

/** How many URLs of its host the run has met, this one included. */
function ordinalOf({ perHost }: ActiveRun, entity: EntityRef, routed: Routed): number {
  if (!perHost || entity.type !== 'url') return 0
  const host = hostOfUrl(entity.value)
  const ordinal = (routed.perHost.get(host) ?? perHost.get(host) ?? 0) + 1
  routed.perHost.set(host, ordinal)
  return ordinal
}

async function update(trx: Kysely<Tables>, standing: Standing, before: Before): Promise<void> {
  const { seq, queue, seed, distance, firm, depth, allowed, hopeful, module, tags, tenants } = standing
  const all = [...new Set([...before.tags, ...tags])]
  await trx
    .updateTable('reached')
    .set({
      seq,
      queue,
      seed,
      distance,
      firm,
      depth,
      allowed,
      hopeful,
      module,
      tenants,
      tags: all.length > 0 ? JSON.stringify(all) : null,
    })
    .where('id', '=', before.id)
    .execute()
}
