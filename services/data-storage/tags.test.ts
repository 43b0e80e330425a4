import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { openSqliteSearch } from '@mirage/adapters/sqlite/search.ts'
import type { Incoming } from '@mirage/kit/service.ts'
import { entityRef } from '@mirage/model/entity.ts'
import { observationId } from '@mirage/model/observation.ts'
import type { Documents } from '@mirage/ports/documents.ts'
import type { Search } from '@mirage/ports/search.ts'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { applyBatches, endRun } from './apply.ts'
import { deleteRun } from './change.ts'
import { searchEntities } from './read.ts'
import { openStore, type Store } from './store.ts'

let folder: string
let documents: Documents
let search: Search
let store: Store
let workspace = ''
let workspaces = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mirage-tags-'))
  documents = await openSqliteDocuments({ path: join(folder, 'documents.db'), perWorkspace: false, use: 'data' })
  search = await openSqliteSearch({ path: join(folder, 'search'), now: () => 0 })
  store = await openStore(documents)
})
afterAll(async () => {
  await documents[Symbol.asyncDispose]()
  await search[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  workspace = `w${workspaces++}`
})

interface Said {
  run: string
  module: string
  /** What of each name. */
  names: Record<string, string[]>
  at: number
}

function eventOf({ run, module, names, at }: Said): Incoming<ObservationBatch> {
  const source = entityRef('domain', 'example.com')
  const observations = Object.entries(names).map(([name, tags]) => {
    const entity = entityRef('domain', `${name}.example.com`)
    const parts = { run, module, source: source.id, kind: '', direction: '', entity: entity.id, key: '' }
    return { id: observationId(parts), entity, source, key: '', at, ...(tags.length > 0 ? { tags } : {}) }
  })
  const payload = { run, module, moduleVersion: 1, task: 1, attempt: 1, index: at, observations, findings: [] }
  return { id: `${run} ${at}`, workspace, publishedAt: at, payload, partial: false }
}

async function say(run: string, module: string, names: Record<string, string[]>, at: number): Promise<void> {
  await applyBatches(store, search, [eventOf({ run, module, names, at })])
}

/** The tags of each name as shown; and as the search finds them. */
async function tagsNow(): Promise<{ shown: Record<string, string[]>; found: Record<string, string[]> }> {
  const named = async (query: string) => (await searchEntities(store, search, workspace, { query }, 0)).items
  const shown = Object.fromEntries((await named('')).map(({ value, tags }) => [value.split('.')[0]!, tags]))
  const found: Record<string, string[]> = Object.fromEntries(Object.keys(shown).map((name) => [name, []]))
  for (const tag of ['login', 'parked', 'unresolved'])
    for (const { value } of await named(`tag:${tag}`)) found[value.split('.')[0]!]!.push(tag)
  return { shown, found }
}

/** Shown and found alike. */
function both(tags: Record<string, string[]>): Awaited<ReturnType<typeof tagsNow>> {
  return { shown: tags, found: tags }
}

describe('a tag of a module', () => {
  it('goes when a later run of that module saw the entity and did not give it again', async () => {
    await say('one', 'dns', { gone: ['unresolved'], shop: ['unresolved'] }, 1)
    await endRun(store, search, workspace, 'one')
    await say('two', 'crtsh', { gone: [], shop: [] }, 5)
    await say('two', 'dns', { gone: ['unresolved'] }, 6)
    expect(await tagsNow()).toEqual(both({ gone: ['unresolved'], shop: ['unresolved'] }))
    await endRun(store, search, workspace, 'two')
    expect(await tagsNow()).toEqual(both({ gone: ['unresolved'], shop: [] }))
  })

  it('stays where that module did not run, or the run did not see the entity or did not end whole', async () => {
    await say('one', 'dns', { shop: ['unresolved'] }, 1)
    await endRun(store, search, workspace, 'one')
    await say('passive', 'crtsh', { shop: [] }, 5)
    await endRun(store, search, workspace, 'passive')
    await say('elsewhere', 'dns', { other: [] }, 6)
    await endRun(store, search, workspace, 'elsewhere')
    await say('stopped', 'crtsh', { shop: [] }, 7)
    await say('stopped', 'dns', { other: [] }, 8)
    expect(await tagsNow()).toEqual(both({ shop: ['unresolved'], other: [] }))
  })

  it('is not taken away by what another module does not say', async () => {
    await say('one', 'http', { shop: ['login'] }, 1)
    await say('one', 'crawler', { shop: [] }, 2)
    await endRun(store, search, workspace, 'one')
    await say('two', 'http', { shop: ['login'] }, 3)
    await say('two', 'crawler', { shop: [] }, 4)
    await endRun(store, search, workspace, 'two')
    expect(await tagsNow()).toEqual(both({ shop: ['login'] }))
  })

  it('stays where two runs went on side by side and one of them gave it later than the other began', async () => {
    await say('one', 'dns', { other: [] }, 1)
    await say('two', 'dns', { other: [] }, 2)
    await say('two', 'dns', { shop: ['unresolved'] }, 3)
    await say('one', 'dns', { shop: ['unresolved'] }, 4)
    for (const run of ['one', 'two']) await endRun(store, search, workspace, run)
    expect(await tagsNow()).toEqual(both({ other: [], shop: ['unresolved'] }))
  })

  it('comes back with the run that took it away, and goes with the run that gave it', async () => {
    await say('one', 'dns', { shop: ['unresolved'], gone: ['unresolved'] }, 1)
    await endRun(store, search, workspace, 'one')
    await say('two', 'dns', { shop: [], gone: ['unresolved', 'parked'] }, 5)
    await endRun(store, search, workspace, 'two')
    expect(await tagsNow()).toEqual(both({ shop: [], gone: ['parked', 'unresolved'] }))
    await deleteRun(store, search, workspace, 'two')
    expect(await tagsNow()).toEqual(both({ shop: ['unresolved'], gone: ['unresolved'] }))
  })
})

const saying = fc.record({
  run: fc.constantFrom('one', 'two', 'three'),
  module: fc.constantFrom('dns', 'http'),
  names: fc.dictionary(
    fc.constantFrom('a', 'b'),
    fc.uniqueArray(fc.constantFrom('login', 'parked', 'unresolved'), { maxLength: 2 }),
    { minKeys: 1 },
  ),
  at: fc.integer({ min: 1, max: 6 }),
})

it('ends in the same tags in any order, with doubles and in parts', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(saying, { minLength: 1, maxLength: 8 }),
      fc.subarray(['one', 'two', 'three']),
      fc.infiniteStream(fc.nat()),
      async (said, whole, numbers) => {
        const deliver = async (order: Said[], together: number): ReturnType<typeof tagsNow> => {
          workspace = `w${workspaces++}`
          const waiting = new Map(whole.map((run) => [run, said.filter((one) => one.run === run).length]))
          const arrived = new Set<Said>()
          for (let from = 0; from < order.length; from += together) {
            const heap = order.slice(from, from + together)
            await applyBatches(store, search, heap.map(eventOf))
            for (const one of heap) arrived.add(one)
            for (const [run, count] of waiting) {
              if ([...arrived].filter((one) => one.run === run).length < count) continue
              waiting.delete(run)
              await endRun(store, search, workspace, run)
            }
          }
          return tagsNow()
        }
        const expected = await deliver(said, said.length)
        expect(expected.found).toEqual(expected.shown)
        const parts = said.map((one) => ({ one, key: numbers.next().value }))
        const shuffled = parts.toSorted((a, b) => a.key - b.key).map(({ one }) => one)
        expect(await deliver([...shuffled, ...said.toReversed()], 1)).toEqual(expected)
        expect(await deliver([...shuffled, ...shuffled.slice(0, 3)], 3)).toEqual(expected)
      },
    ),
    { numRuns: 25 },
  )
})
