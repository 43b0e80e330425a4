import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteSql } from '@mirage/adapters/sqlite/sql.ts'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { up as createRuns } from './migrations/0001-runs.ts'
import { up as shareAddresses } from './migrations/0002-shared-addresses.ts'
import { up as splitReached } from './migrations/0003-shards.ts'
import { leftOf } from './leases/budget.ts'
import { leaseNew } from './leases/lease.ts'
import { loadActiveRuns } from './runs/load.ts'
import { openStore } from './store.ts'
import { planned, refOf } from './testing/frontier.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirage-scans-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Older {
  run: Record<string, unknown>
  reached: Record<string, unknown>
  reach: Record<string, unknown>
  lane: Record<string, unknown>
}

const seeds = ['northwind.example', 'fjord.test']
const address = 'ip-address:93.184.216.34'

/** A run with two targets, the first of which was leased, and a shared address, as the version before queues left it. */
async function leaveOlderRun(path: string): Promise<void> {
  const sql = await openSqliteSql({ path })
  const db = await sql.open<Older>({
    '0001-runs': { up: createRuns },
    '0002-shared-addresses': { up: shareAddresses },
    '0003-shards': { up: splitReached },
  })
  const definition = JSON.stringify({ seeds: seeds.map((value) => ({ type: 'domain', value })) })
  const lanes = [planned('probe', 'target', { consumes: [{ type: 'domain' }, { type: 'ip-address' }] })]
  const plan = JSON.stringify({ profile: '', contact: 'target', distance: 1, lanes })
  const times = { created_at: 1, started_at: 1, ended_at: null, running_since: 1, active_ms: 0 }
  const counts = { generation: 1, round: 0, drained_round: 0, requests: 0, queries: 0 }
  const names = { run: 'run_older', scan: 'scan_older', workspace: 'default', name: 'older', announced: '' }
  await db
    .insertInto('run')
    .values({ ...names, ...times, ...counts, definition, plan, status: 'running', stopping: null, summary: null })
    .execute()
  const reached = [...seeds.map((seed) => `domain:${seed}`), address]
  for (const [at, name] of reached.entries()) {
    const { id, type, value } = refOf(name)
    const isShared = type === 'ip-address'
    const place = { seed: isShared ? 0 : at, distance: Number(isShared), firm: 0, depth: 0, allowed: isShared ? 3 : 4 }
    const rest = { is_apex: 1, ordinal: 0, module: 'seed', tags: null, tenants: isShared ? '*' : null, seen_at: 1 }
    await db
      .insertInto('reached')
      .values({ run: 1, shard: 0, seq: at + 1, entity: id, type, value, ...place, ...rest })
      .execute()
  }
  const [source, target] = [refOf(`domain:${seeds[0]}`).id, refOf(address).id]
  await db.insertInto('reach').values({ run: 1, source, target, step: 2 }).execute()
  await db.insertInto('lane').values({ run: 1, module: 'probe', type: 'domain', cursor: 1 }).execute()
  await sql[Symbol.asyncDispose]()
}

it('goes on with a run that an older version has begun', async () => {
  const path = join(folder, 'scans.db')
  await leaveOlderRun(path)
  await using sql = await openSqliteSql({ path })
  const store = await openStore(sql)
  const [run] = await loadActiveRuns(store.db, 0, false, (_, error) => expect.fail(String(error)))
  expect(run!.lanes[0]).toMatchObject({ eligible: 2, taken: 1 })
  const slots = { worker: 'w', free: new Map([['probe', 9]]), others: 0 }
  const { leased } = await store.write((trx) => leaseNew(trx, run!, run!.lanes[0]!, slots, leftOf(run!), 1))
  expect(leased.flatMap(({ entities }) => entities.map(({ value }) => value))).toEqual(['fjord.test'])
  const rows = await store.db.selectFrom('reached').selectAll().where('type', '=', 'ip-address').execute()
  expect(rows).toMatchObject([{ distance: 0, allowed: 3, hopeful: 3, unheard: 0, queue: 0 }])
  expect(await store.db.selectFrom('reach').select('step').execute()).toEqual([{ step: 0 }])
})
