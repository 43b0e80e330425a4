import type { CallOptions } from '@mirage/kit/contract.ts'
import { expect, it } from 'vitest'
import { rebuild, type RebuildParts } from './rebuild.ts'

it('takes in what every workspace holds, and says that it is whole only then', async () => {
  const steps: string[] = []
  const inWorkspace =
    <T>(items: (workspace: string) => T[]) =>
    async (_page: object = {}, { workspace = 'none' }: CallOptions = {}) => ({ items: items(workspace) })
  const said = { module: 'm', moduleVersion: 1, publishedAt: 0, observations: [], findings: [] }
  const parts: RebuildParts = {
    storage: {
      listWorkspaces: async () => ({ items: ['default', 'case 7'] }),
      listAppliedBatches: inWorkspace((workspace) => [{ id: `batch of ${workspace}`, run: 'r' }]),
      listVoices: inWorkspace((workspace) => [{ id: 'r/m', run: `run of ${workspace}`, firstAt: 1, tags: [] }]),
      listRetold: inWorkspace((workspace) => [{ ...said, run: `run of ${workspace}` }]),
      listDrainedRuns: inWorkspace((workspace) => [{ run: `run of ${workspace}`, round: 1, batches: [] }]),
    },
    scans: { announceDrained: async () => ({}) },
    engine: {
      restore: async (workspace, run) => {
        steps.push(`${workspace}: ${run}`)
        return 'open'
      },
      deleteRun: async () => undefined,
    },
    voices: {
      adopt: async (workspace, voices) => void steps.push(`${workspace}: ${voices.map(({ id }) => id).join()}`),
    },
    coverage: {
      adopt: async (workspace, batches) => void steps.push(`${workspace}: ${batches.map(({ id }) => id).join()}`),
      adoptDrained: async (workspace, { run }) => void steps.push(`${workspace}: ${run} drained`),
      stateOf: async () => 'open',
    },
    marker: { isSet: false, set: async () => void steps.push('whole'), wait: async () => undefined },
    signal: new AbortController().signal,
  }
  await rebuild(parts)
  expect(steps).toEqual([
    ...['default', 'case 7'].flatMap((name) => [
      `${name}: r/m`,
      `${name}: run of ${name}`,
      `${name}: batch of ${name}`,
      `${name}: run of ${name} drained`,
    ]),
    'whole',
  ])
})
