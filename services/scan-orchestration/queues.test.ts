import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ActiveRun } from './active-run.ts'
import { type Frontier, openFrontier, planned, type Seen } from './testing/frontier.ts'

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
