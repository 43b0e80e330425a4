import type { Client } from '@mirage/kit/contract.ts'
import { type EntityType, entityTypes } from '@mirage/model/entity.ts'
import { display } from '@mirage/model/registry.ts'
import type { correlation, GraphNode } from '@mirage/services/correlation-engine/contract.ts'
import type { GraphView } from './contract.ts'
import { layOut } from './layout.ts'

export interface ViewQuery {
  run: string
  root?: string[]
  depth?: number
  maxNodes?: number
  maxEdges?: number
}

/** A part of the run's graph with a place for each node, never more than the budgets, and the run's own totals. */
export async function graphView(
  correlate: Client<typeof correlation>,
  query: ViewQuery,
  options: { workspace: string; signal: AbortSignal },
): Promise<GraphView> {
  const { run, root = [], depth = root.length > 0 ? 2 : 20, maxNodes = 1000, maxEdges = 5000 } = query
  const part = await correlate.getSubgraph(
    { run, depth, maxNodes, maxEdges, ...(root.length > 0 ? { roots: root } : {}) },
    options,
  )
  const totals = await correlate.countGraph({ run }, options)
  const { nodes, edges } = part
  const degrees = new Map<string, number>()
  for (const { from, to } of edges) for (const end of [from, to]) degrees.set(end, (degrees.get(end) ?? 0) + 1)
  const points = layOut(nodes, edges, rootsOf(nodes, root))
  return {
    nodes: nodes.map((node, at) => {
      const { id, type, value, tags } = node
      return { id, type, value, label: labelOf(node), tags, ...points[at]!, degree: degrees.get(id) ?? 0 }
    }),
    edges: edges.map(({ id, from, to, kind, qualifier }) => ({ id, from, to, kind, qualifier })),
    totals,
    truncated: part.truncated,
  }
}

const types = new Set<string>(entityTypes)
const longestLabel = 80

/** The value as people read it, cut to what fits beside a node. */
export function labelOf({ type, value }: GraphNode): string {
  const text = types.has(type) ? display(type as EntityType, value) : value // it is in the set of types
  return text.length > longestLabel ? `${text.slice(0, longestLabel - 1).toWellFormed()}…` : text
}

/** Ids of the roots, which may be given as `type:value`. */
function rootsOf(nodes: GraphNode[], names: string[]): string[] {
  const given = new Set(names)
  return nodes.filter(({ id, type, value }) => given.has(id) || given.has(`${type}:${value}`)).map(({ id }) => id)
}
