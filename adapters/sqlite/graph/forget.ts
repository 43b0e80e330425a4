import { transactionRows } from '../files/database.ts'
import type { GraphNode } from '@mirage/ports/graph.ts'
import { mergeInto, type MergeRules } from '@mirage/ports/merge.ts'
import type { GraphStore } from './store.ts'
import { writing } from '../ids/ids.ts'
import { rowsOf, statement } from '../files/tables.ts'

const tagRules: MergeRules<Pick<GraphNode, 'tags'>> = { tags: 'stamped' }

/** Nodes or edges in one transaction; each takes about four rows with it. */
const pieceSize = transactionRows / 4

/** Forgets what only this run saw, in pieces, edges before their ends. */
export async function forgetRun(store: GraphStore, name: string): Promise<void> {
  const run = await store.database.read(() => store.words.find(name))
  if (run === undefined) return
  for (;;) {
    const edges = await writing(store, () => forgetEdges(store, run))
    if (edges === 0) break
  }
  for (;;) {
    const nodes = await writing(store, () => forgetNodes(store, run))
    if (nodes === 0) break
  }
  await writing(store, () => statement(store, 'delete from {tally} where run = ?').run(run))
}

function forgetEdges(store: GraphStore, run: number): number {
  const edges = rowsOf<[number]>(store, 'select edge from {edge_run} where run = ? limit ?', run, pieceSize)
  const prepare = (text: string) => statement(store, text)
  let gone = 0
  for (const [edge] of edges) {
    prepare('delete from {edge_run} where run = ? and edge = ?').run(run, edge)
    gone += Number(prepare('delete from {edge} where number = ? and runs <= 1').run(edge).changes)
    prepare('update {edge} set runs = runs - 1 where number = ?').run(edge)
  }
  prepare('update {tally} set count = count - ? where run = 0 and item = 0').run(gone)
  return edges.length
}

function forgetNodes(store: GraphStore, run: number): number {
  const nodes = rowsOf<[number, number]>(
    store,
    'select type, node from {node_run} where run = ? limit ?',
    run,
    pieceSize,
  )
  const prepare = (text: string) => statement(store, text)
  for (const [type, node] of nodes) {
    prepare('delete from {node_run} where run = ? and type = ? and node = ?').run(run, type, node)
    if (prepare('delete from {node} where number = ? and runs <= 1').run(node).changes === 0) {
      prepare('update {node} set runs = runs - 1 where number = ?').run(node)
      forgetTags(store, run, node)
      continue
    }
    prepare('delete from {node_tag} where node = ?').run(node)
    prepare('update {tally} set count = count - 1 where run = 0 and item = ?').run(type)
    for (const [key] of rowsOf<[number]>(store, 'select key from {member} where node = ?', node)) {
      prepare('delete from {member} where key = ? and node = ?').run(key, node)
      prepare('delete from {group_key} where number = ?1 and not exists (select 1 from {member} where key = ?1)').run(
        key,
      )
    }
  }
  return nodes.length
}

/** The tags of a node that another run saw as well are from now on those of the others. */
function forgetTags(store: GraphStore, run: number, node: number): void {
  const { words } = store
  const gone = statement(store, 'delete from {node_tag} where node = ? and run = ?').run(node, run)
  if (gone.changes === 0) return
  const rows = rowsOf<[number, number, number]>(store, 'select name, run, at from {node_tag} where node = ?', node)
  const given = rows.map(([name, by, at]) => ({ [words.text(name)]: { value: words.text(by), at } }))
  const { tags } = given.reduce((all, tags) => mergeInto(tagRules, all, { tags }), { tags: {} })
  statement(store, 'update {node} set tags = ? where number = ?').run(
    rows.length === 0 ? null : JSON.stringify(tags),
    node,
  )
}
