import { givenTags } from '@mirage/model/voices.ts'
import type { Observation } from '@mirage/model/observation.ts'
import type { ObservationBatch } from '@mirage/services/data-collection/contract.ts'
import { mergeInto } from '@mirage/ports/merge.ts'
import { edgeRules, type GraphEdge, type GraphNode, type GroupMember, nodeRules } from '@mirage/ports/graph.ts'
import type { Stamped } from '@mirage/ports/documents.ts'
import type { TouchIndex } from '../evaluation/touches.ts'
import type { CompiledRule } from '../language/compile.ts'

/** The attribute of every edge that names the recorded exchange it was last read from. */
export const exchangeAttribute = '@exchange'

/** A part of the graph, and the groups of rules that it may change. */
export interface Projection {
  nodes: GraphNode[]
  edges: GraphEdge[]
  members: GroupMember[]
  touched: { rule: CompiledRule; key: string }[]
}

/**
 * What is only known as the source of a sighting has no time of its own yet: the neutral values of min and max, so that
 * its own sighting decides, whichever comes first.
 */
export const unseen = { firstSeenAt: Date.UTC(9999, 11, 31), lastSeenAt: 0 }

/**
 * Everything that the batches of one run say, added up to one record a node and an edge. An attribute is both the
 * node's (its latest value anywhere) and the edge's (what was said of this sighting). The order is that of arrival:
 * what is near in the world then lies near in the store, which costs a quarter less than the order of ids; an adapter
 * whose engine locks rows sorts for itself.
 */
export function project(
  run: string,
  batches: Pick<ObservationBatch, 'module' | 'observations'>[],
  touches: TouchIndex,
): Projection {
  const nodes = new Map<string, GraphNode>()
  const edges = new Map<string, GraphEdge>()
  const members = new Map<string, GroupMember>()
  const touched = new Map<string, { rule: CompiledRule; key: string }>()

  function onTouch(rule: CompiledRule, key: string, node: string): void {
    const group = rule.definition.id
    const name = `${group} ${key} ${node}`
    if (members.has(name)) return
    members.set(name, { group, key, node })
    touched.set(`${group} ${key}`, { rule, key })
  }

  for (const { module, observations } of batches)
    for (const observation of observations) {
      addNode(nodes, observation, { run, module })
      addSource(nodes, observation)
      addEdge(edges, observation, module)
      touches.touch(observation, module, onTouch)
    }
  return {
    nodes: [...nodes.values()],
    edges: [...edges.values()],
    members: [...members.values()],
    touched: [...touched.values()],
  }
}

function addNode(
  nodes: Map<string, GraphNode>,
  { entity, at, attributes, tags }: Observation,
  by: { run: string; module: string },
): void {
  const { id, type, value } = entity
  const known = nodes.get(id)
  if (known && !attributes && !tags) {
    if (at < known.firstSeenAt) known.firstSeenAt = at
    if (at > known.lastSeenAt) known.lastSeenAt = at
    return
  }
  const node: GraphNode = {
    id,
    type,
    value,
    firstSeenAt: at,
    lastSeenAt: at,
    tags: tags ? givenTags(tags, by, at) : {},
    attributes: attributes ? stamp(attributes, at) : {},
  }
  nodes.set(id, known ? mergeInto(nodeRules, known, node) : node)
}

function addSource(nodes: Map<string, GraphNode>, { source }: Observation): void {
  if (!source || nodes.has(source.id)) return
  const { id, type, value } = source
  nodes.set(id, { id, type, value, ...unseen, tags: {}, attributes: {} })
}

function addEdge(edges: Map<string, GraphEdge>, observation: Observation, module: string): void {
  const { edge: seen, source, entity, at, attributes, exchange } = observation
  if (!seen || !source) return
  const { id, kind, qualifier, direction } = seen
  const stamped = attributes ? stamp(attributes, at) : {}
  if (exchange !== undefined) stamped[exchangeAttribute] = { value: exchange, at }
  const edge: GraphEdge = {
    id,
    from: direction === 'out' ? source.id : entity.id,
    to: direction === 'out' ? entity.id : source.id,
    kind,
    qualifier,
    firstSeenAt: at,
    lastSeenAt: at,
    modules: [module],
    attributes: stamped,
  }
  const known = edges.get(id)
  edges.set(id, known ? mergeInto(edgeRules, known, edge) : edge)
}

function stamp(attributes: Record<string, unknown>, at: number): Record<string, Stamped> {
  const stamped: Record<string, Stamped> = {}
  for (const name in attributes) stamped[name] = { value: attributes[name], at }
  return stamped
}
