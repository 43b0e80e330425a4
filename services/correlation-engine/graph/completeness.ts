import { pause } from '@mirage/kit/clock.ts'
import type { Call, Contract, Handlers } from '@mirage/kit/contract.ts'
import type { AppliedBatch } from '@mirage/kit/coverage.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Collection, Documents } from '@mirage/ports/documents.ts'
import type { Graph } from '@mirage/ports/graph.ts'

/** Shorter than any caller's patience. */
const longestWaitMs = 8_000

/** Where it is kept that all workspaces were gone through. */
const home = 'default'

interface Mark {
  id: 'complete' | 'every-workspace'
}

export interface CompletenessParts {
  documents: Documents
  graph: Pick<Graph, 'counts'>
  applied: Pick<Collection<AppliedBatch>, 'scan'>
  /** Takes everything there is of a workspace into the graph. */
  rebuild(workspace: string): Promise<void>
}

/**
 * Which workspaces are in the graph with all there was when this was noted, so that an absence is noticed: each by a mark
 * beside the findings, which does not count where batches were applied and the graph holds nothing. A workspace that has
 * no mark is new, or its files were removed: that cannot be told apart from here, so it is rebuilt, which for a new one
 * is done at once.
 */
export class Completeness {
  readonly #parts: CompletenessParts
  readonly #marks: Collection<Mark>
  readonly #complete = new Set<string>()
  readonly #rebuilding = new Map<string, Promise<void>>()

  private constructor(parts: CompletenessParts, marks: Collection<Mark>) {
    this.#parts = parts
    this.#marks = marks
  }

  static async open(parts: CompletenessParts): Promise<Completeness> {
    return new Completeness(parts, await parts.documents.collection<Mark>({ name: 'projection', indexes: {} }))
  }

  /** True when all workspaces were gone through once, and none of which batches were applied here lacks anything. */
  async ofAll(): Promise<boolean> {
    if ((await this.#marks.get(home, 'every-workspace')) === undefined) return false
    for (const workspace of await this.#parts.documents.workspaces())
      if ((await this.#hasTaken(workspace)) && !(await this.of(workspace))) return false
    return true
  }

  async of(workspace: string): Promise<boolean> {
    if (this.#complete.has(workspace)) return true
    if ((await this.#marks.get(workspace, 'complete')) === undefined) return false
    const { nodes } = await this.#parts.graph.counts(workspace, {})
    if (nodes === 0 && (await this.#hasTaken(workspace))) return false
    this.#complete.add(workspace)
    return true
  }

  /** Resolves when the workspace is complete, rebuilding it where it is not. */
  async ensure(workspace: string): Promise<void> {
    if (!(await this.of(workspace))) await (this.#rebuilding.get(workspace) ?? this.#start(workspace))
  }

  /** Rebuilds these workspaces, complete or not; afterwards all were gone through. */
  async rebuildAll(workspaces: string[]): Promise<void> {
    for (const workspace of workspaces) {
      // What is under way may have read what there is before events were lost.
      await this.#rebuilding.get(workspace)?.catch(() => undefined)
      await this.#start(workspace)
    }
    await this.#marks.put(home, [{ id: 'every-workspace' }])
  }

  /** Resolves when the workspace is complete. Throws `graphs.rebuilding` when that takes long. */
  async wait(workspace: string): Promise<void> {
    if (await this.of(workspace)) return
    const done = new AbortController()
    const rebuilt = this.ensure(workspace).finally(() => done.abort())
    rebuilt.catch(() => undefined) // the next question tries again
    await pause(longestWaitMs, done.signal)
    if (!this.#complete.has(workspace))
      throw new MirageError({
        code: 'graphs.rebuilding',
        status: 503,
        detail: 'The graph is being made from what is stored. Ask again in a moment.',
        retryable: true,
      })
  }

  /** Resolves when nothing is under way any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#rebuilding.values())
  }

  async #hasTaken(workspace: string): Promise<boolean> {
    return (await this.#parts.applied.scan(workspace, { limit: 1 })).items.length > 0
  }

  #start(workspace: string): Promise<void> {
    const work = this.#rebuild(workspace).finally(() => {
      if (this.#rebuilding.get(workspace) === work) this.#rebuilding.delete(workspace)
    })
    this.#rebuilding.set(workspace, work)
    return work
  }

  async #rebuild(workspace: string): Promise<void> {
    await this.#parts.rebuild(workspace)
    await this.#marks.put(workspace, [{ id: 'complete' }])
    this.#complete.add(workspace)
  }
}

/** Handlers that answer once the workspace is complete: a part of it would be taken for the whole. */
export function whenComplete<H extends Handlers<Contract>>(completeness: Completeness, handlers: H): H {
  const waiting = Object.entries(handlers).map(([name, handle]) => [
    name,
    async (input: never, call: Call) => {
      await completeness.wait(call.workspace)
      return handle(input, call)
    },
  ])
  return Object.fromEntries(waiting) as H // the same names, each with what it had
}
