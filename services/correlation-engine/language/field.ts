import type { GraphEdge } from '@mirage/ports/graph.ts'
import type { KnownNode } from '../graph/known-graph.ts'
import { type PartName, partNames, partOf } from './part.ts'

/** A node as a rule meets it, with the edge that led to it. */
export interface Item {
  node: KnownNode
  edge?: GraphEdge
}

const parts = new Set<string>(partNames)

/** The value of a field (`apex`, `attributes.address`, `edge.version`; a bare other name is an attribute) as text. */
export function fieldOf({ node, edge }: Item, field: string): string | undefined {
  if (parts.has(field)) return partOf(node.type, node.value, field as PartName) // it is one of partNames
  const [owner, name] = field.split('.', 2)
  if (owner === 'edge' && name !== undefined) return textOf(edge?.attributes[name]?.value)
  return textOf(node.attributes[name ?? owner!]?.value)
}

/** How many different values of `field` these have; without a field, how many different entities they are. */
export function countOf(items: Item[], field: string | undefined): number {
  if (field === undefined) return new Set(items.map(({ node }) => node.id)).size
  const values = new Set<string>()
  for (const item of items) {
    const value = fieldOf(item, field)
    if (value !== undefined) values.add(value)
  }
  return values.size
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}
