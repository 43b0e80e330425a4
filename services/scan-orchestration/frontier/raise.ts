import type { EntityRef, EntityType } from '@mirage/model/entity.ts'
import type { Kysely } from 'kysely'
import { type ActiveRun, eligibility } from '../runs/active-run.ts'
import { stepsAt } from './carry.ts'
import { type Routed, withhold } from './offer.ts'
import { chunks } from '../rows.ts'
import { type Before, type Standing, unreached } from './standing.ts'
import type { Tables } from '../tables.ts'
import { countedDistance, countsAsShared, type Tenancy } from './tenants.ts'

/** An entity whose shortest way may have led over an address that is shared now, or such an address. */
interface Affected extends Tenancy {
  entity: EntityRef
  before: Before
  distance: number
}

/**
 * Makes the ways longer that lead on from addresses of this delivery which turn out to be shared: the distances are then
 * as if it had been known from the start. `standings` get theirs as well.
 */
export async function raise(
  trx: Kysely<Tables>,
  run: ActiveRun,
  standings: Map<string, Standing>,
  routed: Routed,
): Promise<void> {
  const affected = new Map<string, Affected>()
  for (const { entity, before, seq, tenants, unheard } of standings.values()) {
    if (!before || before.distance === unreached || countsAsShared(before)) continue
    if (!countsAsShared({ tenants, unheard })) continue
    affected.set(entity.id, { entity, before: { ...before, seq }, distance: before.distance, tenants, unheard })
  }
  if (affected.size === 0) return
  await spread(trx, affected, run)
  for (const { before, distance } of affected.values()) await setDistance(trx, before.id, distance)
  await fallBack(trx, run, affected)
  for (const [id, one] of affected) {
    const { entity, before, distance } = one
    const { seq, queue, depth } = before
    const now = eligibility(run.scope, entity, one)
    if (distance === before.distance && now.allowed === before.allowed) continue
    await trx.updateTable('reached').set(now).where('id', '=', before.id).execute()
    withhold(run, { entity, seq, queue, depth, ...now, before }, routed)
    if (now.allowed < before.allowed || now.hopeful < before.hopeful) routed.lowered.set(id, now)
    const standing = standings.get(id)
    if (standing) Object.assign(standing, { distance, ...now }, { before: { ...standing.before!, distance, ...now } })
  }
}

/** Adds everything whose shortest way leads on from what is affected, at the distance that is certain. */
async function spread(trx: Kysely<Tables>, affected: Map<string, Affected>, run: ActiveRun): Promise<void> {
  for (let wave = [...affected.keys()]; wave.length > 0;) {
    const next: string[] = []
    for (const sources of chunks(wave))
      for (const { source, step, row } of await stepsAt(trx, run, 'source', sources)) {
        const known = affected.get(row.entity)
        if (row.distance >= row.firm || known?.distance === row.firm) continue
        if (row.distance !== countedDistance(affected.get(source)!.before) + step) continue
        const entity: EntityRef = { id: row.entity, type: row.type as EntityType, value: row.value } // types are stored from checked observations
        if (known) known.distance = row.firm
        else affected.set(row.entity, { ...row, entity, before: { ...row, tags: [] }, distance: row.firm })
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
      for (const { source, target, step, row } of await stepsAt(trx, run, 'target', targets)) {
        const one = affected.get(target)!
        // Who is on an address of this delivery is not stored yet.
        const { tenants, unheard } = affected.get(source) ?? row
        const distance = countedDistance({ distance: row.distance, tenants, unheard }) + step
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
