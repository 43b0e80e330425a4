import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteSql } from '@mirage/adapters/sqlite/sql.ts'
import { contacts } from '@mirage/model/contact.ts'
import { type EntityRef, type EntityType, entityRef } from '@mirage/model/entity.ts'
import { type Observation, observationId } from '@mirage/model/observation.ts'
import { type RelationshipKind, relationshipId } from '@mirage/model/relationship.ts'
import { mostTenants } from '@mirage/model/shared.ts'
import type { Sql } from '@mirage/ports/sql.ts'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActiveRun, activate } from './active-run.ts'
import { leftOf } from './budget.ts'
import { leaseNew } from './lease.ts'
import type { PlannedLane } from './plan.ts'
import { routeObservations } from './route.ts'
import { openStore, type Store } from './store.ts'
import { withdraw } from './withdraw.ts'

/** Whatever the order in which a run's observations arrive, its entities stand where the whole of them says. */

let folder = ''
let sql: Sql
let store: Store
let runs = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mirage-route-'))
  sql = await openSqliteSql({ path: join(folder, 'scans.db') })
  store = await openStore(sql)
})
afterAll(async () => {
  await sql[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const seed = 'domain:northwind.example'
const crowd = Array.from({ length: mostTenants + 4 }, (_, at) => `domain:tenant${at}.test`)
const addresses = ['93.184.216.34', '93.184.216.35', '93.184.216.36']
const ways: [string, string, RelationshipKind][] = [
  [seed, 'domain:www.northwind.example', 'subdomain'],
  [seed, 'domain:partner.test', 'links_to'],
  ['domain:partner.test', 'domain:www.partner.test', 'subdomain'],
  ['domain:partner.test', 'technology:nginx', 'product_used'],
  ['domain:www.partner.test', 'domain:far.test', 'links_to'],
  ['netblock:93.184.216.0/24', 'ip-address:93.184.216.36', 'contains'],
  ...addresses.flatMap((address): [string, string, RelationshipKind][] => [
    ['domain:northwind.example', `ip-address:${address}`, 'dns_record'],
    ['domain:www.northwind.example', `ip-address:${address}`, 'dns_record'],
    ['domain:partner.test', `ip-address:${address}`, 'dns_record'],
    ['domain:ptr.test', `ip-address:${address}`, 'dns_record'],
    [`ip-address:${address}`, 'domain:ptr.test', 'ptr_record'],
    [`ip-address:${address}`, 'netblock:93.184.216.0/24', 'contains'],
    [`ip-address:${address}`, `open-port:${address}:443/tcp`, 'port'],
    [`open-port:${address}:443/tcp`, 'technology:nginx', 'product_used'],
    [`ip-address:${address}`, 'technology:nginx', 'product_used'],
    [`ip-address:${address}`, 'geo-point:1,2', 'location'],
  ]),
]

type Seen = [from: string | undefined, to: string, kind: RelationshipKind | undefined]

/** A crowd on some of the addresses, and a part of the ways, in any order and cut anywhere. */
const arrival = fc
  .tuple(
    fc.subarray(ways),
    fc.array(fc.nat(crowd.length), { minLength: addresses.length, maxLength: addresses.length }),
    fc.subarray(crowd, { maxLength: 5 }),
  )
  .chain(([chosen, sizes, linked]) => {
    const seen: Seen[] = [
      [undefined, seed, undefined],
      ...chosen,
      ...addresses.flatMap((address, at) =>
        crowd.slice(0, sizes[at]).map((name): Seen => [name, `ip-address:${address}`, 'dns_record']),
      ),
      ...linked.map((name): Seen => [seed, name, 'links_to']),
      // Nothing leads on from what was never seen itself.
      ...crowd.map((name): Seen => ['domain:far.test', name, 'links_to']),
    ]
    return fc.record({
      seen: fc.shuffledSubarray(seen, { minLength: seen.length }),
      cuts: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }),
    })
  })

function refOf(name: string): EntityRef {
  const colon = name.indexOf(':')
  return entityRef(name.slice(0, colon) as EntityType, name.slice(colon + 1))
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

function planned(module: string, contact: PlannedLane['contact'], batch: number): PlannedLane {
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
    batch,
    onlyInScope: false,
    volatile: [],
  }
}

function openRun(distance: number, depth: number | undefined, batch = 1): ActiveRun {
  const definition = {
    seeds: [{ type: 'domain', value: 'northwind.example' }],
    budget: depth === undefined ? {} : { depth },
  }
  const lanes = [planned('near', 'target', batch), planned('far', 'stored', batch)]
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
}

async function route(run: ActiveRun, seen: Seen[]): Promise<Map<string, number>> {
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
  return routed.lowered
}

/** Gives everything out that there is to give; answers it by module. */
async function lease(run: ActiveRun): Promise<Record<string, string[]>> {
  const given: Record<string, string[]> = {}
  for (const lane of run.lanes) {
    const names: string[] = []
    given[lane.planned.module] = names
    for (lane.dirty = true; lane.dirty;) {
      const slots = { worker: 'w', free: new Map([[lane.planned.module, 64]]), others: 0 }
      const { leased, scan } = await store.write((trx) => leaseNew(trx, run, lane, slots, leftOf(run), run.nextTask))
      run.nextTask += leased.length
      Object.assign(lane, { cursors: scan.cursors, dirty: scan.dirty })
      for (const { task, entities } of leased) {
        run.open.set(task.number, task)
        names.push(...entities.map(({ type, value }) => `${type}:${value}`))
      }
    }
  }
  return given
}

interface Standing {
  distance: number
  depth: number
  shared: boolean
}

/** Where everything stands by all that was seen, found without any order. */
function standingsOf(run: ActiveRun, seen: Seen[]): Map<string, Standing> {
  const tenants = new Map<string, Set<string>>()
  for (const [from, to, kind] of seen)
    if (from !== undefined && kind === 'dns_record') tenants.set(to, (tenants.get(to) ?? new Set()).add(apexIn(from)))
  const standings = new Map<string, Standing>()
  for (const name of new Set(seen.flatMap(([from, to]) => (from === undefined ? [to] : [from, to])))) {
    const distance = run.scope.covers(refOf(name)) === undefined ? Infinity : 0
    const depth = name === seed ? 0 : Infinity
    standings.set(name, { distance, depth, shared: (tenants.get(name)?.size ?? 0) > mostTenants })
  }
  for (let changed = true; changed;) {
    changed = false
    for (const [from, to, kind] of seen) {
      if (from === undefined) continue
      const [source, target] = [standings.get(from)!, standings.get(to)!]
      const distance = source.distance + run.scope.step(refOf(from), refOf(to), kind, { isShared: target.shared })
      const depth = source.depth + 1
      if (distance >= target.distance && depth >= target.depth) continue
      Object.assign(target, {
        distance: Math.min(distance, target.distance),
        depth: Math.min(depth, target.depth),
      })
      changed = true
    }
  }
  return standings
}

function apexIn(name: string): string {
  return name.split(/[:.]/).slice(-2).join('.')
}

async function stored(run: ActiveRun): Promise<Map<string, { distance: number; depth: number; allowed: number }>> {
  const rows = await store.db.selectFrom('reached').selectAll().where('run', '=', run.row.id).execute()
  return new Map(rows.map(({ type, value, ...row }) => [`${type}:${value}`, row]))
}

function* cut<T>(items: T[], sizes: number[]): Iterable<T[]> {
  for (let from = 0, at = 0; from < items.length; from += sizes[at++ % sizes.length]!)
    yield items.slice(from, from + sizes[at % sizes.length]!)
}

const limits = fc.record({
  distance: fc.constantFrom(0, 1, 2),
  depth: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
})

function isEligible(run: ActiveRun, name: string, { distance, depth }: Standing, need: number): boolean {
  const most = run.definition.budget?.depth
  if (distance === Infinity || (most !== undefined && depth >= most)) return false
  return run.scope.admits(refOf(name), distance).length >= need
}

describe('the frontier', () => {
  it('is that of the whole, in whatever order and pieces the observations come', async () => {
    await fc.assert(
      fc.asyncProperty(arrival, limits, async ({ seen, cuts }, limit) => {
        const run = openRun(limit.distance, limit.depth)
        for (const piece of cut(seen, cuts)) await route(run, piece)
        const [found, expected] = [await stored(run), standingsOf(run, seen)]
        expect(found.size).toBe(expected.size)
        for (const [name, standing] of expected) {
          const { distance, depth, allowed } = found.get(name)!
          const classes = standing.distance === Infinity ? [] : run.scope.admits(refOf(name), distance)
          expect({ name, distance, depth: limit.depth && depth, allowed }).toEqual({
            name,
            distance: Math.min(standing.distance, 1000),
            depth: limit.depth && Math.min(standing.depth, 1000),
            allowed: classes.length,
          })
        }
        const sighted = new Set(seen.map(([, to]) => to))
        const given = await lease(run)
        for (const { planned, need } of run.lanes) {
          const eligible = [...expected].filter(
            ([name, standing]) => sighted.has(name) && isEligible(run, name, standing, need),
          )
          expect(given[planned.module]!.sort()).toEqual(eligible.map(([name]) => name).sort())
        }
      }),
      { numRuns: 80 },
    )
  })

  it('gives out everything that the whole allows, however early tasks are given out', async () => {
    await fc.assert(
      fc.asyncProperty(arrival, limits, async ({ seen, cuts }, { distance, depth }) => {
        const run = openRun(distance, depth)
        const given = new Map(run.lanes.map(({ planned }) => [planned.module, new Set<string>()]))
        for (const piece of cut(seen, cuts)) {
          await route(run, piece)
          for (const [module, names] of Object.entries(await lease(run)))
            for (const name of names) given.get(module)!.add(name)
        }
        const sighted = new Set(seen.map(([, to]) => to))
        const expected = [...standingsOf(run, seen)].filter(([name]) => sighted.has(name))
        for (const { planned, need } of run.lanes) {
          const eligible = expected.filter(([name, standing]) => isEligible(run, name, standing, need))
          const missing = eligible.map(([name]) => name).filter((name) => !given.get(planned.module)!.has(name))
          expect(missing).toEqual([])
        }
      }),
      { numRuns: 30 },
    )
  })
})

describe('an address with many owners on it', () => {
  const address = 'ip-address:93.184.216.34'
  const port = 'open-port:93.184.216.34:443/tcp'
  const resolved = (names: string[]): Seen[] => names.map((name) => [name, address, 'dns_record'])
  const start: Seen[] = [
    [undefined, seed, undefined],
    [seed, address, 'dns_record'],
    [address, port, 'port'],
  ]
  const near = async (run: ActiveRun): Promise<string[]> =>
    (await lease(run))['near']!.filter((name) => !name.startsWith('domain:'))

  it('is its own with twenty of them, and shared with one more', async () => {
    const run = openRun(1, undefined)
    await route(run, [...start, ...resolved(crowd.slice(0, mostTenants - 1))])
    expect((await stored(run)).get(address)).toMatchObject({ distance: 0, allowed: contacts.length })
    const lowered = await route(run, resolved([crowd[mostTenants]!]))
    expect([...lowered.keys()].sort()).toEqual([refOf(address).id, refOf(port).id].sort())
    expect((await stored(run)).get(address)).toMatchObject({ distance: 1 })
    expect(await near(run)).toEqual([])
  })

  it('is taken out of the tasks that were given out before that was known', async () => {
    const run = openRun(1, undefined, 2)
    await route(run, [...start, ...resolved(crowd.slice(0, mostTenants - 1))])
    expect((await lease(run))['near']).toEqual([seed, address, port])
    const lowered = await route(run, resolved([crowd[mostTenants]!]))
    const changes = await store.write((trx) => withdraw(trx, run, lowered))
    expect([...changes].map(([{ module, entities }, change]) => ({ module, entities, change }))).toMatchObject([
      {
        module: 'near',
        entities: [refOf(seed).id, refOf(address).id],
        change: { status: 'ready', entities: [refOf(seed).id] },
      },
      {
        module: 'near',
        entities: [refOf(port).id],
        change: { status: 'routing', finished: { outcome: 'out-of-scope', batches: 0 } },
      },
    ])
  })

  it('is shared as well when a source lists them', async () => {
    const run = openRun(1, undefined)
    const listed = crowd.map((name): Seen => [address, name, 'co_hosted_with'])
    await route(run, [...start, ...listed])
    expect(await near(run)).toEqual([])
  })

  it('counts one brand under many suffixes once', async () => {
    const run = openRun(1, undefined)
    const suffixes = ['com', 'net', 'org', 'de', 'fr', 'it', 'es', 'nl', 'be', 'at', 'ch', 'se', 'no', 'dk', 'fi', 'pl']
    const brand = suffixes.flatMap((suffix) => [`domain:fjord.${suffix}`, `domain:www.fjord.${suffix}`])
    await route(run, [...start, ...resolved(brand)])
    expect(await near(run)).toEqual([address, port])
  })

  it('is worked on where a seed names it', async () => {
    const run = openRun(1, undefined)
    const seeds = [...run.definition.seeds, { type: 'ip-address', value: '93.184.216.34' }]
    const definition = JSON.stringify({ ...run.definition, seeds })
    const again = activate({ ...run.row, id: ++runs, definition }, false)
    await route(again, [...start, [undefined, address, undefined], ...resolved(crowd)])
    expect(await near(again)).toEqual([address, port])
  })
})
