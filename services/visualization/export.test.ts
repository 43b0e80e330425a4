import * as fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { inChunks } from './chunk.ts'
import { cytoscapeOf } from './cytoscape.ts'
import { graphmlOf, type GraphRow } from './graphml.ts'

const at = '2026-03-01T12:00:00.000Z'

function node(id: string, value: string, tags: string[] = []): GraphRow {
  return { node: { id, type: 'url', value, firstSeenAt: at, lastSeenAt: at, tags } }
}

function edge(id: string, from: string, to: string, qualifier = ''): GraphRow {
  return {
    edge: { id, from, to, kind: 'links_to', qualifier, firstSeenAt: at, lastSeenAt: at, modules: ['a', 'b'] },
  }
}

async function* stream(rows: GraphRow[]): AsyncGenerator<GraphRow> {
  yield* rows
}

const textOf = async (pieces: AsyncIterable<string>) => (await Array.fromAsync(inChunks(pieces))).join('')
const graphml = (rows: GraphRow[]) => textOf(graphmlOf(stream(rows), ({ value }) => value))
const cytoscape = async (rows: GraphRow[]) =>
  JSON.parse(await textOf(cytoscapeOf(stream(rows), 'run_a', ({ value }) => value))) as {
    elements: { nodes: { data: Record<string, unknown> }[]; edges: { data: Record<string, unknown> }[] }
  }

interface Parsed {
  elements: { name: string; attributes: Record<string, string>; data: Record<string, string> }[]
}

/** Reads with a parser that refuses what XML 1.0 and its namespaces do not allow. */
function parse(text: string): Parsed {
  const parser = new SaxesParser({ xmlns: true })
  const elements: Parsed['elements'] = []
  let key: string | undefined
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const values = Object.fromEntries(Object.entries(attributes).map(([name, { value }]) => [name, value]))
    if (name === 'data') key = values['key']
    else elements.push({ name, attributes: values, data: {} })
  })
  parser.on('text', (text) => {
    if (key !== undefined) elements.at(-1)!.data[key] = (elements.at(-1)!.data[key] ?? '') + text
  })
  parser.on('closetag', ({ name }) => {
    if (name === 'data') key = undefined
  })
  parser.write(text).close()
  return { elements }
}

describe('GraphML', () => {
  it('has every node and edge with its data, each key declared', async () => {
    const { elements } = parse(
      await graphml([node('a', 'https://a.example/?x=1&y=<2>', ['login']), node('b', 'b'), edge('e', 'a', 'b', 'A')]),
    )
    const keys = elements.filter(({ name }) => name === 'key').map(({ attributes }) => attributes['id'])
    const [a, , e] = elements.filter(({ name }) => name === 'node' || name === 'edge')
    expect(a).toMatchObject({
      attributes: { id: 'a' },
      data: { 'n-value': 'https://a.example/?x=1&y=<2>', 'n-tags': 'login' },
    })
    expect(e).toMatchObject({
      attributes: { id: 'e', source: 'a', target: 'b' },
      data: { 'e-kind': 'links_to', 'e-qualifier': 'A', 'e-modules': 'a b' },
    })
    for (const { data } of elements) for (const key of Object.keys(data)) expect(keys).toContain(key)
  })

  it('is well-formed and keeps the text, whatever it is', async () => {
    const hostile = fc.string({ unit: 'binary', maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 8 }), async (values) => {
        const { elements } = parse(await graphml(values.map((value, at) => node(`n${at}`, `v${value}`, [value]))))
        const kept = elements.filter(({ name }) => name === 'node').map(({ data }) => data['n-value'])
        const shown = (value: string) =>
          // eslint-disable-next-line no-control-regex -- these are the characters that XML has not
          `v${value}`.toWellFormed().replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
        expect(kept).toEqual(values.map(shown))
      }),
    )
  })

  it('of nothing is a document too', async () => {
    expect(parse(await graphml([])).elements.some(({ name }) => name === 'graph')).toBe(true)
  })
})

describe('Cytoscape JSON', () => {
  it('has nodes by id and edges by source and target', async () => {
    const { elements } = await cytoscape([node('a', 'A "quoted" \u2028 value'), node('b', 'b'), edge('e', 'a', 'b')])
    expect(elements.nodes.map(({ data }) => data['id'])).toEqual(['a', 'b'])
    expect(elements.nodes[0]!.data).toMatchObject({
      value: 'A "quoted" \u2028 value',
      label: 'A "quoted" \u2028 value',
    })
    expect(elements.edges[0]!.data).toMatchObject({ id: 'e', source: 'a', target: 'b', interaction: 'links_to' })
  })

  it.each([
    ['nothing', []],
    ['nodes only', [node('a', 'a')]],
  ])('of %s is a document too', async (_, rows) => {
    const { elements } = await cytoscape(rows)
    expect([elements.nodes.length, elements.edges.length]).toEqual([rows.length, 0])
  })
})
