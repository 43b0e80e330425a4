import type { EntityRef, EntityType } from '@mirage/model/entity.ts'
import type { Kysely } from 'kysely'
import { type ActiveRun, depthLimit, eligibility } from '../runs/active-run.ts'
import { offer, type Routed } from './offer.ts'
import { findReached } from './reached.ts'
import { chunks, tagsOf } from '../rows.ts'
import { firmOver, isExposed, isLasting, noTags, type Standing, type Step } from './standing.ts'
import type { ReachedRow, Tables } from '../tables.ts'
import { countedDistance } from './tenants.ts'

/** Keeps the ways that may become the shortest ones. */
export async function storeSteps(trx: Kysely<Tables>, run: ActiveRun, steps: Step[]): Promise<void> {
  const byDepth = depthLimit(run) !== undefined
  const lasting = steps.filter((step) => isLasting(step, byDepth))
  for (const group of chunks(lasting, 100))
    await trx
      .insertInto('reach')
      .values(
        group.map(({ source, target, cost }) => ({
          run: run.row.id,
          source: source.entity.id,
          target: target.entity.id,
          step: cost,
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute()
}

/** Where something stands that ways lead on from. */
export type Way = Pick<Standing, 'distance' | 'tenants' | 'unheard' | 'firm' | 'depth' | 'seed' | 'isExposed'>
type Now = Way & Pick<Standing, 'allowed' | 'hopeful'>
type Place = Pick<Way, 'distance' | 'firm' | 'depth'>

function hasFallen(run: ActiveRun, now: Place, before: Place): boolean {
  if (now.distance < before.distance || now.firm < before.firm) return true
  return now.depth < before.depth && depthLimit(run) !== undefined
}

/** What a delivery brought nearer, by its entity. */
export function fallen(run: ActiveRun, standings: Iterable<Standing>): Map<string, Way> {
  const ways = new Map<string, Way>()
  for (const standing of standings)
    if (standing.before && hasFallen(run, standing, standing.before)) ways.set(standing.entity.id, standing)
  return ways
}

/** Carries what fell on over stored steps until nothing falls any more. */
export async function carryOn(
  trx: Kysely<Tables>,
  run: ActiveRun,
  wave: Map<string, Way>,
  routed: Pick<Routed, 'lanes' | 'lowered' | 'waiting' | 'late'>,
): Promise<void> {
  while (wave.size > 0) {
    const next = new Map<string, Now>()
    for (const sources of chunks([...wave.keys()])) {
      for (const { source, step, row } of await stepsAt(trx, run, 'source', sources)) {
        const way = wave.get(source)!
        const entity: EntityRef = { id: row.entity, type: row.type as EntityType, value: row.value } // types are stored from checked observations
        const now: Now = next.get(row.entity) ?? { ...row, isExposed: isExposed(run.scope, entity) }
        const distance = Math.min(now.distance, countedDistance(way) + step)
        const firm = Math.min(now.firm, firmOver(way, step))
        const depth = Math.min(now.depth, way.depth + 1)
        if (!hasFallen(run, { distance, firm, depth }, now)) continue
        const seed = distance < now.distance ? way.seed : now.seed
        const { tenants, unheard } = now
        const place = { distance, firm, depth, seed, ...eligibility(run.scope, entity, { distance, tenants, unheard }) }
        await trx.updateTable('reached').set(place).where('id', '=', row.id).execute()
        const { seq, queue } = row
        const before = {
          seq,
          queue,
          allowed: now.allowed,
          hopeful: now.hopeful,
          depth: now.depth,
          tags: tagsOf(row.tags),
        }
        offer(run, { ...place, entity, seq, queue, tags: noTags, before }, routed)
        next.set(row.entity, { ...now, ...place })
      }
    }
    wave = next
  }
}

/** A stored step and the row at its other end. */
interface StepAt {
  source: string
  target: string
  step: number
  row: ReachedRow
}

/** The stored steps whose `end` is one of these entities. */
export async function stepsAt(
  trx: Kysely<Tables>,
  run: ActiveRun,
  end: 'source' | 'target',
  entities: string[],
): Promise<StepAt[]> {
  const other = end === 'source' ? 'target' : 'source'
  const steps = await trx
    .selectFrom('reach')
    .select(['source', 'target', 'step'])
    .where('run', '=', run.row.id)
    .where(end, 'in', entities)
    .execute()
  const rows = await findReached(trx, run, new Set(steps.map((step) => step[other])))
  const byEntity = new Map(rows.map((row) => [row.entity, row]))
  return steps.flatMap((step) => {
    const row = byEntity.get(step[other])
    return row ? [{ ...step, row }] : []
  })
}
