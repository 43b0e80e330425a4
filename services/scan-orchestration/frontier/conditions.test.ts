import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ActiveRun } from '../runs/active-run.ts'
import type { PlannedLane } from '../planning/plan.ts'
import { loadActiveRun } from '../runs/load.ts'
import { type Frontier, openFrontier, planned, seed, type Seen } from '../testing/frontier.ts'

/** What a module can do nothing with becomes no task of it. */

let frontier: Frontier

beforeAll(async () => {
  frontier = await openFrontier()
})
afterAll(() => frontier[Symbol.asyncDispose]())

const v4 = 'ip-address:93.184.216.34'
const v6 = 'ip-address:2606:2800:220:1::1'
const seen: Seen[] = [
  [undefined, seed, undefined],
  [seed, 'domain:www.northwind.example', 'subdomain'],
  [seed, v4, 'dns_record'],
  [seed, v6, 'dns_record'],
  [v4, 'open-port:93.184.216.34:22/tcp', 'port'],
  [v4, 'open-port:93.184.216.34:443/tcp', 'port'],
  [v6, 'open-port:[2606:2800:220:1::1]:443/tcp', 'port'],
]

async function namesOf(run: ActiveRun): Promise<Record<string, string[]>> {
  const names: Record<string, string[]> = {}
  for (const lane of run.lanes)
    names[lane.planned.module] = (await frontier.lease(run, lane, 9)).flatMap((task) => task.names)
  return names
}

describe('conditions of modules', () => {
  const lanes: PlannedLane[] = [
    planned('apexes', 'stored', { consumes: [{ type: 'domain', where: 'isApex' }] }),
    planned('tls', 'target', { consumes: [{ type: 'domain' }, { type: 'open-port', ports: [443, 8443] }] }),
    planned('v4', 'stored', { consumes: [{ type: 'ip-address', where: 'isIpv4' }] }),
  ]

  it('leave out what does not meet them', async () => {
    const run = frontier.openRun(lanes, { distance: 1 })
    await frontier.route(run, seen)
    const names = await namesOf(run)
    expect(names['apexes']).toEqual([seed])
    expect(names['v4']).toEqual([v4])
    expect(names['tls']!.sort()).toEqual([
      'domain:northwind.example',
      'domain:www.northwind.example',
      'open-port:93.184.216.34:443/tcp',
      'open-port:[2606:2800:220:1::1]:443/tcp',
    ])
  })

  it('count when a run is taken up again', async () => {
    const run = frontier.openRun(lanes, { distance: 1 })
    await frontier.route(run, seen)
    await namesOf(run)
    const again = await loadActiveRun(frontier.store.db, run.row, 0, false)
    const counts = again.lanes.map(({ eligible, taken }) => [eligible, taken])
    expect(counts).toEqual([
      [1, 1],
      [4, 4],
      [1, 1],
    ])
  })

  it('make nobody wait for a module that is not asked', async () => {
    const lists = planned('lists', 'stored', {
      consumes: [{ type: 'ip-address', where: 'isIpv4' }],
      produces: ['domain'],
    })
    const ports = planned('ports', 'target', { consumes: [{ type: 'ip-address' }] })
    const run = frontier.openRun([lists, ports], { distance: 0 })
    await frontier.route(run, seen)
    const names = await namesOf(run)
    expect(names['lists']).toEqual([v4])
    // Of the other it is not known yet who else is on it.
    expect(names['ports']).toEqual([v6])
  })
})
