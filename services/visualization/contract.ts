import { bytes, defineContract, get } from '@mirage/kit/contract.ts'
import { type Static, Type as t } from 'typebox'

const Count = t.Integer({ minimum: 0 })

export const GraphView = t.Object({
  nodes: t.Array(
    t.Object({
      id: t.String(),
      type: t.String(),
      value: t.String(),
      label: t.String(),
      tags: t.Array(t.String()),
      x: t.Number(),
      y: t.Number(),
      /** Edges of it that are in this view. */
      degree: Count,
    }),
  ),
  edges: t.Array(
    t.Object({ id: t.String(), from: t.String(), to: t.String(), kind: t.String(), qualifier: t.String() }),
  ),
  /** Of the whole run, whatever is shown. */
  totals: t.Object({ nodes: Count, edges: Count, byType: t.Record(t.String(), Count) }),
  truncated: t.Boolean(),
})
export type GraphView = Static<typeof GraphView>

export const visualization = defineContract('visualization', 'Views of the graph, laid out and bounded for a screen.', {
  getGraphView: get('/views/graph', {
    summary: 'A part of the graph with positions, within budgets, with true totals.',
    permission: 'graphs:read',
    input: {
      run: t.String({ description: 'The id of a run.' }),
      root: t.Optional(
        t.Array(t.String(), { maxItems: 1000, description: 'Entities that it begins at: ids or `type:value`.' }),
      ),
      depth: t.Optional(
        t.Integer({ minimum: 0, maximum: 20, description: 'Edges from a root. Default 2; without roots 20.' }),
      ),
      maxNodes: t.Optional(t.Integer({ minimum: 1, maximum: 50_000, description: 'Default 1000.' })),
      maxEdges: t.Optional(t.Integer({ minimum: 1, maximum: 200_000, description: 'Default 5000.' })),
    },
    reply: GraphView,
    errors: ['graphs.no_such_node'],
  }),
  exportGraphView: get('/views/graph/{format}', {
    summary: 'The graph of a run as a file, whole.',
    permission: 'graphs:read',
    input: {
      run: t.String({ description: 'The id of a run.' }),
      format: t.Enum(['graphml', 'cytoscape'], { description: 'GraphML is XML, Cytoscape’s is JSON.' }),
    },
    reply: bytes('application/graphml+xml', 'application/json'),
  }),
})
