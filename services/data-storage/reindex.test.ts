import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { openSqliteSearch } from '@mirage/adapters/sqlite/search.ts'
import { silentLog } from '@mirage/kit/log.ts'
import { entityRef } from '@mirage/model/entity.ts'
import type { Search } from '@mirage/ports/search.ts'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { searchEntities } from './read.ts'
import { SearchIndex } from './reindex.ts'
import { type EntityDocument, openStore, type Store } from './store.ts'

/** More than a page. */
const count = 2_300

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirage-reindex-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Opened extends AsyncDisposable {
  store: Store
  search: Search
  index: SearchIndex
  stop: AbortController
}

/** What a start of the service opens. `after` is called before each write to the index. */
async function start(after: () => void = () => undefined): Promise<Opened> {
  const documents = await openSqliteDocuments({ path: join(folder, 'documents.db'), perWorkspace: false, use: 'data' })
  const search = await openSqliteSearch({ path: join(folder, 'search'), now: () => 0 })
  const store = await openStore(documents)
  const stop = new AbortController()
  const told: Search = {
    ...search,
    async index(workspace, records) {
      after()
      await search.index(workspace, records)
    },
  }
  const index = await SearchIndex.open({ documents, store, search: told, log: silentLog, signal: stop.signal })
  return {
    store,
    search,
    index,
    stop,
    async [Symbol.asyncDispose]() {
      await documents[Symbol.asyncDispose]()
      await search[Symbol.asyncDispose]()
    },
  }
}

async function found({ store, search }: Opened, query = ''): Promise<number> {
  return (await searchEntities(store, search, 'default', { query, limit: 1 }, 0)).total
}

function entity(number: number): EntityDocument {
  const { id, type, value } = entityRef('domain', `n${number}.example.com`)
  return { id, type, value, firstSeenAt: 1, lastSeenAt: 1, tags: {}, modules: ['dns'], runs: ['r'], attributes: {} }
}

it('makes an index anew that is gone, also one that a death left half made', async () => {
  {
    await using first = await start()
    const all = Array.from({ length: count }, (_, number) => entity(number)).sort((a, b) => (a.id < b.id ? -1 : 1))
    await first.store.entities.put('default', all)
  }
  {
    await using cut: Opened = await start(() => cut.stop.abort(new Error('killed')))
    await expect(cut.index.wait('default')).rejects.toThrow('killed')
    expect(await found(cut)).toBe(1_000)
  }
  await using again = await start()
  await Promise.all([again.index.wait('default'), again.index.ensure('default')])
  expect({ all: await found(again), one: await found(again, 'domain:n7.example.com') }).toEqual({ all: count, one: 1 })
})

it('leaves alone an index that is there, and a workspace without entities', async () => {
  let writes = 0
  await using opened = await start(() => writes++)
  await opened.index.wait('nobody')
  await opened.store.entities.put('default', [entity(1)])
  await opened.index.wait('default')
  expect({ writes, found: await found(opened) }).toEqual({ writes: 1, found: 1 })
  await using again = await start(() => writes++)
  await again.index.wait('default')
  expect(writes).toBe(1)
})
