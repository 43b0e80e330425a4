import type { EntityType } from '@mirage/model/entity.ts'
import type { RelationshipKind } from '@mirage/model/relationship.ts'
import type { Stamped } from '@mirage/ports/documents.ts'
import type { GraphEdge, GraphNode } from '@mirage/ports/graph.ts'
import { ensureLayout } from '../files/layout.ts'
import type { Place } from '../files/spaces.ts'
import { rowOf } from '../files/tables.ts'
import { type Ids, openIds } from '../ids/ids.ts'
import { fromKey } from '../ids/key.ts'
import { openWords, type Words } from '../ids/words.ts'

/**
 * Nodes are integers inside, given in the order of arrival, so that what belongs to new nodes goes to the ends of the
 * trees. `runs` counts the rows of `node_run` and `edge_run`; `tally` holds true totals, with run 0 for all runs and
 * item 0 for edges. `tags` of a node says of each the row of `node_tag` that is the latest. Texts that repeat are words.
 */
function layoutOf(p: string): string {
  return `
    create table if not exists "${p}node" (
      number integer primary key, id not null, type integer not null, value text not null, runs integer not null,
      first integer not null, last integer not null, tags text, attributes text
    );
    create table if not exists "${p}node_tag" (
      node integer, name integer, run integer, at integer not null, primary key (node, name, run)
    ) strict, without rowid;
    create index if not exists "${p}node_type" on "${p}node" (type);
    create table if not exists "${p}edge" (
      number integer primary key autoincrement, source integer not null, kind integer not null, target integer not null,
      qualifier text not null, id not null, runs integer not null, first integer not null, last integer not null,
      modules text not null, attributes text
    );
    create unique index if not exists "${p}edge_out" on "${p}edge" (source, kind, target, qualifier);
    create index if not exists "${p}edge_in" on "${p}edge" (target, kind, source, qualifier);
    create table if not exists "${p}node_run" (
      run integer, type integer, node integer, primary key (run, type, node)
    ) strict, without rowid;
    create table if not exists "${p}edge_run" (run integer, edge integer, primary key (run, edge)) strict, without rowid;
    create table if not exists "${p}group_key" (number integer primary key, word integer not null, key text not null) strict;
    create index if not exists "${p}group_key_word" on "${p}group_key" (word);
    create table if not exists "${p}member" (key integer, node integer, primary key (key, node)) strict, without rowid;
    create index if not exists "${p}member_node" on "${p}member" (node);
    create table if not exists "${p}tally" (
      run integer, item integer, count integer not null, primary key (run, item)
    ) strict, without rowid;
  `
}

/** What the graph keeps open for a workspace. */
export interface GraphStore extends Place {
  ids: Ids
  words: Words
}

export async function openGraphStore({ database, prefix }: Place): Promise<GraphStore> {
  await ensureLayout(database, `${prefix}graph`, 2, layoutOf(prefix))
  return { database, prefix, ids: await openIds(database, prefix), words: await openWords(database, prefix) }
}

export type NodeRow = [Uint8Array | string, number, string, number, number, string | null, string | null]
export const nodeColumns = 'n.id, n.type, n.value, n.first, n.last, n.tags, n.attributes'

export function nodeOf(store: GraphStore, [id, type, value, first, last, tags, attributes]: NodeRow): GraphNode {
  return {
    id: fromKey(id),
    // Written by us from a GraphNode.
    type: store.words.text(type) as EntityType,
    value,
    firstSeenAt: first,
    lastSeenAt: last,
    tags: tags === null ? {} : (JSON.parse(tags) as Record<string, Stamped<string>>),
    attributes: attributes === null ? {} : (JSON.parse(attributes) as Record<string, Stamped>),
  }
}

export type EdgeRow = [
  Uint8Array | string,
  Uint8Array | string,
  Uint8Array | string,
  number,
  string,
  number,
  number,
  string,
  string | null,
]
/** Of an edge `e` with its ends `s` and `t`. */
export const edgeColumns = 'e.id, s.id, t.id, e.kind, e.qualifier, e.first, e.last, e.modules, e.attributes'
export const edgeTables = '{edge} e join {node} s on s.number = e.source join {node} t on t.number = e.target'

export function edgeOf(
  store: GraphStore,
  [id, from, to, kind, qualifier, first, last, modules, attributes]: EdgeRow,
): GraphEdge {
  return {
    id: fromKey(id),
    from: fromKey(from),
    to: fromKey(to),
    kind: store.words.text(kind) as RelationshipKind,
    qualifier,
    firstSeenAt: first,
    lastSeenAt: last,
    modules: JSON.parse(modules) as string[],
    attributes: attributes === null ? {} : (JSON.parse(attributes) as Record<string, Stamped>),
  }
}

export function nodeByNumber(store: GraphStore, number: number): GraphNode | undefined {
  const row = rowOf<NodeRow>(store, `select ${nodeColumns} from {node} n where n.number = ?`, number)
  return row && nodeOf(store, row)
}

export function edgeByNumber(store: GraphStore, number: number): GraphEdge | undefined {
  const row = rowOf<EdgeRow>(store, `select ${edgeColumns} from ${edgeTables} where e.number = ?`, number)
  return row && edgeOf(store, row)
}
