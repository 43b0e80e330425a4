import type { Voices } from '@mirage/model/voices.ts'
import type { Graph, GraphEdge, GraphNode, GraphPage } from '@mirage/ports/graph.ts'

/** A node with the tags of modules that hold now, sorted. */
export interface KnownNode extends Omit<GraphNode, 'tags'> {
  tags: string[]
}

/** Answers these nodes, in their order, as they are known now. */
export type Know = (workspace: string, nodes: GraphNode[]) => Promise<KnownNode[]>

/** What rules read of the graph. */
export interface KnownGraph {
  nodes(...question: Parameters<Graph['nodes']>): Promise<(KnownNode | undefined)[]>
  neighbours(...question: Parameters<Graph['neighbours']>): Promise<GraphPage<{ edge: GraphEdge; node: KnownNode }>>
  members(...question: Parameters<Graph['members']>): Promise<GraphPage<KnownNode>>
}

const none: string[] = []

/**
 * The graph keeps every tag that a module gave; which of them hold is judged when they are read, as data-storage does,
 * so that both say the same whatever the order in which batches and the ends of runs came.
 */
export function knowing(graph: Pick<Graph, 'runsOf'>, voices: Pick<Voices, 'judge'>): Know {
  return async (workspace, nodes) => {
    // Most nodes have no tags, and most pages no node that has.
    if (nodes.every(({ tags }) => Object.keys(tags).length === 0)) return nodes.map((node) => ({ ...node, tags: none }))
    const judge = await voices.judge(workspace)
    const takers = nodes.map(({ tags }) => judge.takersOf(tags))
    const asked = nodes.filter((_, i) => takers[i]!.length > 0).map(({ id }) => id)
    const runs = [...new Set(takers.flat())]
    const saw = asked.length === 0 ? [] : await graph.runsOf(workspace, asked, runs)
    const sawById = new Map(asked.map((id, i) => [id, saw[i]!]))
    return nodes.map((node) => ({ ...node, tags: judge.held(node.tags, sawById.get(node.id) ?? none) }))
  }
}

export function knownGraph(graph: Graph, know: Know): KnownGraph {
  return {
    async nodes(workspace, ids) {
      const found = await graph.nodes(workspace, ids)
      const known = await know(
        workspace,
        found.filter((node) => node !== undefined),
      )
      const byId = new Map(known.map((node) => [node.id, node]))
      return ids.map((id) => byId.get(id))
    },
    async neighbours(workspace, id, query) {
      const page = await graph.neighbours(workspace, id, query)
      const known = await know(
        workspace,
        page.items.map(({ node }) => node),
      )
      return { ...page, items: page.items.map(({ edge }, i) => ({ edge, node: known[i]! })) }
    },
    async members(workspace, query) {
      const page = await graph.members(workspace, query)
      return { ...page, items: await know(workspace, page.items) }
    },
  }
}
