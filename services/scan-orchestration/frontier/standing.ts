import type { EntityRef } from '@mirage/model/entity.ts'
import type { Scope } from '@mirage/model/scope.ts'
import { sharedInfrastructure } from '@mirage/model/shared-infrastructure.ts'
import { countedDistance, type Tenancy } from './tenants.ts'

/** Farther than any limit: an entity known only as a source, whose own sighting is still on its way. */
export const unreached = 1_000

export const noTags: ReadonlySet<string> = new Set()

/** Where an entity stands while a delivery is being routed. */
export interface Standing extends Tenancy {
  entity: EntityRef
  /** Its own sharing left out: `countedDistance` adds it. */
  distance: number
  /**
   * The distance it keeps whatever addresses on its way turn out to be shared. It can only fall, so a way that is no
   * shorter than this never matters and is not kept.
   */
  firm: number
  depth: number
  seed: number
  allowed: number
  hopeful: number
  seq: number
  queue: number
  /** As stored before this delivery; undefined for an entity that is new to the run. */
  before: Before | undefined
  sighted: boolean
  module: string
  tags: ReadonlySet<string>
  /** An address that may turn out to be shared: no seed names it and no list knows it. */
  isExposed: boolean
  seenAt: number
}

export interface Before extends Tenancy {
  /** Of its row. */
  id: number
  distance: number
  firm: number
  depth: number
  allowed: number
  hopeful: number
  seq: number
  queue: number
  tags: string[]
}

export interface Step {
  source: Standing
  target: Standing
  /** That of `Scope.step`. */
  cost: number
}

export function isExposed(scope: Scope, { type, value }: Pick<EntityRef, 'type' | 'value'>): boolean {
  return (
    type === 'ip-address' && scope.covers({ type, value }) === undefined && sharedInfrastructure(value) === undefined
  )
}

/** What the target's `firm` is over this step. */
export function firmOver(source: { firm: number; isExposed: boolean }, cost: number): number {
  return source.firm + Number(source.isExposed) + cost
}

/** Shortest distances over the steps of one delivery: few passes, since sources mostly come before what they lead to. */
export function relax(steps: Step[]): void {
  for (let changed = true; changed;) {
    changed = false
    for (const { source, target, cost } of steps) {
      if (source.distance === unreached) continue
      const distance = countedDistance(source) + cost
      if (distance < target.distance) {
        target.distance = distance
        target.seed = source.seed
        changed = true
      }
      const firm = firmOver(source, cost)
      if (firm < target.firm) {
        target.firm = firm
        changed = true
      }
      if (source.depth + 1 < target.depth) {
        target.depth = source.depth + 1
        changed = true
      }
    }
  }
}

/**
 * True for a way that may become the shortest one: because its source may fall, or because the target may rise when an
 * address turns out to be shared. `byDepth`: hops count too.
 */
export function isLasting({ source, target, cost }: Step, byDepth: boolean): boolean {
  if (source === target) return false
  if (byDepth && source.depth > 1 && target.depth > 2) return true
  return target.firm > cost
}
