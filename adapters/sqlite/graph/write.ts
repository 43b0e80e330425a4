import type { MergeRules } from '@mirage/ports/merge.ts'
import { mergeInto, normalise } from '@mirage/ports/merge.ts'
import { edgeRules, type GraphEdge, type GraphNode, type GroupMember, nodeRules } from '@mirage/ports/graph.ts'
import { transactionRows } from '../files/database.ts'
import { insertRows, rowOf, statement } from '../files/tables.ts'
import { writing } from '../ids/ids.ts'
import { asKey } from '../ids/key.ts'
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

/** Nodes, edges or members in one transaction; each writes about four rows. */
const pieceSize = transactionRows / 2

export interface Batch {
  nodes: GraphNode[]
  edges: GraphEdge[]
  members: GroupMember[]
}

/** Joins the batch with what is stored: one write a row, whatever repeats in it. */
export async function upsertBatch(store: GraphStore, run: string, batch: Batch): Promise<void> {
  const nodes = fold(nodeRules, batch.nodes)
  const edges = fold(edgeRules, batch.edges)
  const earlier: Known = { nodes: new Map(), seen: new Set() }
  for (const piece of piecesOf(nodes, edges, batch.members)) {
    const known = await writing(store, () => {
      const write = new PieceWriter(store, run, earlier)
      for (const node of piece.nodes) write.node(node)
      for (const edge of piece.edges) write.edge(edge)
      for (const member of piece.members) write.member(member)
      write.end()
      return write.known
    })
    // Only now: a piece that is rolled back and tried again starts from what was committed before it.
    for (const [id, number] of known.nodes) earlier.nodes.set(id, number)
    for (const number of known.seen) earlier.seen.add(number)
  }
}

/** Nodes that were written or looked up: their numbers, and which of them the run is known to see. */
interface Known {
  nodes: Map<string, number>
  seen: Set<number>
}

function fold<T extends { id: string }>(rules: MergeRules<T>, items: T[]): T[] {
  const folded = new Map<string, T>()
  for (const item of items) {
    const normal = normalise(rules, item)
    const earlier = folded.get(item.id)
    folded.set(item.id, earlier === undefined ? normal : mergeInto(rules, earlier, normal))
  }
  return [...folded.values()]
}

function* piecesOf(nodes: GraphNode[], edges: GraphEdge[], members: GroupMember[]): Generator<Batch> {
  const most = Math.max(nodes.length, edges.length, members.length)
  if (most <= pieceSize) {
    if (most > 0) yield { nodes, edges, members }
    return
  }
  for (const piece of slices(nodes)) yield { nodes: piece, edges: [], members: [] }
  for (const piece of slices(edges)) yield { nodes: [], edges: piece, members: [] }
  for (const piece of slices(members)) yield { nodes: [], edges: [], members: piece }
}

function* slices<T>(items: T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += pieceSize) yield items.slice(start, start + pieceSize)
}

/** In `tally`: the run that stands for all, and the item that stands for edges. */
const everyRun = 0
const edgeItem = 0

/** Writes one piece inside a transaction. */
class PieceWriter {
  readonly #store: GraphStore
  readonly #run: number
  /** Of this piece, and of those before it. */
  readonly known: Known = { nodes: new Map(), seen: new Set() }
  readonly #earlier: Known
  readonly #nodeRuns: number[] = []
  readonly #edgeRuns: number[] = []
  /** By item: how many are new to the graph, and how many to the run. */
  readonly #added = new Map<number, number>()
  readonly #seen = new Map<number, number>()
  readonly #keys = new Map<string, number>()

  constructor(store: GraphStore, run: string, earlier: Known) {
    this.#store = store
    this.#run = store.words.number(run)
    this.#earlier = earlier
  }

  node(node: GraphNode): void {
    const { ids, words } = this.#store
    const type = words.number(node.type)
    const known = ids.find(node.id)
    const number = known ?? ids.add(node.id)
    const row = known === undefined ? undefined : this.#nodeRow(number)
    this.known.nodes.set(node.id, number)
    if (row === undefined) {
      this.#statement(
        'insert into {node} (number, id, type, value, runs, first, last, tags, attributes) values (?, ?, ?, ?, 1, ?, ?, ?, ?)',
      ).run(
        number,
        asKey(node.id),
        type,
        node.value,
        node.firstSeenAt,
        node.lastSeenAt,
        recordText(node.tags),
        recordText(node.attributes),
      )
      this.#giveTags(number, node.tags)
      this.#nodeRuns.push(this.#run, type, number)
      this.known.seen.add(number)
      count(this.#added, type)
      count(this.#seen, type)
      return
    }
    const stored = nodeOf(this.#store, row)
    const merged = mergeInto(nodeRules, stored, node)
    if (merged !== stored) {
      this.#statement('update {node} set first = ?, last = ?, tags = ?, attributes = ? where number = ?').run(
        merged.firstSeenAt,
        merged.lastSeenAt,
        recordText(merged.tags),
        recordText(merged.attributes),
        number,
      )
    }
    this.#giveTags(number, node.tags)
    this.#see(number, type)
  }

  #giveTags(node: number, tags: GraphNode['tags']): void {
    for (const name in tags)
      this.#statement(
        'insert into {node_tag} values (?, ?, ?, ?) on conflict (node, name, run) do update set at = max(at, excluded.at)',
      ).run(node, this.#store.words.number(name), this.#run, tags[name]!.at)
  }

  edge(edge: GraphEdge): void {
    const source = this.#end(edge.from, edge)
    const target = this.#end(edge.to, edge)
    const kind = this.#store.words.number(edge.kind)
    const inserted = this.#statement(
      `insert or ignore into {edge} (source, kind, target, qualifier, id, runs, first, last, modules, attributes)
       values (?, ?, ?, ?, ?, 1, ?, ?, ?, ?)`,
    ).run(
      source,
      kind,
      target,
      edge.qualifier,
      asKey(edge.id),
      edge.firstSeenAt,
      edge.lastSeenAt,
      JSON.stringify(edge.modules),
      recordText(edge.attributes),
    )
    if (inserted.changes === 1) {
      this.#edgeRuns.push(this.#run, Number(inserted.lastInsertRowid))
      count(this.#added, edgeItem)
      count(this.#seen, edgeItem)
      return
    }
    const [number, ...row] = rowOf<[number, ...EdgeRow]>(
      this.#store,
      `select e.number, ${edgeColumns} from ${edgeTables} where e.source = ? and e.kind = ? and e.target = ? and e.qualifier = ?`,
      source,
      kind,
      target,
      edge.qualifier,
    )!
    const stored = edgeOf(this.#store, row)
    const merged = mergeInto(edgeRules, stored, edge)
    if (merged !== stored) {
      this.#statement('update {edge} set first = ?, last = ?, modules = ?, attributes = ? where number = ?').run(
        merged.firstSeenAt,
        merged.lastSeenAt,
        JSON.stringify(merged.modules),
        recordText(merged.attributes),
        number,
      )
    }
    if (this.#statement('insert or ignore into {edge_run} values (?, ?)').run(this.#run, number).changes === 1) {
      this.#statement('update {edge} set runs = runs + 1 where number = ?').run(number)
      count(this.#seen, edgeItem)
    }
  }

  member({ group, key, node }: GroupMember): void {
    const number = this.#find(node)
    if (number === undefined)
      throw new RangeError(`${node} is to be a member of “${group}”, but no such node was ever given`)
    this.#statement('insert or ignore into {member} values (?, ?)').run(this.#keyNumber(group, key), number)
  }

  end(): void {
    insertRows(this.#store, 'node_run', 3, this.#nodeRuns)
    insertRows(this.#store, 'edge_run', 2, this.#edgeRuns)
    const add = this.#statement(
      'insert into {tally} values (?, ?, ?) on conflict (run, item) do update set count = count + excluded.count',
    )
    for (const [item, count] of this.#added) add.run(everyRun, item, count)
    for (const [item, count] of this.#seen) add.run(this.#run, item, count)
  }

  #keyNumber(group: string, key: string): number {
    const text = `${group}\n${key}`
    const known = this.#keys.get(text)
    if (known !== undefined) return known
    const number = this.#store.ids.intern(text)
    this.#statement('insert or ignore into {group_key} values (?, ?, ?)').run(
      number,
      this.#store.words.number(group),
      key,
    )
    this.#keys.set(text, number)
    return number
  }

  #end(id: string, edge: GraphEdge): number {
    const number = this.#find(id)
    if (number === undefined) throw new RangeError(`the edge ${edge.id} ends at ${id}, but no such node was ever given`)
    return number
  }

  #find(id: string): number | undefined {
    return this.known.nodes.get(id) ?? this.#earlier.nodes.get(id) ?? this.#lookUp(id)
  }

  /** A node of an earlier call, seen by this run as well. */
  #lookUp(id: string): number | undefined {
    const number = this.#store.ids.find(id)
    const row = number === undefined ? undefined : this.#nodeRow(number)
    if (number === undefined || row === undefined) return undefined
    this.known.nodes.set(id, number)
    this.#see(number, row[1])
    return number
  }

  #nodeRow(number: number): NodeRow | undefined {
    return rowOf<NodeRow>(this.#store, `select ${nodeColumns} from {node} n where n.number = ?`, number)
  }

  #see(number: number, type: number): void {
    if (this.known.seen.has(number) || this.#earlier.seen.has(number)) return
    this.known.seen.add(number)
    if (this.#statement('insert or ignore into {node_run} values (?, ?, ?)').run(this.#run, type, number).changes === 0)
      return
    this.#statement('update {node} set runs = runs + 1 where number = ?').run(number)
    count(this.#seen, type)
  }

  #statement(text: string) {
    return statement(this.#store, text)
  }
}

function count(tally: Map<number, number>, item: number): void {
  tally.set(item, (tally.get(item) ?? 0) + 1)
}

function recordText(record: object): string | null {
  const text = JSON.stringify(record)
  return text === '{}' ? null : text
}
