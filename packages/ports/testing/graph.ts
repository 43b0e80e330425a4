import { itemsOf } from '@mirage/kit/pages.ts'
import { entityId } from '@mirage/model/entity.ts'
import { relationshipId, type RelationshipKind } from '@mirage/model/relationship.ts'
import type { Graph, GraphEdge, GraphNode, GraphPage, GroupMember } from '../graph.ts'

/** When everything was seen unless said. */
export const at = 1_760_000_000_000

export function node(value: string, more: Partial<GraphNode> = {}): GraphNode {
  const type = more.type ?? 'domain'
  return { id: entityId(type, value), type, value, firstSeenAt: at, lastSeenAt: at, tags: {}, attributes: {}, ...more }
}

export function edge(
  from: string,
  to: string,
  kind: RelationshipKind = 'subdomain',
  more: Partial<GraphEdge> = {},
): GraphEdge {
  const [source, target, qualifier] = [entityId('domain', from), entityId('domain', to), more.qualifier ?? '']
  return {
    id: relationshipId(source, kind, qualifier, target),
    from: source,
    to: target,
    kind,
    qualifier,
    firstSeenAt: at,
    lastSeenAt: at,
    modules: ['m'],
    attributes: {},
    ...more,
  }
}

/** Nodes and edges of a drawing such as `a-b-c d-e`. */
export function drawing(text: string): { nodes: GraphNode[]; edges: GraphEdge[]; members: GroupMember[] } {
  const chains = text.split(' ').map((chain) => chain.split('-'))
  return {
    nodes: [...new Set(chains.flat())].map((value) => node(value)),
    edges: chains.flatMap((chain) => chain.slice(1).map((to, i) => edge(chain[i]!, to))),
    members: [],
  }
}

/** A tag as a run gave it. */
export function given(run: string, tag: string, at: number): GraphNode['tags'] {
  return { [tag]: { value: run, at } }
}

/** Every item of a list, page by page. */
export function every<T>(read: (place: { after?: string }) => Promise<GraphPage<T>>): Promise<T[]> {
  return Array.fromAsync(itemsOf(read))
}

export function id(value: string): string {
  return entityId('domain', value)
}

export function values(nodes: { value: string }[]): string[] {
  return nodes.map(({ value }) => value).sort()
}

/** Everything a workspace's graph says, in one comparable piece. */
export async function stateOf(graph: Graph, workspace: string, run?: string): Promise<unknown> {
  const scope = run === undefined ? {} : { run }
  const nodes = await every((place) => graph.list(workspace, { ...scope, limit: 4, ...place }))
  const edges = await every((place) => graph.edges(workspace, { ...scope, limit: 4, ...place }))
  const keys = await every((place) => graph.keys(workspace, { ...scope, group: 'g', limit: 2, ...place }))
  return {
    nodes: nodes.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    edges: edges.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    keys: keys.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    counts: await graph.counts(workspace, scope),
  }
}
