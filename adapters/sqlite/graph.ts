import type { Graph } from '@mirage/ports/graph.ts'
import { openSpaces } from './files/spaces.ts'
import { forgetRun } from './graph/forget.ts'
import { countDegrees, listNeighbours } from './graph/neighbours.ts'
import { countAll, listEdges, listKeys, listMembers, listNodes, runsThatSaw } from './graph/read.ts'
import { type GraphStore, nodeByNumber, openGraphStore } from './graph/store.ts'
import { shortestPath, walkSubgraph } from './graph/walk.ts'
import { upsertBatch } from './graph/write.ts'
import { reading } from './ids/ids.ts'

/** The graph of each workspace in an SQLite file of its own under the folder `path`. */
export async function openSqliteGraph({ path }: { path: string }): Promise<Graph> {
  const spaces = openSpaces<GraphStore>({ path, perWorkspace: true, use: 'graph' }, openGraphStore)

  function ask<T>(workspace: string, otherwise: T, question: (store: GraphStore) => T): Promise<T> {
    return spaces.peek(workspace, otherwise, (store) => reading(store, () => question(store)))
  }

  return {
    can: { shared: true, durable: true },

    // Neo4j: UNWIND $nodes MERGE (n {id}) ON CREATE/ON MATCH SET …; UNWIND $edges MATCH … MERGE ()-[]->()
    upsert: (workspace, run, batch) => spaces.use(workspace, (store) => upsertBatch(store, run, batch)),

    // Neo4j: UNWIND $ids MATCH (n {id})
    nodes: (workspace, ids) =>
      ask(
        workspace,
        ids.map(() => undefined),
        (store) =>
          ids.map((id) => {
            const number = store.ids.find(id)
            return number === undefined ? undefined : nodeByNumber(store, number)
          }),
      ),

    // Neo4j: UNWIND $ids MATCH (n {id})-[:SEEN_BY]->(r:Run) WHERE r.name IN $runs
    runsOf: (workspace, ids, runs) =>
      ask(
        workspace,
        ids.map(() => []),
        (store) => ids.map((id) => runsThatSaw(store, id, runs)),
      ),

    // Neo4j: MATCH (n:Type) WHERE n.sequence > $after RETURN n ORDER BY n.sequence LIMIT $limit
    list: (workspace, query) => ask(workspace, { items: [] }, (store) => listNodes(store, query)),

    // Neo4j: MATCH ()-[e]->() WHERE e.sequence > $after RETURN e ORDER BY e.sequence LIMIT $limit
    edges: (workspace, query) => ask(workspace, { items: [] }, (store) => listEdges(store, query)),

    // Neo4j: MATCH (n {id})-[e:kind]-(m) WHERE … RETURN e, m ORDER BY … LIMIT $limit
    neighbours: (workspace, id, query) => ask(workspace, { items: [] }, (store) => listNeighbours(store, id, query)),

    // Neo4j: MATCH (n {id}) RETURN COUNT { (n)-[:kind]->() }, COUNT { (n)<-[:kind]-() }
    degrees: (workspace, id, scope) => ask(workspace, [], (store) => countDegrees(store, id, scope)),

    // Neo4j: MATCH (g:Group {group, key})<-[:IN]-(n) RETURN n
    members: (workspace, query) => ask(workspace, { items: [] }, (store) => listMembers(store, query)),

    // Neo4j: MATCH (g:Group {group}) RETURN g.key, COUNT { (g)<-[:IN]-() }
    keys: (workspace, query) => ask(workspace, { items: [] }, (store) => listKeys(store, query)),

    // Neo4j: MATCH p = shortestPath((a {id})-[*..n]-(b {id}))
    path: (workspace, from, to, query) =>
      spaces.peek(workspace, undefined, (store) => shortestPath(store, from, to, query)),

    // Neo4j: MATCH (root)-[e*..depth]-(m), page by page within the budgets
    subgraph: (workspace, query) =>
      spaces.peek(workspace, { nodes: [], edges: [], truncated: false }, (store) => walkSubgraph(store, query)),

    // Neo4j: the count store, MATCH (n:Type) RETURN count(n)
    counts: (workspace, scope) => ask(workspace, { nodes: 0, edges: 0, byType: {} }, (store) => countAll(store, scope)),

    // Neo4j: CALL { … DETACH DELETE } IN TRANSACTIONS OF 500 ROWS
    deleteRun: (workspace, run) => spaces.peek(workspace, undefined, (store) => forgetRun(store, run)),

    // Neo4j: the same for the workspace
    erase: (workspace) => spaces.erase(workspace),

    [Symbol.asyncDispose]: () => spaces.close(),
  }
}
