import { contacts } from '@mirage/model/contact.ts'
import type { RelationshipKind } from '@mirage/model/relationship.ts'
import { mostTenants } from '@mirage/model/shared-infrastructure.ts'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActiveRun, activate } from '../runs/active-run.ts'
import { type Frontier, openFrontier, ownerOf, planned, refOf, seed, type Seen } from '../testing/frontier.ts'
import { withdraw } from './withdraw.ts'

/** Whatever the order in which a run's observations arrive, its entities stand where the whole of them says. */

let frontier: Frontier

beforeAll(async () => {
  frontier = await openFrontier()
})
afterAll(() => frontier[Symbol.asyncDispose]())

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

/** A run whose modules list no names. */
function openRun(distance: number, depth: number | undefined, batch = 1): ActiveRun {
  const lanes = [planned('near', 'target', { batch }), planned('far', 'stored', { batch })]
  return frontier.openRun(lanes, { distance, depth })
}

/** Gives everything out that there is to give; answers it by module. */
async function lease(run: ActiveRun): Promise<Record<string, string[]>> {
  const given: Record<string, string[]> = {}
  for (const lane of run.lanes) {
    const names: string[] = []
    given[lane.planned.module] = names
    for (lane.dirty = true; lane.dirty;)
      for (const { names: those } of await frontier.lease(run, lane, 64)) names.push(...those)
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
    if (from !== undefined && kind === 'dns_record') tenants.set(to, (tenants.get(to) ?? new Set()).add(ownerOf(from)))
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
      const distance = source.distance + Number(source.shared) + run.scope.step(refOf(from), refOf(to), kind)
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

function* cut<T>(items: T[], sizes: number[]): Iterable<T[]> {
  for (let from = 0, at = 0; from < items.length; from += sizes[at++ % sizes.length]!)
    yield items.slice(from, from + sizes[at % sizes.length]!)
}

const limits = fc.record({
  distance: fc.constantFrom(0, 1, 2),
  depth: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
})

function isEligible(run: ActiveRun, name: string, { distance, depth, shared }: Standing, need: number): boolean {
  const most = run.definition.budget?.depth
  if (distance === Infinity || (most !== undefined && depth >= most)) return false
  return run.scope.admits(refOf(name), distance + Number(shared)).length >= need
}

describe('the frontier', () => {
  it('is that of the whole, in whatever order and pieces the observations come', async () => {
    await fc.assert(
      fc.asyncProperty(arrival, limits, async ({ seen, cuts }, limit) => {
        const run = openRun(limit.distance, limit.depth)
        for (const piece of cut(seen, cuts)) await frontier.route(run, piece)
        const [found, expected] = [await frontier.standings(run), standingsOf(run, seen)]
        expect(found.size).toBe(expected.size)
        for (const [name, standing] of expected) {
          const { distance, depth, allowed } = found.get(name)!
          const classes =
            standing.distance === Infinity ? [] : run.scope.admits(refOf(name), distance + Number(standing.shared))
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
          await frontier.route(run, piece)
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
    await frontier.route(run, [...start, ...resolved(crowd.slice(0, mostTenants - 1))])
    expect((await frontier.standings(run)).get(address)).toMatchObject({ distance: 0, allowed: contacts.length })
    const lowered = await frontier.route(run, resolved([crowd[mostTenants]!]))
    expect([...lowered.keys()].sort()).toEqual([refOf(address).id, refOf(port).id].sort())
    expect((await frontier.standings(run)).get(port)).toMatchObject({ distance: 1 })
    expect(await near(run)).toEqual([])
  })

  it('is taken out of the tasks that were given out before that was known', async () => {
    const run = openRun(1, undefined, 2)
    await frontier.route(run, [...start, ...resolved(crowd.slice(0, mostTenants - 1))])
    expect((await lease(run))['near']).toEqual([seed, address, port])
    const lowered = await frontier.route(run, resolved([crowd[mostTenants]!]))
    const changes = await frontier.store.write((trx) => withdraw(trx, run, lowered))
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
    await frontier.route(run, [...start, ...listed])
    expect(await near(run)).toEqual([])
  })

  it('counts one brand under many suffixes once', async () => {
    const run = openRun(1, undefined)
    const suffixes = ['com', 'net', 'org', 'de', 'fr', 'it', 'es', 'nl', 'be', 'at', 'ch', 'se', 'no', 'dk', 'fi', 'pl']
    const brand = suffixes.flatMap((suffix) => [`domain:fjord.${suffix}`, `domain:www.fjord.${suffix}`])
    await frontier.route(run, [...start, ...resolved(brand)])
    expect(await near(run)).toEqual([address, port])
  })

  it('is worked on where a seed names it', async () => {
    const run = openRun(1, undefined)
    const seeds = [...run.definition.seeds, { type: 'ip-address', value: '93.184.216.34' }]
    const definition = JSON.stringify({ ...run.definition, seeds })
    const again = activate({ ...run.row, id: 1_000_000, definition }, false)
    await frontier.route(again, [...start, [undefined, address, undefined], ...resolved(crowd)])
    expect(await near(again)).toEqual([address, port])
  })
})
