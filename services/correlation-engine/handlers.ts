import { MirageError } from '@mirage/kit/errors.ts'
import type { Handlers } from '@mirage/kit/contract.ts'
import { pagesOf } from '@mirage/kit/pages.ts'
import { pageOf } from '@mirage/kit/schema.ts'
import type { Static } from 'typebox'
import type { RelationshipKind } from '@mirage/model/relationship.ts'
import { relationshipKinds } from '@mirage/model/relationship.ts'
import { type Documents, whole } from '@mirage/ports/documents.ts'
import type * as port from '@mirage/ports/graph.ts'
import type { correlation, GraphEdge, GraphNode, Rule } from './contract.ts'
import type { Engine } from './engine.ts'
import type { FindingStore } from './findings/store.ts'
import type { Know } from './graph/known-graph.ts'
import { nodeIdOf, wireEdge, wireNode } from './graph/wire.ts'
import type { CompiledRule } from './language/compile.ts'

export interface HandlerParts {
  documents: Pick<Documents, 'unreadable'>
  graph: port.Graph
  know: Know
  findings: FindingStore
  rules: CompiledRule[]
  engine: Engine
  now: () => number
}

const kinds = new Set<string>(relationshipKinds)
const streamedAtOnce = 1000

export function createHandlers({
  documents,
  graph,
  know,
  findings,
  rules,
  engine,
  now,
}: HandlerParts): Handlers<typeof correlation> {
  async function wired(workspace: string, nodes: port.GraphNode[]): Promise<GraphNode[]> {
    return (await know(workspace, nodes)).map(wireNode)
  }

  return {
    listFindings: ({ limit = 100, ...query }, { workspace }) => findings.read.list(workspace, { ...query, limit }),
    getFinding: ({ finding }, { workspace }) => findings.read.get(workspace, finding),
    changeFinding: ({ finding, state, acceptedUntil, comment }, { workspace }) =>
      findings.mark(workspace, {
        id: finding,
        state,
        at: now(),
        ...(acceptedUntil === undefined ? {} : { acceptedUntil: Date.parse(acceptedUntil) }),
        ...(comment === undefined ? {} : { comment }),
      }),
    exportFindings: ({ run }, { workspace }) => whole(documents, workspace, findings.read.ofRun(workspace, run)),
    listRules: (page) => pageOf(rules.map(viewRule), page),
    countGraph: ({ run }, { workspace }) => graph.counts(workspace, scopeOf(run)),
    async getSubgraph({ run, roots = [], depth, maxNodes, maxEdges }, { workspace }) {
      const ids = roots.map(nodeIdOf)
      const found = await graph.nodes(workspace, ids)
      const missing = found.indexOf(undefined)
      if (missing >= 0) throw noSuchNode(roots[missing]!)
      const { nodes, edges, truncated } = await graph.subgraph(workspace, {
        ...scopeOf(run),
        roots: ids,
        depth,
        maxNodes,
        maxEdges,
      })
      return { nodes: await wired(workspace, nodes), edges: edges.map(wireEdge), truncated }
    },
    async listNeighbours({ node, run, kind, direction, after, limit = 100 }, { workspace }) {
      const id = nodeIdOf(node)
      if (!(await graph.nodes(workspace, [id]))[0]) throw noSuchNode(node)
      const counts = await graph.degrees(workspace, id, scopeOf(run))
      if (kind !== undefined && !kinds.has(kind)) return { items: [], total: 0, counts }
      const page = await graph.neighbours(workspace, id, {
        ...scopeOf(run),
        ...(kind === undefined ? {} : { kind: kind as RelationshipKind }), // checked above
        ...(direction === undefined ? {} : { direction }),
        ...(after === undefined ? {} : { after }),
        limit,
      })
      const nodes = await wired(
        workspace,
        page.items.map(({ node }) => node),
      )
      return {
        items: page.items.map(({ edge }, i) => ({ edge: wireEdge(edge), node: nodes[i]! })),
        total: counts
          .filter((one) => (kind ?? one.kind) === one.kind && (direction ?? one.direction) === one.direction)
          .reduce((total, { count }) => total + count, 0),
        counts,
        ...(page.next === undefined ? {} : { next: page.next }),
      }
    },
    async findPath({ run, from, to, maxLength = 12 }, { workspace }) {
      const [start, end] = [nodeIdOf(from), nodeIdOf(to)]
      const path = await graph.path(workspace, start, end, { ...scopeOf(run), maxLength })
      return { nodes: await wired(workspace, path?.nodes ?? []), edges: (path?.edges ?? []).map(wireEdge) }
    },
    exportGraph: ({ run }, { workspace, signal }) => exportGraph(graph, know, workspace, run, signal),
    async deleteRun({ run }, { workspace }) {
      await engine.deleteRun(workspace, run)
      return {}
    },
  }
}

async function* exportGraph(
  graph: port.Graph,
  know: Know,
  workspace: string,
  run: string,
  signal: AbortSignal,
): AsyncGenerator<{ node: GraphNode } | { edge: GraphEdge }> {
  const scope = { run, limit: streamedAtOnce }
  for await (const { items } of pagesOf((place) => graph.list(workspace, { ...scope, ...place }))) {
    for (const node of await know(workspace, items)) yield { node: wireNode(node) }
    signal.throwIfAborted()
  }
  for await (const { items } of pagesOf((place) => graph.edges(workspace, { ...scope, ...place }))) {
    for (const edge of items) yield { edge: wireEdge(edge) }
    signal.throwIfAborted()
  }
}

function scopeOf(run: string | undefined): port.GraphScope {
  return run === undefined ? {} : { run }
}

function noSuchNode(name: string): MirageError {
  return new MirageError({
    code: 'graphs.no_such_node',
    status: 404,
    detail: `The graph has no “${name}”. Name an entity by its id or as type:value, for instance domain:example.com.`,
  })
}

function viewRule({ definition }: CompiledRule): Static<typeof Rule> {
  const { id, severity, title, summary, source } = definition
  return { id, severity, title, summary, ...(source === undefined ? {} : { source }) }
}
