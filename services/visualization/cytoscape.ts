import type { GraphNode } from '@mirage/services/correlation-engine/contract.ts'
import type { GraphRow } from './graphml.ts'

/**
 * The rows, nodes before edges, in the JSON that Cytoscape.js reads with `cy.json()` and the Cytoscape application opens
 * as `.cyjs` (https://js.cytoscape.org/#notation/elements-json), a piece a row.
 */
export async function* cytoscapeOf(
  rows: AsyncIterable<GraphRow>,
  name: string,
  labelOf: (node: GraphNode) => string,
): AsyncGenerator<string> {
  yield `{"format_version":"1.0","generated_by":"mirage","target_cytoscapejs_version":"~3.0","data":${JSON.stringify({ name, shared_name: name })},"elements":{"nodes":[`
  let inEdges = false
  let isFirst = true
  for await (const row of rows) {
    if ('edge' in row && !inEdges) {
      yield '\n],"edges":['
      inEdges = true
      isFirst = true
    }
    yield `${isFirst ? '' : ','}\n${JSON.stringify({ data: dataOf(row, labelOf) })}`
    isFirst = false
  }
  yield `${inEdges ? '' : '\n],"edges":['}\n]}}\n`
}

function dataOf(row: GraphRow, labelOf: (node: GraphNode) => string): Record<string, unknown> {
  if ('node' in row) return { ...row.node, name: row.node.value, label: labelOf(row.node) }
  const { from, to, kind, ...rest } = row.edge
  return { ...rest, source: from, target: to, kind, interaction: kind }
}
