import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ActiveRun } from '../runs/active-run.ts'
import { type Frontier, openFrontier, planned, type Seen } from '../testing/frontier.ts'
import { heldBackBy } from './held-back.ts'
import { waitInWords } from './name-lists.ts'

/** What one of several targets leads to does not make the others wait. */

let frontier: Frontier

beforeAll(async () => {
  frontier = await openFrontier()
})
afterAll(() => frontier[Symbol.asyncDispose]())

const apexes = ['northwind.example', 'fjord.test', 'harbour.test']

function openRun(): ActiveRun {
  const lanes = [planned('probe', 'target', { consumes: [{ type: 'domain' }] })]
  return frontier.openRun(lanes, { distance: 0 }, apexes)
}

function below(apex: string, count: number): Seen[] {
  return Array.from({ length: count }, (_, at) => [`domain:${apex}`, `domain:n${at}.${apex}`, 'subdomain'])
}

const seeds = apexes.map((apex): Seen => [undefined, `domain:${apex}`, undefined])

/** The targets that the next tasks are for, given out so many at a time. */
async function given(run: ActiveRun, tasks: number, slots: number): Promise<string[]> {
  const targets: string[] = []
  while (targets.length < tasks) {
    const leased = await frontier.lease(run, run.lanes[0]!, Math.min(slots, tasks - targets.length))
    if (leased.length === 0) return targets
    for (const { names } of leased) targets.push(names[0]!.split('.').slice(-2).join('.').replace('domain:', ''))
  }
  return targets
}

describe('targets', () => {
  it.each([1, 2, 7, 64])('are served in turn, with %d slots', async (slots) => {
    const run = openRun()
    await frontier.route(run, seeds)
    expect((await given(run, 3, slots)).sort()).toEqual([...apexes].sort())
    await frontier.route(run, [...below('northwind.example', 500), ...below('fjord.test', 20)])
    await frontier.route(run, below('harbour.test', 20))
    const first = Object.groupBy(await given(run, 90, slots), (apex) => apex)
    expect(first['fjord.test']).toHaveLength(20)
    expect(first['harbour.test']).toHaveLength(20)
    expect(first['northwind.example']).toHaveLength(50)
    expect(new Set(await given(run, 1_000, slots))).toEqual(new Set(['northwind.example']))
    expect(run.lanes[0]!.dirty).toBe(false)
  })

  it('that come late are served before what was there of another', async () => {
    const run = openRun()
    await frontier.route(run, [...seeds, ...below('northwind.example', 300)])
    await given(run, 60, 8)
    await frontier.route(run, below('harbour.test', 3))
    expect((await given(run, 8, 8)).filter((apex) => apex === 'harbour.test')).toHaveLength(3)
  })
})

describe('those who list the names on addresses', () => {
  const lists = planned('lists', 'stored', { consumes: [{ type: 'ip-address' }], produces: ['domain'], perMinute: 60 })
  const ports = planned('ports', 'target', { consumes: [{ type: 'ip-address' }] })

  it('are asked first about what others wait for, and about the rest then', async () => {
    const run = frontier.openRun([lists, ports], { distance: 1 }, apexes)
    const addresses = (name: string, from: number): Seen[] =>
      Array.from({ length: 30 }, (_, at) => [`domain:${name}`, `ip-address:93.184.216.${from + at}`, 'dns_record'])
    await frontier.route(run, [...seeds, ['domain:fjord.test', 'domain:partner.test', 'links_to']])
    await frontier.route(run, addresses('partner.test', 0))
    await frontier.route(run, [...addresses('northwind.example', 100), ...addresses('fjord.test', 200)])
    const { db } = frontier.store
    // Of ninety that it will be asked about, sixty wait for it.
    expect(await heldBackBy(db, run, run.lanes[0]!)).toEqual({ addresses: 60, seconds: 60 })
    expect(await heldBackBy(db, run, run.lanes[1]!)).toBeUndefined()
    const asked: number[] = []
    for (let tasks = -1; tasks < asked.length;) {
      tasks = asked.length
      for (const { names } of await frontier.lease(run, run.lanes[0]!, 7))
        asked.push(Number(names[0]!.split('.').at(-1)))
    }
    expect(asked).toHaveLength(90)
    const [first, then] = [asked.slice(0, 60), asked.slice(60)]
    expect(first.every((at) => at >= 100)).toBe(true)
    expect(then.every((at) => at < 100)).toBe(true)
    // Of the targets in turn, as ever.
    expect(first.slice(0, 16).some((at) => at < 200) && first.slice(0, 16).some((at) => at >= 200)).toBe(true)
    expect(run.lanes[0]!.dirty).toBe(false)
    expect(await heldBackBy(db, run, run.lanes[0]!)).toBeUndefined()
  })

  it('are named in the plan with their rates, where somebody waits for them', () => {
    const reverse = planned('Reverse DNS', 'relayed', { consumes: [{ type: 'ip-address' }], produces: ['domain'] })
    expect(waitInWords([lists, reverse, ports])).toEqual([
      expect.stringMatching(/since many owners may share it: lists \(60 a minute\), Reverse DNS\.$/),
    ])
    expect(waitInWords([lists, { ...ports, state: 'beyond-contact' }])).toEqual([])
    expect(waitInWords([{ ...lists, state: 'no-key' }, ports])).toEqual([])
  })
})
