import type { Client } from '@mirage/kit/contract.ts'
import type { AppliedBatch, Coverage } from '@mirage/kit/coverage.ts'
import { itemsOf } from '@mirage/kit/pages.ts'
import type { Voices } from '@mirage/model/voices.ts'
import type { storage } from '@mirage/services/data-storage/contract.ts'
import type { Engine } from '../engine.ts'

export interface RebuildParts {
  storage: Pick<Client<typeof storage>, 'listAppliedBatches' | 'listVoices' | 'listRetold' | 'listDrainedRuns'>
  engine: Pick<Engine, 'restore' | 'deleteRun'>
  voices: Pick<Voices, 'adopt'>
  coverage: Pick<Coverage, 'adopt' | 'adoptDrained' | 'stateOf'>
  signal: AbortSignal
}

/**
 * Takes everything that data-storage holds of a workspace into the graph, and then what it has applied as applied here.
 * The names are read before the content, so each of them stands for content that has been taken in. Runs that have
 * drained are then settled, with their rules evaluated, unless they were before. What people said of findings is kept
 * here alone and cannot be rebuilt.
 */
export async function rebuildWorkspace(
  { storage, engine, voices, coverage, signal }: RebuildParts,
  workspace: string,
): Promise<void> {
  const options = { workspace, signal }
  const applied: AppliedBatch[] = []
  for await (const batch of every((page) => storage.listAppliedBatches(page, options))) applied.push(batch)
  await voices.adopt(workspace, await Array.fromAsync(every((page) => storage.listVoices(page, options))))
  for await (const { run, publishedAt, ...payload } of every((page) => storage.listRetold(page, options)))
    await engine.restore(workspace, run, [{ publishedAt, payload }])
  for (let from = 0; from < applied.length; from += 1000)
    await coverage.adopt(workspace, applied.slice(from, from + 1000))
  for await (const { forgotten, ...drained } of every((page) => storage.listDrainedRuns(page, options)))
    if (!forgotten) await coverage.adoptDrained(workspace, drained)
    else if ((await coverage.stateOf(workspace, drained.run)) !== 'forgotten')
      await engine.deleteRun(workspace, drained.run)
}

function every<T>(
  read: (page: { after?: string; limit: number }) => Promise<{ items: T[]; next?: string }>,
): AsyncIterable<T> {
  return itemsOf((place) => read({ ...place, limit: 1000 }))
}
