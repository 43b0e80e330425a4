import type { CallOptions } from '@mirage/kit/contract.ts'
import { expect, it } from 'vitest'
import { type RebuildParts, rebuildWorkspace } from './rebuild.ts'

it('takes in the content before the names that stand for it, and settles what has drained last', async () => {
  const steps: string[] = []
  const inWorkspace =
    <T>(items: (workspace: string) => T[]) =>
    async (_page: object = {}, { workspace = 'none' }: CallOptions = {}) => ({ items: items(workspace) })
  const said = { module: 'm', moduleVersion: 1, publishedAt: 0, observations: [], findings: [] }
  const parts: RebuildParts = {
    storage: {
      listAppliedBatches: inWorkspace((workspace) => [{ id: `batch of ${workspace}`, run: 'r' }]),
      listVoices: inWorkspace((workspace) => [{ id: `voice of ${workspace}`, run: 'r', firstAt: 1, tags: [] }]),
      listRetold: inWorkspace((workspace) => [{ ...said, run: `run of ${workspace}` }]),
      listDrainedRuns: inWorkspace((workspace) => [
        { run: `run of ${workspace}`, round: 1, batches: [] },
        { run: `gone of ${workspace}`, round: 0, batches: [], forgotten: true },
      ]),
    },
    engine: {
      restore: async (workspace, run) => {
        steps.push(`${workspace}: ${run}`)
        return 'open'
      },
      deleteRun: async (workspace, run) => void steps.push(`${workspace}: ${run} deleted`),
    },
    voices: {
      adopt: async (workspace, voices) => void steps.push(`${workspace}: ${voices.map(({ id }) => id).join()}`),
    },
    coverage: {
      adopt: async (workspace, batches) => void steps.push(`${workspace}: ${batches.map(({ id }) => id).join()}`),
      adoptDrained: async (workspace, { run }) => void steps.push(`${workspace}: ${run} drained`),
      stateOf: async () => 'open',
    },
    signal: new AbortController().signal,
  }
  await rebuildWorkspace(parts, 'case 7')
  expect(steps).toEqual(
    ['voice of #', 'run of #', 'batch of #', 'run of # drained', 'gone of # deleted'].map(
      (step) => `case 7: ${step.replace('#', 'case 7')}`,
    ),
  )
})
