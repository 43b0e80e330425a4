import { pause } from '@mirage/kit/clock.ts'
import { messageOf } from '@mirage/kit/errors.ts'
import type { Log } from '@mirage/kit/log.ts'
import type { Blobs } from '@mirage/ports/blobs.ts'
import type { Documents } from '@mirage/ports/documents.ts'
import type { Store } from '../store.ts'

const longestLookMs = 30_000
/** Runs that never end must not keep what was deleted for ever. */
const longestWaitMs = 24 * 3_600_000

export interface SweeperOptions {
  store: Store
  documents: Pick<Documents, 'workspaces'>
  blobs: Blobs
  now(): number
  log: Log
  signal: AbortSignal
  /** How old a body must be: longer than from its writing to that of the exchange that names it. */
  afterMs: number
  /** Whether nothing is being collected. */
  isIdle(): Promise<boolean>
}

export interface Sweeper {
  /** To be called when exchanges were deleted. */
  exchangesDeleted(): void
  /** Resolves when the signal has aborted and no sweep is under way. */
  ended: Promise<void>
}

/**
 * Removes bodies that no exchange names: `afterMs` after exchanges were deleted and after the start (for what a death
 * left), as soon as nothing is being collected. A body that was written or used again since is older than it seems to
 * nobody: the store looks at its time once more when it removes it.
 */
export function startSweeper(options: SweeperOptions): Sweeper {
  const { documents, now, log, signal, afterMs, isIdle } = options
  let wantedAt: number | undefined = now()

  async function lookAgain(): Promise<void> {
    if (wantedAt === undefined || now() - wantedAt < afterMs) return
    if (now() - wantedAt < longestWaitMs && !(await isIdle())) return
    const before = now() - afterMs
    wantedAt = undefined
    try {
      for (const workspace of await documents.workspaces()) {
        const removed = await sweep(options, workspace, before)
        if (removed > 0) log.info('Bodies that nothing names were removed', { workspace, removed })
      }
    } catch (error) {
      wantedAt = now()
      if (!signal.aborted) log.warn('Bodies could not be swept; it is tried again', { reason: messageOf(error) })
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await pause(Math.min(longestLookMs, Math.max(50, afterMs)), signal)
      if (!signal.aborted) await lookAgain()
    }
  }

  return {
    exchangesDeleted: () => (wantedAt = now()),
    ended: run().catch((error: unknown) => log.error('Bodies are not swept any more', { error })),
  }
}

function sweep({ store, blobs, signal }: SweeperOptions, workspace: string, before: number): Promise<number> {
  return blobs.sweep(workspace, before, async (hash) => {
    signal.throwIfAborted()
    for (const [index, equals] of [
      ['body', { body: hash }],
      ['certificates', { certificates: hash }],
    ] as const)
      if ((await store.exchanges.scan(workspace, { index, equals, limit: 1 })).items.length > 0) return true
    return false
  })
}
