import type { GraphEdge, GraphNode, GraphScope } from '@mirage/ports/graph.ts'
import { rowOf } from '../files/tables.ts'
import { reading } from '../ids/ids.ts'
import { firstStep, isEdgeIn, type Step, type StepCursor, stepsFrom } from './neighbours.ts'
import { listNodes, runOf } from './read.ts'
import { edgeByNumber, type GraphStore, nodeByNumber } from './store.ts'

/** Edges looked at before others get their turn. */
const pieceSize = 2_000

/** Steps from a node in both directions, in pieces. */
async function* walkFrom(store: GraphStore, node: number, run: number | undefined): AsyncGenerator<Step[]> {
  let cursor: StepCursor = firstStep
  for (;;) {
    const from = cursor
    const { steps, seen } = await reading(store, () => {
      const seen = stepsFrom(store, node, from, pieceSize)
      return { seen, steps: seen.filter((step) => isEdgeIn(store, run, step.edge)) }
    })
    if (steps.length > 0) yield steps
    const last = seen.at(-1)
    if (last !== undefined && seen.length === pieceSize) cursor = { ...last, inward: from.inward }
    else if (!from.inward) cursor = { ...firstStep, inward: true }
    else return
    if (seen.length === pieceSize) await new Promise((resume) => setImmediate(resume))
  }
}

interface Side {
  /** From where, and over which edge, each node was reached. */
  from: Map<number, { node: number; edge: number; depth: number }>
  frontier: number[]
}

/** Breadth first from both ends, the smaller side first, until they meet. */
export async function shortestPath(
  store: GraphStore,
  from: string,
  to: string,
  query: GraphScope & { maxLength: number },
): Promise<{ nodes: GraphNode[]; edges: GraphEdge[] } | undefined> {
  const ends = await reading(store, () => {
    const run = runOf(store, query)
    return { run, start: existing(store, from, run), end: existing(store, to, run) }
  })
  if (ends.start === undefined || ends.end === undefined) return undefined
  const sides = [sideOf(ends.start), sideOf(ends.end)] as const
  let meeting = ends.start === ends.end ? ends.start : undefined
  for (let length = 0; meeting === undefined && length < query.maxLength; length++) {
    const [near, far] = sides[0].frontier.length <= sides[1].frontier.length ? sides : [sides[1], sides[0]]
    meeting = await widen(store, near, far, ends.run)
    if (near.frontier.length === 0) break
  }
  return meeting === undefined ? undefined : reading(store, () => pathThrough(store, meeting, sides))
}

function existing(store: GraphStore, id: string, run: number | undefined): number | undefined {
  const number = store.ids.find(id)
  if (number === undefined) return undefined
  const row =
    run === undefined
      ? rowOf(store, 'select 1 from {node} where number = ?', number)
      : rowOf(
          store,
          'select 1 from {node} n where number = ? and exists (select 1 from {node_run} where run = ? and type = n.type and node = n.number)',
          number,
          run,
        )
  return row && number
}

function sideOf(node: number): Side {
  return { from: new Map([[node, { node, edge: 0, depth: 0 }]]), frontier: [node] }
}

/** Takes one step from everything on the edge of `near`; answers where it met `far`, nearest to its start. */
async function widen(store: GraphStore, near: Side, far: Side, run: number | undefined): Promise<number | undefined> {
  const next: number[] = []
  let meeting: { node: number; depth: number } | undefined
  for (const node of near.frontier) {
    const depth = near.from.get(node)!.depth + 1
    for await (const steps of walkFrom(store, node, run)) {
      for (const step of steps) {
        if (near.from.has(step.node)) continue
        near.from.set(step.node, { node, edge: step.edge, depth })
        next.push(step.node)
        const met = far.from.get(step.node)
        if (met !== undefined && (meeting === undefined || met.depth < meeting.depth)) {
          meeting = { node: step.node, depth: met.depth }
        }
      }
    }
  }
  near.frontier = next
  return meeting?.node
}

function pathThrough(
  store: GraphStore,
  meeting: number,
  [start, end]: readonly [Side, Side],
): { nodes: GraphNode[]; edges: GraphEdge[] } | undefined {
  const nodes = [meeting]
  const edges: number[] = []
  for (let at = start.from.get(meeting)!; at.edge !== 0; at = start.from.get(at.node)!) {
    nodes.unshift(at.node)
    edges.unshift(at.edge)
  }
  for (let at = end.from.get(meeting)!; at.edge !== 0; at = end.from.get(at.node)!) {
    nodes.push(at.node)
    edges.push(at.edge)
  }
  const path = {
    nodes: nodes.map((number) => nodeByNumber(store, number)).filter((node) => node !== undefined),
    edges: edges.map((number) => edgeByNumber(store, number)).filter((edge) => edge !== undefined),
  }
  // Part of it was deleted while we looked.
  return path.nodes.length === nodes.length && path.edges.length === edges.length ? path : undefined
}

/** Breadth first within budgets of nodes, edges, and edges looked at. */
export async function walkSubgraph(
  store: GraphStore,
  query: GraphScope & { roots: string[]; depth: number; maxNodes: number; maxEdges: number },
): Promise<{ nodes: GraphNode[]; edges: GraphEdge[]; truncated: boolean }> {
  const budget = { looks: 10_000 + 20 * query.maxEdges, truncated: false }
  const nodes = new Set<number>()
  const edges = new Set<number>()
  const run = await reading(store, () => runOf(store, query))
  const roots = await rootsOf(store, query, run)
  for (const root of roots) {
    if (nodes.size < query.maxNodes) nodes.add(root)
    else budget.truncated = true
  }

  async function expand(node: number, widening: boolean): Promise<number[]> {
    const reached: number[] = []
    for await (const steps of walkFrom(store, node, run)) {
      for (const step of steps) {
        if (!nodes.has(step.node)) {
          if (!widening) continue
          if (nodes.size >= query.maxNodes) {
            budget.truncated = true
            continue
          }
          nodes.add(step.node)
          reached.push(step.node)
        }
        if (edges.has(step.edge)) continue
        if (edges.size < query.maxEdges) edges.add(step.edge)
        else budget.truncated = true
      }
      budget.looks -= steps.length
      if (budget.looks <= 0) {
        budget.truncated = true
        break
      }
    }
    return reached
  }

  const all = query.roots.length === 0
  let frontier = [...nodes]
  // The last round adds no node, only the edges between those at the rim.
  for (let depth = all ? query.depth : 0; depth <= query.depth && budget.looks > 0; depth++) {
    const next: number[] = []
    for (const node of frontier) {
      if (budget.looks <= 0) break
      for (const reached of await expand(node, !all && depth < query.depth)) next.push(reached)
    }
    frontier = next
  }

  return reading(store, () => ({
    nodes: [...nodes].map((number) => nodeByNumber(store, number)).filter((node) => node !== undefined),
    edges: [...edges].map((number) => edgeByNumber(store, number)).filter((edge) => edge !== undefined),
    truncated: budget.truncated,
  }))
}

async function rootsOf(
  store: GraphStore,
  query: GraphScope & { roots: string[]; maxNodes: number },
  run: number | undefined,
): Promise<number[]> {
  if (query.roots.length > 0) {
    return reading(store, () =>
      query.roots.map((id) => existing(store, id, run)).filter((number) => number !== undefined),
    )
  }
  const found: number[] = []
  let after: string | undefined
  do {
    const from = after
    const page = await reading(store, () =>
      listNodes(store, {
        ...query,
        limit: Math.min(pieceSize, query.maxNodes + 1 - found.length),
        ...(from && { after: from }),
      }),
    )
    for (const { id } of page.items) found.push(store.ids.find(id)!)
    after = page.next
  } while (after !== undefined && found.length <= query.maxNodes)
  return found
}
