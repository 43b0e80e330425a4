import type { EntityRef, EntityType } from '@mirage/model/entity.ts'
import type { Kysely } from 'kysely'
import { type ActiveRun, allowedClasses } from './active-run.ts'
import { stepsAt } from './carry.ts'
import { type Routed, withhold } from './offer.ts'
import { chunks } from './rows.ts'
import { type Standing, stepOf, unreached } from './standing.ts'
import type { Tables } from './tables.ts'
import { isShared } from './tenants.ts'

/** An entity whose shortest way may have led over an address that is shared now. */
interface Affected {
  entity: EntityRef
  before: { id: number; distance: number; allowed: number; seq: number; depth: number; tags: string[] }
  distance: number
  isShared: boolean
}

/**
 * Makes the way longer that leads to addresses of this delivery which turn out to be shared, and all ways that lead on
 * from them: the distances are then as if it had been known from the start. `standings` get theirs as well.
 */
export async function raise(
  trx: Kysely<Tables>,
  run: ActiveRun,
  standings: Map<string, Standing>,
  routed: Routed,
): Promise<void> {
  const affected = new Map<string, Affected>()
  for (const { entity, before, firm, isShared: isSharedNow, seq } of standings.values())
    if (isSharedNow && before && !isShared(before.tenants) && before.distance <= firm && before.distance !== unreached)
      affected.set(entity.id, { entity, before: { ...before, seq }, distance: firm + 1, isShared: true })
  if (affected.size === 0) return
  await spread(trx, run, affected)
  for (const { before, distance } of affected.values()) await setDistance(trx, before.id, distance)
  await fallBack(trx, run, affected)
  for (const [id, { entity, before, distance }] of affected) {
    if (distance === before.distance) continue
    const allowed = allowedClasses(run.scope, entity, distance)
    await trx.updateTable('reached').set({ allowed }).where('id', '=', before.id).execute()
    withhold(run, { entity, seq: before.seq, depth: before.depth, allowed, before }, routed)
    if (allowed < before.allowed) routed.lowered.set(id, allowed)
    const standing = standings.get(id)
    if (standing) Object.assign(standing, { distance, allowed }, { before: { ...standing.before!, distance, allowed } })
  }
}

/** Adds everything whose shortest way leads over what is affected, at the distance that is certain. */
async function spread(trx: Kysely<Tables>, run: ActiveRun, affected: Map<string, Affected>): Promise<void> {
  for (let wave = [...affected.keys()]; wave.length > 0;) {
    const next: string[] = []
    for (const sources of chunks(wave))
      for (const { source, step, row } of await stepsAt(trx, run, 'source', sources)) {
        if (affected.has(row.entity)) continue
        const wasShared = isShared(row.tenants)
        const entity: EntityRef = { id: row.entity, type: row.type as EntityType, value: row.value } // types are stored from checked observations
        const certain = row.firm + Number(wasShared)
        const way = affected.get(source)!.before.distance + stepOf(step, wasShared)
        if (row.distance !== way || row.distance >= certain) continue
        affected.set(row.entity, { entity, before: { ...row, tags: [] }, distance: certain, isShared: wasShared })
        next.push(row.entity)
      }
    wave = next
  }
}

/** Gives what is affected the shortest ways that are left: over others, and over what has itself become shorter. */
async function fallBack(trx: Kysely<Tables>, run: ActiveRun, affected: Map<string, Affected>): Promise<void> {
  for (let wave = [...affected.keys()]; wave.length > 0;) {
    const fallen: string[] = []
    for (const targets of chunks(wave))
      for (const { target, step, row } of await stepsAt(trx, run, 'target', targets)) {
        const one = affected.get(target)!
        const distance = row.distance + stepOf(step, one.isShared)
        if (distance >= one.distance) continue
        one.distance = distance
        await setDistance(trx, one.before.id, distance)
        fallen.push(target)
      }
    const next = new Set<string>()
    for (const sources of chunks(fallen))
      for (const { target } of await stepsAt(trx, run, 'source', sources)) if (affected.has(target)) next.add(target)
    wave = [...next]
  }
}

async function setDistance(trx: Kysely<Tables>, row: number, distance: number): Promise<void> {
  await trx.updateTable('reached').set({ distance }).where('id', '=', row).execute()
}
