import type { GraphEdge, GraphNode } from '@mirage/services/correlation-engine/contract.ts'

export type GraphRow = { node: GraphNode } | { edge: GraphEdge }

const nodeKeys = ['type', 'value', 'label', 'tags', 'firstSeenAt', 'lastSeenAt'] as const
const edgeKeys = ['kind', 'qualifier', 'modules', 'firstSeenAt', 'lastSeenAt'] as const

/**
 * The rows, nodes before edges, as a GraphML document (http://graphml.graphdrawing.org/primer/graphml-primer.html), a
 * piece a row. Lists are joined by blanks; characters that XML 1.0 has not become U+FFFD.
 */
export async function* graphmlOf(
  rows: AsyncIterable<GraphRow>,
  labelOf: (node: GraphNode) => string,
): AsyncGenerator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
`
  for (const name of nodeKeys) yield `  <key id="n-${name}" for="node" attr.name="${name}" attr.type="string"/>\n`
  for (const name of edgeKeys) yield `  <key id="e-${name}" for="edge" attr.name="${name}" attr.type="string"/>\n`
  yield '  <graph id="run" edgedefault="directed">\n'
  for await (const row of rows) {
    if ('node' in row) {
      const { id, type, value, tags, firstSeenAt, lastSeenAt } = row.node
      const data = { type, value, label: labelOf(row.node), tags: tags.join(' '), firstSeenAt, lastSeenAt }
      yield `    <node id="${escaped(id)}">${dataOf('n', data)}</node>\n`
    } else {
      const { id, from, to, kind, qualifier, modules, firstSeenAt, lastSeenAt } = row.edge
      const data = { kind, qualifier, modules: modules.join(' '), firstSeenAt, lastSeenAt }
      yield `    <edge id="${escaped(id)}" source="${escaped(from)}" target="${escaped(to)}">${dataOf('e', data)}</edge>\n`
    }
  }
  yield '  </graph>\n</graphml>\n'
}

function dataOf(prefix: string, data: Record<string, string>): string {
  return Object.entries(data)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `<data key="${prefix}-${name}">${escaped(value)}</data>`)
    .join('')
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
}

/** As text or attribute value of XML 1.0 (§2.2 says which characters there are). */
export function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>"'\r]/g, (character) => escapes[character]!)
}
