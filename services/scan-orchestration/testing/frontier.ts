import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteSql } from '@mirage/adapters/sqlite/sql.ts'
import { type EntityRef, type EntityType, entityRef } from '@mirage/model/entity.ts'
import { type Observation, observationId } from '@mirage/model/observation.ts'
import { type RelationshipKind, relationshipId } from '@mirage/model/relationship.ts'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import { type ActiveLane, type ActiveRun, activate } from '../runs/active-run.ts'
import { leftOf } from '../leases/budget.ts'
import { leaseNew } from '../leases/lease.ts'
import type { Eligibility } from '../frontier/offer.ts'
import type { PlannedLane } from '../planning/plan.ts'
import { routeObservations } from '../frontier/route.ts'
import { openStore, type Store } from '../store.ts'

/** The frontier of runs without anything around it, for tests: entities are `type:value`. */

export const seed = 'domain:northwind.example'

/** What was seen: from nothing for a seed. */
export type Seen = [from: string | undefined, to: string, kind: RelationshipKind | undefined]

export interface Frontier extends AsyncDisposable {
  store: Store
  /** Of `northwind.example` unless other names are given. */
  openRun(lanes: PlannedLane[], limits: { distance: number; depth?: number | undefined }, apexes?: string[]): ActiveRun
  /** Answers what may less be worked on than before. */
  route(run: ActiveRun, seen: Seen[]): Promise<Map<string, Eligibility>>
  /** New tasks of a lane, as many as there are slots. */
  lease(run: ActiveRun, lane: ActiveLane, slots: number): Promise<LeasedNames[]>
  standings(run: ActiveRun): Promise<Map<string, Row>>
}

export interface LeasedNames {
  task: number
  names: string[]
}

type Row = { distance: number; depth: number; allowed: number; hopeful: number }

let runs = 0

export async function openFrontier(): Promise<Frontier> {
  const folder = mkdtempSync(join(tmpdir(), 'mirage-frontier-'))
  const sql = await openSqliteSql({ path: join(folder, 'scans.db') })
  const store = await openStore(sql)
  return {
    store,
    openRun(lanes, { distance, depth }, apexes = ['northwind.example']) {
      const definition = {
        seeds: apexes.map((value) => ({ type: 'domain', value })),
        budget: depth === undefined ? {} : { depth },
      }
      const plan = { profile: '', contact: 'target', distance, lanes }
      const row = {
        id: ++runs,
        run: `run_${runs}`,
        definition: JSON.stringify(definition),
        plan: JSON.stringify(plan),
        requests: 0,
        queries: 0,
      }
      return activate(row as ActiveRun['row'], false) // nothing else of the row is read here
    },
    async route(run, seen) {
      const batch: ObservationBatch = {
        run: run.row.run,
        task: 1,
        attempt: 1,
        index: 0,
        module: 'm',
        moduleVersion: 1,
        observations: seen.map(observe),
        findings: [],
      }
      const routed = await store.write((trx) => routeObservations(trx, run, [batch]))
      run.nextSeq = routed.nextSeq
      run.shards.rows += routed.placed
      for (const queue of routed.waiting) queue.waiting = true
      for (const [lane, more] of routed.lanes) lane.eligible += more
      return routed.lowered
    },
    async lease(run, lane, free) {
      const slots = { worker: 'w', free: new Map([[lane.planned.module, free]]), others: 0 }
      const { leased, scan } = await store.write((trx) => leaseNew(trx, run, lane, slots, leftOf(run), run.nextTask))
      run.nextTask += leased.length
      Object.assign(lane, { queues: scan.queues, dirty: scan.dirty })
      for (const { task } of leased) run.open.set(task.number, task)
      return leased.map(({ task, entities }) => ({
        task: task.number,
        names: entities.map(({ type, value }) => `${type}:${value}`),
      }))
    },
    async standings(run) {
      const rows = await store.db.selectFrom('reached').selectAll().where('run', '=', run.row.id).execute()
      return new Map(rows.map(({ type, value, ...row }) => [`${type}:${value}`, row]))
    },
    async [Symbol.asyncDispose]() {
      await sql[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function planned(module: string, contact: PlannedLane['contact'], more: Partial<PlannedLane> = {}): PlannedLane {
  const types: EntityType[] = ['domain', 'ip-address', 'open-port', 'technology', 'netblock', 'geo-point']
  return {
    module,
    version: 1,
    title: module,
    homepage: '',
    contact,
    discloses: false,
    state: 'planned',
    consumes: types.map((type) => ({ type })),
    produces: [],
    batch: 1,
    onlyInScope: false,
    volatile: [],
    ...more,
  }
}

export function refOf(name: string): EntityRef {
  const colon = name.indexOf(':')
  return entityRef(name.slice(0, colon) as EntityType, name.slice(colon + 1))
}

/** Whom a name belongs to, for the names of tests. */
export function ownerOf(name: string): string {
  return name.split(/[:.]/).slice(-2).join('.')
}

function observe([from, to, kind]: Seen): Observation {
  const [source, entity] = [from === undefined ? undefined : refOf(from), refOf(to)]
  const qualifier = kind === 'dns_record' ? 'A' : ''
  const parts = { run: 'r', module: 'm', source: source?.id, kind: kind ?? '', direction: 'out' }
  return {
    id: observationId({ ...parts, entity: entity.id, key: qualifier }),
    entity,
    key: qualifier,
    at: 0,
    ...(source ? { source } : {}),
    ...(source && kind
      ? { edge: { id: relationshipId(source.id, kind, qualifier, entity.id), kind, qualifier, direction: 'out' } }
      : {}),
  }
}
