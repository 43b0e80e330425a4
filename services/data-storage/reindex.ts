import { othersTurn, pause } from '@mirage/kit/clock.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Log } from '@mirage/kit/log.ts'
import type { Collection, Documents } from '@mirage/ports/documents.ts'
import type { Search } from '@mirage/ports/search.ts'
import { index } from './apply.ts'
import type { Store } from './store.ts'

/** Shorter than any caller's patience. */
const longestWaitMs = 8_000
const pageSize = 1_000

/** There while an index is being made: one that a death has cut off is made once more. */
interface Mark {
  id: 'unfinished'
}

export interface SearchIndexParts {
  documents: Documents
  store: Store
  search: Search
  log: Log
  signal: AbortSignal
}

/**
 * The search index follows from the entities and may be deleted. One that holds nothing although there are entities is
 * made anew before anything is searched or written: a part of it would be taken for the whole, and what is written
 * meanwhile could be overwritten by what was read before.
 */
export class SearchIndex {
  readonly #parts: SearchIndexParts
  readonly #marks: Collection<Mark>
  readonly #complete = new Set<string>()
  readonly #making = new Map<string, Promise<void>>()

  private constructor(parts: SearchIndexParts, marks: Collection<Mark>) {
    this.#parts = parts
    this.#marks = marks
  }

  static async open(parts: SearchIndexParts): Promise<SearchIndex> {
    return new SearchIndex(parts, await parts.documents.collection<Mark>({ name: 'search-index', indexes: {} }))
  }

  /** Resolves when the index of the workspace is whole. */
  async ensure(workspace: string): Promise<void> {
    if (this.#complete.has(workspace)) return
    let making = this.#making.get(workspace)
    if (!making) {
      making = this.#make(workspace).finally(() => this.#making.delete(workspace))
      this.#making.set(workspace, making)
    }
    await making
  }

  /** As `ensure`, for a caller who waits. Throws `entities.indexing` when it takes long. */
  async wait(workspace: string): Promise<void> {
    if (this.#complete.has(workspace)) return
    const done = new AbortController()
    const making = this.ensure(workspace).finally(() => done.abort())
    making.catch(() => undefined) // awaited below where it ended in time; else the next question tries again
    await pause(longestWaitMs, done.signal)
    if (done.signal.aborted) return making
    throw new MirageError({
      code: 'entities.indexing',
      status: 503,
      detail: 'The search index is being made from what is stored. Ask again in a moment.',
      retryable: true,
    })
  }

  async #make(workspace: string): Promise<void> {
    const { store, search, log, signal } = this.#parts
    if (await this.#isWanting(workspace)) {
      log.warn('The search index is made from what is stored', { workspace })
      await this.#marks.put(workspace, [{ id: 'unfinished' }])
      let after: string | undefined
      do {
        signal.throwIfAborted()
        const page = await store.entities.scan(workspace, {
          limit: pageSize,
          ...(after === undefined ? {} : { after }),
        })
        await index(
          store,
          search,
          workspace,
          page.items.map(({ id }) => id),
        )
        after = page.next
        await othersTurn()
      } while (after !== undefined)
      await this.#marks.delete(workspace, ['unfinished'])
    }
    this.#complete.add(workspace)
  }

  async #isWanting(workspace: string): Promise<boolean> {
    const { store, search } = this.#parts
    if ((await store.entities.scan(workspace, { limit: 1 })).items.length === 0) return false
    if ((await this.#marks.get(workspace, 'unfinished')) !== undefined) return true
    return (await search.search(workspace, { limit: 1 })).ids.length === 0
  }
}
