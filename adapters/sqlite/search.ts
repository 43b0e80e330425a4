import type { Search } from '@mirage/ports/search.ts'
import { openSpaces } from './files/spaces.ts'
import { reading } from './ids/ids.ts'
import { delayOf, searchRecords } from './search/read.ts'
import { openSearchStore, type SearchStore } from './search/store.ts'
import { catchUp, indexRecords, removeRecords } from './search/write.ts'

export interface SqliteSearchOptions {
  path: string
  now: () => number
  /** Text follows its records after this pause, so that a busy writer is not slowed by it. */
  followMs?: number
}

/** Full text and facets of each workspace in an SQLite file of its own under the folder `path`. */
export async function openSqliteSearch({ path, now, followMs = 500 }: SqliteSearchOptions): Promise<Search> {
  const following = new Map<string, Promise<void>>()
  const stop = new AbortController()
  const spaces = openSpaces<SearchStore>({ path, perWorkspace: true, use: 'search' }, openSearchStore)

  /** Brings the text of a workspace up to date, in pieces between which others get their turn. */
  function follow(workspace: string): void {
    if (following.has(workspace) || stop.signal.aborted) return
    const done = followUp(workspace)
      .catch(() => {
        // Full or locked for the moment: what is late is written down, and the next call tries again.
      })
      .finally(() => following.delete(workspace))
    following.set(workspace, done)
  }

  async function followUp(workspace: string): Promise<void> {
    await sleep(followMs, stop.signal)
    for (let more = true; more && !stop.signal.aborted;) {
      more = await spaces.peek(workspace, false, catchUp)
      await new Promise((resume) => setImmediate(resume))
    }
  }

  return {
    can: { shared: true },

    // Elasticsearch: _bulk of index actions
    async index(workspace, records) {
      if (records.length === 0) return
      await spaces.use(workspace, (store) => indexRecords(store, records, now()))
      follow(workspace)
    },

    // Elasticsearch: _bulk of delete actions
    async remove(workspace, ids) {
      await spaces.peek(workspace, undefined, (store) => removeRecords(store, ids, now()))
      follow(workspace)
    },

    // Elasticsearch: _search with bool filters, wildcard on the text, search_after and terms aggregations
    search: (workspace, query) =>
      spaces.peek(
        workspace,
        {
          ids: [],
          total: 0,
          totalIsLowerBound: false,
          ...(query.count && { counts: Object.fromEntries(query.count.map((name) => [name, {}])) }),
        },
        (store) => reading(store, () => searchRecords(store, query)),
      ),

    // Elasticsearch: the refresh interval
    async delay(workspace) {
      const delay = await spaces.peek(workspace, { records: 0, ageMs: 0 }, (store) =>
        reading(store, () => delayOf(store, now())),
      )
      // Left behind by a process that ended before it had followed.
      if (delay.records > 0) follow(workspace)
      return delay
    },

    // Elasticsearch: _delete_by_query on the workspace, or its index
    erase: (workspace) => spaces.erase(workspace),

    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(following.values())
      await spaces.close()
    },
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}
