import { toInstant } from '@mirage/kit/clock.ts'
import { isContentId } from '@mirage/model/id.ts'
import { type EntityType, entityId, entityTypes } from '@mirage/model/entity.ts'
import { normalise } from '@mirage/model/registry.ts'
import type * as stored from '@mirage/ports/graph.ts'
import type { GraphEdge, GraphNode } from '../contract.ts'
import type { KnownNode } from './known-graph.ts'

export function wireNode({ id, type, value, firstSeenAt, lastSeenAt, tags }: KnownNode): GraphNode {
  // A node of which only edges have come yet has no time of its own.
  const [first, last] = firstSeenAt <= lastSeenAt ? [firstSeenAt, lastSeenAt] : [0, 0]
  return { id, type, value, firstSeenAt: toInstant(first), lastSeenAt: toInstant(last), tags }
}

export function wireEdge(edge: stored.GraphEdge): GraphEdge {
  const { id, from, to, kind, qualifier, firstSeenAt, lastSeenAt, modules } = edge
  return {
    id,
    from,
    to,
    kind,
    qualifier,
    firstSeenAt: toInstant(firstSeenAt),
    lastSeenAt: toInstant(lastSeenAt),
    modules,
  }
}

const types = new Set<string>(entityTypes)

/** The id of what a caller names by id or as `type:value`; what is neither is answered as it is, and is found nowhere. */
export function nodeIdOf(name: string): string {
  if (isContentId(name)) return name
  const colon = name.indexOf(':')
  const type = name.slice(0, colon)
  if (colon < 0 || !types.has(type)) return name
  const value = normalise(type as EntityType, name.slice(colon + 1)) // it is in the set of types
  return value === undefined ? name : entityId(type as EntityType, value)
}
