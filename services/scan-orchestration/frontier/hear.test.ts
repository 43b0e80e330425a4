import type { EntityType } from '@mirage/model/entity.ts'
import type { RelationshipKind } from '@mirage/model/relationship.ts'
import { mostTenants } from '@mirage/model/shared-infrastructure.ts'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PlannedLane } from '../planning/plan.ts'
import { type ActiveLane, type ActiveRun, columnOf } from '../runs/active-run.ts'
import { type Frontier, openFrontier, ownerOf, planned, refOf, seed, type Seen } from '../testing/frontier.ts'
import { hear } from './hear.ts'
import { withdraw } from './withdraw.ts'

/** What a run works on does not depend on which task was first, where those that list an address' names know them all. */

let frontier: Frontier

beforeAll(async () => {
  frontier = await openFrontier()
})
afterAll(() => frontier[Symbol.asyncDispose]())

const crowd = Array.from({ length: mostTenants + 3 }, (_, at) => `domain:tenant${at}.test`)
const addresses = ['93.184.216.34', '93.184.216.35', '93.184.216.36']
const names = [seed, 'domain:www.northwind.example', 'domain:partner.test', 'domain:www.partner.test']

/** A module of this world answers with the ways of these kinds that lead on from what it is asked about. */
const modules: { lane: PlannedLane; kinds: RelationshipKind[] }[] = [
  module('resolve', 'relayed', ['domain'], ['domain', 'ip-address'], ['dns_record', 'subdomain', 'links_to'], 3),
  module('reverse', 'relayed', ['ip-address'], ['domain'], ['ptr_record'], 2),
  module('lists', 'stored', ['ip-address'], ['domain'], ['co_hosted_with']),
  module('ports', 'target', ['ip-address'], ['open-port'], ['port'], 2),
  module('probe', 'target', ['open-port'], ['technology', 'domain'], ['product_used', 'mentions']),
  module('block', 'stored', ['ip-address'], ['netblock'], ['contains'], 2),
  module('geo', 'stored', ['netblock'], ['geo-point'], ['location']),
]

function module(
  id: string,
  contact: PlannedLane['contact'],
  consumes: EntityType[],
  produces: EntityType[],
  kinds: RelationshipKind[],
  batch = 1,
): { lane: PlannedLane; kinds: RelationshipKind[] } {
  return { lane: planned(id, contact, { consumes: consumes.map((type) => ({ type })), produces, batch }), kinds }
}

type Way = [from: string, to: string, kind: RelationshipKind]

const ways: Way[] = [
  [seed, 'domain:www.northwind.example', 'subdomain'],
  [seed, 'domain:partner.test', 'links_to'],
  ['domain:partner.test', 'domain:www.partner.test', 'subdomain'],
  ...addresses.flatMap((address, at): Way[] => [
    ...names.map((name): Way => [name, `ip-address:${address}`, 'dns_record']),
    ['domain:ptr.test', `ip-address:${address}`, 'dns_record'],
    [`ip-address:${address}`, 'domain:ptr.test', 'ptr_record'],
    [`ip-address:${address}`, `netblock:93.184.${at}.0/24`, 'contains'],
    [`netblock:93.184.${at}.0/24`, `geo-point:1,${at}`, 'location'],
    [`ip-address:${address}`, `open-port:${address}:443/tcp`, 'port'],
    [`open-port:${address}:443/tcp`, 'technology:nginx', 'product_used'],
    [`open-port:${address}:443/tcp`, `domain:www.northwind.example`, 'mentions'],
    [`open-port:${address}:443/tcp`, `domain:shop${at}.test`, 'mentions'],
    [`domain:shop${at}.test`, `ip-address:${addresses[(at + 1) % 3]}`, 'dns_record'],
  ]),
]

interface World {
  /** Seeds. */
  apexes: string[]
  ways: Way[]
  limits: { distance: number; depth: number | undefined }
  choices: number[]
}

/** Some of the ways, a crowd on some of the addresses, and the chance by which tasks are given out, answer and end. */
const world: fc.Arbitrary<World> = fc.record({
  apexes: fc.constantFrom(['northwind.example'], ['northwind.example', 'partner.test']),
  ways: fc
    .tuple(
      fc.subarray(ways, { minLength: ways.length >> 1 }),
      fc.tuple(...addresses.map(() => fc.constantFrom(0, 3, mostTenants - 2, mostTenants + 3))),
      fc.subarray(crowd, { maxLength: 2 }),
    )
    .map(([some, sizes, linked]) => {
      const crowds = addresses.flatMap((address, at) =>
        crowd.slice(0, sizes[at]).map((name): Way => [name, `ip-address:${address}`, 'dns_record']),
      )
      const resolving = [...some, ...crowds].filter(([, , kind]) => kind === 'dns_record')
      const listed = resolving.map(([name, address]): Way => [address, name, 'co_hosted_with'])
      return [...some, ...crowds, ...listed, ...linked.map((name): Way => [seed, name, 'links_to'])]
    }),
  limits: fc.record({
    distance: fc.constantFrom(0, 1, 1, 2),
    depth: fc.option(fc.integer({ min: 2, max: 5 }), { nil: undefined }),
  }),
  choices: fc.array(fc.nat(1000), { minLength: 20, maxLength: 60 }),
})

function answers({ ways }: World, module: string, asked: string[]): Seen[] {
  const { kinds } = modules.find(({ lane }) => lane.module === module)!
  return ways.filter(([from, , kind]) => asked.includes(from) && kinds.includes(kind))
}

/** Works on the world until nothing is left, in an order that the choices say. Answers `module entity` of all tasks. */
async function scan(world: World): Promise<{ run: ActiveRun; done: Set<string>; withdrawn: number }> {
  const lanes = modules.map(({ lane }) => lane)
  const run = frontier.openRun(lanes, world.limits, world.apexes)
  const done = new Set<string>()
  const running: { task: number; left: Seen[] }[] = []
  let withdrawn = 0
  let choice = 0
  const choose = (options: number): number => world.choices[choice++ % world.choices.length]! % options
  await frontier.route(
    run,
    world.apexes.map((apex): Seen => [undefined, `domain:${apex}`, undefined]),
  )
  for (;;) {
    const lane = choose(3) > 0 ? await leaseSome(choose(run.lanes.length)) : false
    if (lane || running.length > 0) await answerSome(choose(running.length || 1))
    else if (!(await leaseAny())) return { run, done, withdrawn }
  }

  async function leaseSome(at: number): Promise<boolean> {
    const lane: ActiveLane = run.lanes[at]!
    const leased = await frontier.lease(run, lane, 1 + choose(3))
    for (const { task, names } of leased) {
      for (const name of names) done.add(`${lane.planned.module} ${name}`)
      running.push({ task, left: answers(world, lane.planned.module, names) })
    }
    return leased.length > 0
  }

  async function leaseAny(): Promise<boolean> {
    for (let at = 0; at < run.lanes.length; at++) if (await leaseSome(at)) return true
    return false
  }

  async function answerSome(at: number): Promise<void> {
    const one = running[at]
    if (!one) return
    const piece = one.left.splice(0, 1 + choose(12))
    if (piece.length > 0) {
      const lowered = await frontier.route(run, piece)
      withdrawn += (await frontier.store.write((trx) => withdraw(trx, run, lowered))).size
      return
    }
    running.splice(at, 1)
    const { waiting } = await frontier.store.write((trx) => hear(trx, run, [run.open.get(one.task)!]))
    for (const queue of waiting) queue.waiting = true
    run.open.delete(one.task)
  }
}

/** The same without any order: everything that may be worked on by what everything that may be worked on answers. */
function closure(run: ActiveRun, world: World): Set<string> {
  const listing = run.lanes.filter(({ lists }) => lists > 0).map(({ planned }) => planned.module)
  const owners = new Map<string, Set<string>>()
  for (const [from, to, kind] of world.ways)
    if (kind === 'dns_record') owners.set(to, (owners.get(to) ?? new Set()).add(ownerOf(from)))
  const done = new Set<string>()
  for (let size = -1; size < done.size;) {
    size = done.size
    const weight = (name: string): number => {
      if (!name.startsWith('ip-address:')) return 0
      const isHeard = listing.every((module) => done.has(`${module} ${name}`))
      return Number(!isHeard || (owners.get(name)?.size ?? 0) > mostTenants)
    }
    const seen = modules.flatMap(({ lane: { module } }) =>
      answers(
        world,
        module,
        [...done].filter((one) => one.startsWith(`${module} `)).map((one) => one.slice(module.length + 1)),
      ),
    )
    const places = placesOf(run, world.apexes, seen, weight)
    for (const lane of run.lanes)
      for (const [name, { distance, depth }] of places) {
        if (!lane.planned.consumes.some(({ type }) => name.startsWith(`${type}:`))) continue
        const counted = columnOf(lane) === 'hopeful' ? distance : distance + weight(name)
        const isNear = run.scope.admits(refOf(name), counted).length >= lane.need
        if (isNear && depth < (world.limits.depth ?? Infinity)) done.add(`${lane.planned.module} ${name}`)
      }
  }
  return done
}

function placesOf(
  run: ActiveRun,
  apexes: string[],
  seen: Seen[],
  weight: (name: string) => number,
): Map<string, { distance: number; depth: number }> {
  const places = new Map(apexes.map((apex) => [`domain:${apex}`, { distance: 0, depth: 0 }]))
  for (let changed = true; changed;) {
    changed = false
    for (const [from, to, kind] of seen) {
      const source = places.get(from!)
      if (!source) continue
      const target = places.get(to) ?? {
        distance: run.scope.covers(refOf(to)) === undefined ? Infinity : 0,
        depth: Infinity,
      }
      const distance = source.distance + weight(from!) + run.scope.step(refOf(from!), refOf(to), kind)
      const depth = source.depth + 1
      if (distance >= target.distance && depth >= target.depth) continue
      places.set(to, { distance: Math.min(distance, target.distance), depth: Math.min(depth, target.depth) })
      changed = true
    }
  }
  return places
}

describe('a run', () => {
  it('works on the same whatever the order, and takes nothing back', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (world) => {
        const { run, done, withdrawn } = await scan(world)
        expect([...done].sort()).toEqual([...closure(run, world)].sort())
        expect(withdrawn).toBe(0)
      }),
      { numRuns: 25 },
    )
  })

  it('waits for nobody where no module lists names', async () => {
    const lanes = modules.filter(({ lane }) => lane.module === 'ports').map(({ lane }) => lane)
    const run = frontier.openRun(lanes, { distance: 1 })
    await frontier.route(run, [
      [undefined, seed, undefined],
      [seed, `ip-address:${addresses[0]}`, 'dns_record'],
    ])
    expect(await frontier.lease(run, run.lanes[0]!, 9)).toMatchObject([{ names: [`ip-address:${addresses[0]}`] }])
  })
})
