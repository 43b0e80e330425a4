import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteSql } from '@mirage/adapters/sqlite/sql.ts'
import { contentId } from '@mirage/model/id.ts'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeReached, findReached, pageOfReached, readShards } from './reached.ts'
import { openStore, type Store } from '../store.ts'

/** Rows by the shard they stand in; every tenth has not arrived. */
const shards = [700, 650, 20]
const run = 7

let folder: string
let sql: Awaited<ReturnType<typeof openSqliteSql>>
let store: Store
const entities: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mirage-reached-'))
  sql = await openSqliteSql({ path: join(folder, 'scans.db') })
  store = await openStore(sql)
  await store.write(async (trx) => {
    for (const [shard, count] of shards.entries())
      for (let i = 0; i < count; i++) {
        const entity = contentId(`${shard} ${i}`)
        entities.push(entity)
        await trx
          .insertInto('reached')
          .values(rowOf(shard, entity, i % 10 === 0 ? 0 : entities.length))
          .execute()
      }
  })
})
afterAll(async () => {
  await sql[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function rowOf(shard: number, entity: string, seq: number) {
  const nothing = {
    seed: 0,
    distance: 0,
    firm: 0,
    depth: 0,
    trait: 0,
    ordinal: 0,
    tags: null,
    tenants: null,
    unheard: 0,
  }
  const name = { entity, type: 'domain', value: `${entity}.example` }
  return { run, shard, seq, ...name, ...nothing, allowed: 4, hopeful: 4, queue: 0, module: 'toy', seen_at: 1 }
}

describe('the entities of a run in shards', () => {
  it('finds those there are and no others', async () => {
    const known = await readShards(store.db, run)
    expect(known.rows).toBe(entities.length)
    const some = fc.array(fc.oneof(fc.constantFrom(...entities), fc.string().map(contentId)), { maxLength: 1200 })
    await fc.assert(
      fc.asyncProperty(some, async (asked) => {
        const wanted = new Set(asked)
        const found = await findReached(
          store.db,
          { row: { id: run }, shards: known, wideStatements: new Map() },
          wanted,
        )
        const expected = [...wanted].filter((id) => entities.includes(id))
        expect(found.map(({ entity }) => entity).sort()).toEqual(expected.sort())
      }),
      { numRuns: 20 },
    )
  })

  it('pages what has arrived in the order of the ids, whatever the size of a page', async () => {
    const arrived = entities.filter((_, i) => !isWaiting(i)).sort()
    for (const limit of [1, 7, 100, 1000, 5000]) {
      const seen: string[] = []
      for (let more = true; more;) {
        const page = await pageOfReached(store.db, run, seen.at(-1) ?? '', limit)
        expect(page.rows.length).toBeLessThanOrEqual(limit)
        expect(page.rows.length).toBeGreaterThanOrEqual(Number(page.more))
        seen.push(...page.rows.map(({ entity }) => entity))
        more = page.more
      }
      expect(seen).toEqual(arrived)
    }
    expect((await describeReached(store.db, run, entities)).map(({ entity }) => entity).sort()).toEqual(arrived)
  })

  it('puts new ones behind those there are, and finds them at once', async () => {
    const known = await readShards(store.db, run)
    const before = known.rows
    expect(known.place('new', 0)).toBe(0)
    expect(known.of('new')).toContain(0)
    known.rows = 32_768
    expect(known.place('newer', 0)).toBe(1)
    expect(known.place('newest', 32_768)).toBe(2)
    expect(known.of('nobody').length).toBeLessThan(3)
    expect(before).toBe(entities.length)
  })
})

function isWaiting(index: number): boolean {
  let first = 0
  for (const count of shards) {
    if (index < first + count) return (index - first) % 10 === 0
    first += count
  }
  return false
}
