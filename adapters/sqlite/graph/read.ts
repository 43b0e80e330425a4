import type { EntityType } from '@mirage/model/entity.ts'
import type { GraphCounts, GraphEdge, GraphNode, GraphPage, GraphScope } from '@mirage/ports/graph.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { rowOf, rowsOf } from '../files/tables.ts'
import {
  edgeColumns,
  edgeOf,
  type EdgeRow,
  edgeTables,
  type GraphStore,
  nodeColumns,
  nodeOf,
  type NodeRow,
} from './store.ts'

/** All of these run inside `reading` and do not await. Rows looked at for one page are bounded, whatever a run left out. */
export const maxLooked = 10_000

/** The run of `tally` that stands for all. */
const allRuns = 0

/** The number of a word that was never given one. */
export const notThere = -1

/** The number of a scope's run: undefined for all runs, a number that none has for one that was never seen. */
export function runOf(store: GraphStore, { run }: GraphScope): number | undefined {
  return run === undefined ? undefined : (store.words.find(run) ?? notThere)
}

export function listNodes(
  store: GraphStore,
  query: GraphScope & { type?: EntityType; after?: string; limit: number },
): GraphPage<GraphNode> {
  const run = runOf(store, query)
  const type = query.type === undefined ? undefined : (store.words.find(query.type) ?? notThere)
  const [afterType, afterNode] = readCursor(query.after, [0, 0])
  const rows =
    run === undefined
      ? rowsOf<[number, ...NodeRow]>(
          store,
          `select n.number, ${nodeColumns} from {node} n
           where (n.type, n.number) > (?, ?) ${type === undefined ? '' : 'and n.type = ?'} order by n.type, n.number limit ?`,
          ...bound(afterType, afterNode, type, query.limit),
        )
      : rowsOf<[number, ...NodeRow]>(
          store,
          `select n.number, ${nodeColumns} from {node_run} r join {node} n on n.number = r.node
           where r.run = ? and (r.type, r.node) > (?, ?) ${type === undefined ? '' : 'and r.type = ?'}
           order by r.type, r.node limit ?`,
          run,
          ...bound(afterType, afterNode, type, query.limit),
        )
  return page(
    rows,
    query.limit,
    ([, ...row]) => nodeOf(store, row),
    ([number, , type]) => [type, number],
  )
}

function bound(...values: (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined)
}

export function listEdges(
  store: GraphStore,
  query: GraphScope & { after?: string; limit: number },
): GraphPage<GraphEdge> {
  const run = runOf(store, query)
  const [after] = readCursor(query.after, [0])
  const rows =
    run === undefined
      ? rowsOf<[number, ...EdgeRow]>(
          store,
          `select e.number, ${edgeColumns} from ${edgeTables} where e.number > ? order by e.number limit ?`,
          after,
          query.limit,
        )
      : rowsOf<[number, ...EdgeRow]>(
          store,
          `select e.number, ${edgeColumns} from {edge_run} r cross join ${edgeTables.replace('{edge} e', '{edge} e on e.number = r.edge')}
           where r.run = ? and r.edge > ? order by r.edge limit ?`,
          run,
          after,
          query.limit,
        )
  return page(
    rows,
    query.limit,
    ([, ...row]) => edgeOf(store, row),
    ([number]) => [number],
  )
}

export function listMembers(
  store: GraphStore,
  query: GraphScope & { group: string; key: string; after?: string; limit: number },
): GraphPage<GraphNode> {
  const key = store.ids.find(`${query.group}\n${query.key}`)
  if (key === undefined) return { items: [] }
  const run = runOf(store, query)
  let [after] = readCursor(query.after, [0])
  const found: GraphNode[] = []
  for (let looked = 0; looked < maxLooked;) {
    const rows = rowsOf<[number, ...NodeRow]>(
      store,
      `select n.number, ${nodeColumns} from {member} m cross join {node} n on n.number = m.node
       where m.key = ? and m.node > ? order by m.node limit ?`,
      key,
      after,
      query.limit,
    )
    for (const [number, ...row] of rows) {
      after = number
      if (isNodeIn(store, run, number, row[1])) found.push(nodeOf(store, row))
      if (found.length === query.limit) return { items: found, next: writeCursor([after]) }
    }
    if (rows.length < query.limit) return { items: found }
    looked += rows.length
  }
  return { items: found, next: writeCursor([after]) }
}

function isNodeIn(store: GraphStore, run: number | undefined, node: number, type: number): boolean {
  if (run === undefined) return true
  return rowOf(store, 'select 1 from {node_run} where run = ? and type = ? and node = ?', run, type, node) !== undefined
}

export function runsThatSaw(store: GraphStore, id: string, runs: string[]): string[] {
  const number = store.ids.find(id)
  const type =
    number === undefined ? undefined : rowOf<[number]>(store, 'select type from {node} where number = ?', number)
  if (number === undefined || type === undefined) return []
  return runs.filter((run) => isNodeIn(store, store.words.find(run) ?? notThere, number, type[0]))
}

export function listKeys(
  store: GraphStore,
  query: GraphScope & { group: string; after?: string; limit: number },
): GraphPage<{ key: string; members: number }> {
  const word = store.words.find(query.group)
  if (word === undefined) return { items: [] }
  const run = runOf(store, query)
  const [after] = readCursor(query.after, [0])
  const keys = rowsOf<[number, string]>(
    store,
    'select number, key from {group_key} where word = ? and number > ? order by number limit ?',
    word,
    after,
    query.limit,
  )
  const counted = keys.map(([number, key]) => {
    const [members] = rowOf<[number]>(
      store,
      run === undefined
        ? 'select count(*) from {member} where key = ?'
        : `select count(*) from {member} m join {node} n on n.number = m.node
           where m.key = ? and exists (select 1 from {node_run} where run = ${run} and type = n.type and node = n.number)`,
      number,
    )!
    return { key, members }
  })
  const items = counted.filter(({ members }) => members > 0)
  const last = keys.at(-1)
  return last === undefined || keys.length < query.limit ? { items } : { items, next: writeCursor([last[0]]) }
}

export function countAll(store: GraphStore, scope: GraphScope): GraphCounts {
  const counts: GraphCounts = { nodes: 0, edges: 0, byType: {} }
  for (const [item, count] of rowsOf<[number, number]>(
    store,
    'select item, count from {tally} where run = ? and count > 0',
    runOf(store, scope) ?? allRuns,
  )) {
    if (item === 0) {
      counts.edges = count
      continue
    }
    counts.nodes += count
    counts.byType[store.words.text(item) as EntityType] = count
  }
  return counts
}

function page<Row, T>(
  rows: Row[],
  limit: number,
  itemOf: (row: Row) => T,
  keyOf: (row: Row) => (number | string)[],
): GraphPage<T> {
  const last = rows.at(-1)
  const items = rows.map(itemOf)
  return last === undefined || rows.length < limit ? { items } : { items, next: writeCursor(keyOf(last)) }
}
