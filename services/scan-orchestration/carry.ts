import type { EntityRef, EntityType } from '@mirage/model/entity.ts'
import type { Kysely } from 'kysely'
import { type ActiveRun, allowedClasses, depthLimit } from './active-run.ts'
import { offer, type Routed } from './offer.ts'
import { findReached } from './reached.ts'
import { chunks, tagsOf } from './rows.ts'
import { firmOver, isExposed, isLasting, type Standing, type Step, stepOf } from './standing.ts'
import type { ReachedRow, Tables } from './tables.ts'
import { isShared } from './tenants.ts'

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

type Way = Pick<Standing, 'distance' | 'firm' | 'depth' | 'seed' | 'isExposed'>
type Now = Way & Pick<Standing, 'allowed'>
type Place = Pick<Way, 'distance' | 'firm' | 'depth'>

/** Carries what fell on over stored steps until nothing falls any more. */
export async function carryOn(
  trx: Kysely<Tables>,
  run: ActiveRun,
  standings: Standing[],
  routed: Routed,
): Promise<void> {
  const byDepth = depthLimit(run) !== undefined
  const hasFallen = (now: Place, before: Place): boolean =>
    now.distance < before.distance || now.firm < before.firm || (byDepth && now.depth < before.depth)
  let wave = new Map<string, Way>()
  for (const standing of standings)
    if (standing.before && hasFallen(standing, standing.before)) wave.set(standing.entity.id, standing)
  while (wave.size > 0) {
    const next = new Map<string, Now>()
    for (const sources of chunks([...wave.keys()])) {
      for (const { source, step, row } of await stepsAt(trx, run, 'source', sources)) {
        const way = wave.get(source)!
        const entity: EntityRef = { id: row.entity, type: row.type as EntityType, value: row.value } // types are stored from checked observations
        const now: Now = next.get(row.entity) ?? { ...row, isExposed: isExposed(run.scope, entity) }
        const distance = Math.min(now.distance, way.distance + stepOf(step, isShared(row.tenants)))
        const firm = Math.min(now.firm, firmOver(way, step))
        const depth = Math.min(now.depth, way.depth + 1)
        if (!hasFallen({ distance, firm, depth }, now)) continue
        const seed = distance < now.distance ? way.seed : now.seed
        const allowed = allowedClasses(run.scope, entity, distance)
        await trx
          .updateTable('reached')
          .set({ distance, firm, depth, seed, allowed })
          .where('id', '=', row.id)
          .execute()
        const before = { seq: row.seq, allowed: now.allowed, depth: now.depth, tags: tagsOf(row.tags) }
        await offer(trx, run, { entity, seq: row.seq, allowed, depth, tags: new Set(), before }, routed)
        next.set(row.entity, { distance, firm, depth, seed, allowed, isExposed: now.isExposed })
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
