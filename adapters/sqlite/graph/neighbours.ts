import type { RelationshipKind } from '@mirage/model/relationship.ts'
import type { GraphPage, GraphScope, Neighbour, NeighbourQuery } from '@mirage/ports/graph.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { rowOf, rowsOf } from '../files/tables.ts'
import { maxLooked, notThere, runOf } from './read.ts'
import { edgeByNumber, type GraphStore, nodeByNumber } from './store.ts'

/** An edge as seen from one of its ends. */
export interface Step {
  edge: number
  node: number
  kind: number
  qualifier: string
}

export interface StepCursor {
  inward: boolean
  kind: number
  node: number
  qualifier: string
}

export const firstStep: StepCursor = { inward: false, kind: 0, node: 0, qualifier: '' }

/** Edges of a node behind a cursor, outward ones first; no more than `limit`, all in one direction. */
export function stepsFrom(
  store: GraphStore,
  number: number,
  after: StepCursor,
  limit: number,
  only?: { kind?: number | undefined; direction?: 'out' | 'in' | undefined },
): Step[] {
  const [here, there] = after.inward ? ['target', 'source'] : ['source', 'target']
  const rows = rowsOf<[number, number, number, string]>(
    store,
    `select number, ${there}, kind, qualifier from {edge}
     where ${here} = ? and (kind, ${there}, qualifier) > (?, ?, ?)
     ${only?.kind === undefined ? '' : `and kind = ${only.kind}`}
     ${after.inward && only?.direction === undefined ? 'and source <> target' : ''}
     order by kind, ${there}, qualifier limit ?`,
    number,
    after.kind,
    after.node,
    after.qualifier,
    limit,
  )
  return rows.map(([edge, node, kind, qualifier]) => ({ edge, node, kind, qualifier }))
}

export function isEdgeIn(store: GraphStore, run: number | undefined, edge: number): boolean {
  return (
    run === undefined || rowOf(store, 'select 1 from {edge_run} where run = ? and edge = ?', run, edge) !== undefined
  )
}

export function listNeighbours(store: GraphStore, id: string, query: NeighbourQuery): GraphPage<Neighbour> {
  const number = store.ids.find(id)
  if (number === undefined) return { items: [] }
  const run = runOf(store, query)
  const kind = query.kind === undefined ? undefined : (store.words.find(query.kind) ?? notThere)
  const [inward, afterKind, afterNode, afterQualifier] = readCursor(query.after, [
    query.direction === 'in' ? 1 : 0,
    0,
    0,
    '',
  ])
  let cursor: StepCursor = { inward: inward === 1, kind: afterKind, node: afterNode, qualifier: afterQualifier }
  const found: Neighbour[] = []
  for (let looked = 0; looked < maxLooked;) {
    const wanted = run === undefined ? query.limit - found.length : Math.max(100, query.limit)
    const steps = stepsFrom(store, number, cursor, wanted, { kind, direction: query.direction })
    for (const step of steps) {
      cursor = { ...step, inward: cursor.inward }
      if (!isEdgeIn(store, run, step.edge)) continue
      found.push({ edge: edgeByNumber(store, step.edge)!, node: nodeByNumber(store, step.node)! })
      if (found.length === query.limit) break
    }
    if (found.length === query.limit) break
    looked += Math.max(1, steps.length)
    if (steps.length === wanted) continue
    if (cursor.inward || query.direction === 'out') return { items: found }
    cursor = { ...firstStep, inward: true }
  }
  return {
    items: found,
    next: writeCursor([cursor.inward ? 1 : 0, cursor.kind, cursor.node, cursor.qualifier]),
  }
}

export function countDegrees(
  store: GraphStore,
  id: string,
  scope: GraphScope,
): { kind: RelationshipKind; direction: 'out' | 'in'; count: number }[] {
  const number = store.ids.find(id)
  if (number === undefined) return []
  const run = runOf(store, scope)
  const within = run === undefined ? '' : `and exists (select 1 from {edge_run} where run = ${run} and edge = number)`
  const count = (here: string) =>
    rowsOf<[number, number]>(
      store,
      `select kind, count(*) from {edge} where ${here} = ? ${within} group by kind`,
      number,
    )
  const named = (direction: 'out' | 'in', rows: [number, number][]) =>
    rows.map(([kind, count]) => ({ kind: store.words.text(kind) as RelationshipKind, direction, count }))
  return [...named('out', count('source')), ...named('in', count('target'))]
}
