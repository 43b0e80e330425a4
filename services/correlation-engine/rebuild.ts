import { pause } from '@mirage/kit/clock.ts'
import type { Client, Contract, Handlers } from '@mirage/kit/contract.ts'
import type { AppliedBatch, Coverage } from '@mirage/kit/coverage.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Voices } from '@mirage/kit/voices.ts'
import type { Documents } from '@mirage/ports/documents.ts'
import type { storage } from '@mirage/services/data-storage/contract.ts'
import type { scans } from '@mirage/services/scan-orchestration/contract.ts'
import type { Engine } from './engine.ts'

/** Where the marker of all workspaces is kept. */
const home = 'default'

export interface Marker {
  /** False when the projection in this store was never complete: a new service, or one whose files were removed. */
  readonly isSet: boolean
  set(): Promise<void>
  /** Resolves when it is set. Throws `graphs.rebuilding` when that takes long. */
  wait(): Promise<void>
}

/** Shorter than any caller's patience. */
const longestWaitMs = 8_000

/** Keeps beside the findings that the projection once held all there was, so that its absence is noticed. */
export async function openMarker(documents: Documents): Promise<Marker> {
  const marks = await documents.collection<{ id: string }>({ name: 'projection', indexes: {} })
  let isSet = (await marks.get(home, 'complete')) !== undefined
  const done = new AbortController()
  return {
    get isSet() {
      return isSet
    },
    async set() {
      if (isSet) return
      await marks.put(home, [{ id: 'complete' }])
      isSet = true
      done.abort()
    },
    async wait() {
      if (!isSet) await pause(longestWaitMs, done.signal)
      if (!isSet)
        throw new MirageError({
          code: 'graphs.rebuilding',
          status: 503,
          detail: 'The graph is being made from what is stored. Ask again in a moment.',
          retryable: true,
        })
    },
  }
}

/** Handlers that answer once the projection is complete: a part of it would be taken for the whole. */
export function whenComplete<H extends Handlers<Contract>>(marker: Marker, handlers: H): H {
  const waiting = Object.entries(handlers).map(([name, handle]) => [
    name,
    async (input: never, call: never) => {
      await marker.wait()
      return handle(input, call)
    },
  ])
  return Object.fromEntries(waiting) as H // the same names, each with what it had
}

export interface RebuildParts {
  storage: Pick<
    Client<typeof storage>,
    'listWorkspaces' | 'listAppliedBatches' | 'listVoices' | 'listRetold' | 'listDrainedRuns'
  >
  scans: Pick<Client<typeof scans>, 'announceDrained'>
  engine: Pick<Engine, 'restore' | 'deleteRun'>
  voices: Pick<Voices, 'adopt'>
  coverage: Pick<Coverage, 'adopt' | 'adoptDrained' | 'stateOf'>
  marker: Marker
  signal: AbortSignal
}

/**
 * Takes everything that data-storage holds into the graph, and then what it has applied as applied here. The names are
 * read before the content, so each of them stands for content that has been taken in. Runs that have drained are then
 * settled, with their rules evaluated, unless they were before; those under way are announced again, so that what
 * neither of the two has is noticed. What people said of findings is kept here alone and
 * cannot be rebuilt.
 */
export async function rebuild({
  storage,
  scans,
  engine,
  voices,
  coverage,
  marker,
  signal,
}: RebuildParts): Promise<void> {
  const { items: workspaces } = await storage.listWorkspaces({}, { signal })
  for (const workspace of workspaces) {
    const options = { workspace, signal }
    const applied: AppliedBatch[] = []
    for await (const batch of pages((page) => storage.listAppliedBatches(page, options))) applied.push(batch)
    await voices.adopt(workspace, await Array.fromAsync(pages((page) => storage.listVoices(page, options))))
    for await (const { run, publishedAt, ...payload } of pages((page) => storage.listRetold(page, options)))
      await engine.restore(workspace, run, [{ publishedAt, payload }])
    for (let from = 0; from < applied.length; from += 1000)
      await coverage.adopt(workspace, applied.slice(from, from + 1000))
    for await (const { forgotten, ...drained } of pages((page) => storage.listDrainedRuns(page, options)))
      if (!forgotten) await coverage.adoptDrained(workspace, drained)
      else if ((await coverage.stateOf(workspace, drained.run)) !== 'forgotten')
        await engine.deleteRun(workspace, drained.run)
  }
  await scans.announceDrained({}, { signal })
  await marker.set()
}

async function* pages<T>(
  read: (page: { after?: string; limit: number }) => Promise<{ items: T[]; next?: string }>,
): AsyncIterable<T> {
  let after: string | undefined
  do {
    const { items, next } = await read({ limit: 1000, ...(after === undefined ? {} : { after }) })
    yield* items
    after = next
  } while (after !== undefined)
}
