import type { EntityType } from '@mirage/model/entity.ts'
import type { RelationshipKind } from '@mirage/model/relationship.ts'
import type { Stamped } from './documents.ts'
import type { MergeRules } from './merge.ts'

/** The graph of a workspace: a projection of observations, which runs made. All writes join by `nodeRules` and `edgeRules`. */
export interface GraphNode {
  id: string
  type: EntityType
  value: string
  firstSeenAt: number
  lastSeenAt: number
  /** Each by a name of the writer's: the run that gave it last, and when. */
  tags: Record<string, Stamped<string>>
  attributes: Record<string, Stamped>
}

export interface GraphEdge {
  id: string
  from: string
  to: string
  kind: RelationshipKind
  qualifier: string
  firstSeenAt: number
  lastSeenAt: number
  modules: string[]
  attributes: Record<string, Stamped>
}

/** A page may hold fewer items than its limit, and none at all, while there is a `next`. */
/** How what is said of a node, and of an edge, is joined with what is known. */
export const nodeRules: MergeRules<GraphNode> = {
  firstSeenAt: 'min',
  lastSeenAt: 'max',
  tags: 'stamped',
  attributes: 'stamped',
}
export const edgeRules: MergeRules<GraphEdge> = {
  firstSeenAt: 'min',
  lastSeenAt: 'max',
  modules: 'union',
  attributes: 'stamped',
}

export interface GraphPage<T> {
  items: T[]
  next?: string
}

export interface Neighbour {
  edge: GraphEdge
  node: GraphNode
}

/** `run` limits a question to what that run saw. */
export interface GraphScope {
  run?: string
}

export interface NeighbourQuery extends GraphScope {
  kind?: RelationshipKind
  direction?: 'out' | 'in'
  after?: string
  limit: number
}

export interface GraphCounts {
  nodes: number
  edges: number
  byType: Partial<Record<EntityType, number>>
}

/** That a node belongs to the group `key` of `group`: what rules evaluate together. */
export interface GroupMember {
  group: string
  key: string
  node: string
}

export interface Graph extends AsyncDisposable {
  readonly can: { shared: boolean; durable: boolean }
  /**
   * Joins nodes, edges and memberships as seen by `run`; who sees an edge sees its ends. Every end of an edge and every
   * member is a node of this call or an earlier one, else a RangeError. Tags are given by `run`. Large calls are written
   * in pieces, in this order.
   */
  upsert(
    workspace: string,
    run: string,
    batch: { nodes: GraphNode[]; edges: GraphEdge[]; members: GroupMember[] },
  ): Promise<void>
  nodes(workspace: string, ids: string[]): Promise<(GraphNode | undefined)[]>
  /** Which of these runs saw each node. */
  runsOf(workspace: string, ids: string[], runs: string[]): Promise<string[][]>
  /** By type, in the order of first arrival. */
  list(
    workspace: string,
    query: GraphScope & { type?: EntityType; after?: string; limit: number },
  ): Promise<GraphPage<GraphNode>>
  edges(workspace: string, query: GraphScope & { after?: string; limit: number }): Promise<GraphPage<GraphEdge>>
  neighbours(workspace: string, id: string, query: NeighbourQuery): Promise<GraphPage<Neighbour>>
  /** How many edges a node has, by kind and direction. */
  degrees(
    workspace: string,
    id: string,
    scope: GraphScope,
  ): Promise<{ kind: RelationshipKind; direction: 'out' | 'in'; count: number }[]>
  members(
    workspace: string,
    query: GraphScope & { group: string; key: string; after?: string; limit: number },
  ): Promise<GraphPage<GraphNode>>
  /** The keys of a group, for rules that look at all of them at the end. */
  keys(
    workspace: string,
    query: GraphScope & { group: string; after?: string; limit: number },
  ): Promise<GraphPage<{ key: string; members: number }>>
  /**
   * A shortest path, ends included, ignoring direction: `edges[i]` joins `nodes[i]` and `nodes[i + 1]`. Undefined when
   * there is none within `maxLength` edges.
   */
  path(
    workspace: string,
    from: string,
    to: string,
    query: GraphScope & { maxLength: number },
  ): Promise<{ nodes: GraphNode[]; edges: GraphEdge[] } | undefined>
  /** Breadth first from `roots` (all nodes when empty) until a budget ends it; `truncated` says whether it did. */
  subgraph(
    workspace: string,
    query: GraphScope & { roots: string[]; depth: number; maxNodes: number; maxEdges: number },
  ): Promise<{ nodes: GraphNode[]; edges: GraphEdge[]; truncated: boolean }>
  counts(workspace: string, scope: GraphScope): Promise<GraphCounts>
  /** Forgets what only this run saw, and which tags it gave: each is then as the run before gave it. */
  deleteRun(workspace: string, run: string): Promise<void>
  erase(workspace: string): Promise<void>
}
