import { silentLog } from '@mirage/kit/log.ts'
import { openMetrics } from '@mirage/kit/telemetry.ts'
import { testCall } from '@mirage/kit/testing/call.ts'
import { expect, it } from 'vitest'
import { visualizationService } from './service.ts'

const at = '2026-03-01T12:00:00.000Z'
const node = (id: string, type: string, value: string) => ({
  id,
  type,
  value,
  firstSeenAt: at,
  lastSeenAt: at,
  tags: [],
})
const edge = {
  id: 'e',
  from: 'a',
  to: 'b',
  kind: 'dns_record',
  qualifier: 'A',
  firstSeenAt: at,
  lastSeenAt: at,
  modules: ['m'],
}
const nodes = [node('a', 'domain', 'xn--bcher-kva.northwind.example'), node('b', 'ip-address', '198.18.8.1')]

async function start(asked: unknown[]) {
  const { handlers } = await visualizationService.start({
    correlation: {
      getSubgraph: async (input: unknown, options: { workspace: string }) => {
        asked.push([options.workspace, input])
        return { nodes, edges: [edge], truncated: true }
      },
      countGraph: async () => ({ nodes: 700, edges: 900, byType: { domain: 700 } }),
      exportGraph: async () =>
        (async function* () {
          for (const one of nodes) yield { node: one }
          yield { edge }
        })(),
    } as never, // what is not called is not here
    settings: {},
    log: silentLog,
    clock: { now: () => 0 },
    metrics: openMetrics('visualization'),
    signal: new AbortController().signal,
    announce: () => Promise.reject(new Error('announces nothing')),
    caughtUp: async () => undefined,
  })
  return handlers
}

const call = testCall({ workspace: 'other' })

it('asks within budgets in the workspace of the caller and answers places, labels and true totals', async () => {
  const asked: unknown[] = []
  const view = await (
    await start(asked)
  ).getGraphView({ run: 'run_a', root: ['domain:northwind.example'], maxNodes: 5 }, call)
  expect(asked).toEqual([
    ['other', { run: 'run_a', roots: ['domain:northwind.example'], depth: 2, maxNodes: 5, maxEdges: 5000 }],
  ])
  expect(view).toMatchObject({ truncated: true, totals: { nodes: 700, edges: 900 } })
  expect(view.nodes.map(({ label, degree }) => [label, degree])).toEqual([
    ['bücher.northwind.example', 1],
    ['198.18.8.1', 1],
  ])
  expect(view.nodes[0]!.x !== view.nodes[1]!.x || view.nodes[0]!.y !== view.nodes[1]!.y).toBe(true)
})

it.each(['graphml', 'cytoscape'] as const)('exports the whole run as %s', async (format) => {
  const { body, name } = await (await start([])).exportGraphView({ run: 'run_a', format }, call)
  const text = (await Array.fromAsync(body as AsyncIterable<string>)).join('')
  expect(name).toMatch(/^run_a\./)
  for (const word of ['198.18.8.1', 'dns_record', 'bücher']) expect(text).toContain(word)
})
