import { expect, it } from 'vitest'
import { type OpenPort, withPort } from '../conformance.ts'
import type { Graph, GraphPage } from '../graph.ts'
import { edge, every, id, node, values } from '../testing/graph.ts'

/** What stands around a node and in a group, in pages. */
export function graphNeighbours(open: OpenPort<Graph>): void {
  it('pages through the neighbours of a hub', () =>
    withPort(open, async (graph) => {
      const names = Array.from({ length: 120 }, (_, i) => `n${i}`)
      await graph.upsert('w', 'one', {
        nodes: ['hub', 'above', ...names].map((value) => node(value)),
        edges: [
          ...names.map((name) => edge('hub', name)),
          edge('above', 'hub'),
          edge('hub', 'hub'),
          edge('hub', 'n5', 'links_to'),
        ],
        members: [],
      })
      await graph.upsert('w', 'two', { nodes: [], edges: [edge('hub', 'n7')], members: [] })
      const all = await every((after) => graph.neighbours('w', id('hub'), { limit: 11, ...after }))
      expect(all).toHaveLength(123)
      expect(new Set(all.map((one) => one.edge.id)).size).toBe(123)
      for (const one of all) expect([one.edge.from, one.edge.to]).toContain(one.node.id)
      const of = (query: object) =>
        every((after) => graph.neighbours('w', id('hub'), { limit: 11, ...query, ...after }))
      expect(await of({ direction: 'in' })).toHaveLength(2)
      expect(await of({ direction: 'out', kind: 'links_to' })).toHaveLength(1)
      expect((await of({ run: 'two' })).map((one) => one.node.value)).toEqual(['n7'])
      expect((await graph.degrees('w', id('hub'), {})).toSorted((a, b) => a.count - b.count)).toEqual([
        { kind: 'links_to', direction: 'out', count: 1 },
        { kind: 'subdomain', direction: 'in', count: 2 },
        { kind: 'subdomain', direction: 'out', count: 121 },
      ])
      expect(await graph.degrees('w', id('hub'), { run: 'two' })).toEqual([
        { kind: 'subdomain', direction: 'out', count: 1 },
      ])
    }))

  it('pages neither repeat nor leave out what was there, whatever is written meanwhile', () =>
    withPort(open, async (graph) => {
      const names = Array.from({ length: 50 }, (_, i) => `n${i}`)
      await graph.upsert('w', 'r', {
        nodes: ['hub', ...names].map((value) => node(value)),
        edges: names.map((name) => edge('hub', name)),
        members: names.map((name) => ({ group: 'g', key: 'k', node: id(name) })),
      })
      let more = 0
      const reads: ((after: { after?: string }) => Promise<GraphPage<{ value: string }>>)[] = [
        (after) => graph.list('w', { limit: 7, ...after }),
        (after) => graph.members('w', { group: 'g', key: 'k', limit: 7, ...after }),
        async (after) => {
          const { items, ...rest } = await graph.neighbours('w', id('hub'), { limit: 7, ...after })
          return { items: items.map((one) => one.node), ...rest }
        },
      ]
      for (const read of reads) {
        const seen = await every(async (after) => {
          const page = await read(after)
          const name = `more${more++}`
          await graph.upsert('w', 'r', {
            nodes: [node(name)],
            edges: [edge('hub', name)],
            members: [{ group: 'g', key: 'k', node: id(name) }],
          })
          return page
        })
        const found = seen.map(({ value }) => value)
        expect(new Set(found).size).toBe(found.length)
        for (const name of names) expect(found).toContain(name)
      }
    }))

  it('knows the members of a group, and its keys', () =>
    withPort(open, async (graph) => {
      const nodes = Array.from({ length: 30 }, (_, i) => node(`n${i}`))
      await graph.upsert('w', 'one', {
        nodes,
        edges: [],
        members: nodes.map(({ id }, i) => ({ group: 'g', key: `key ${i % 4}`, node: id })),
      })
      await graph.upsert('w', 'two', {
        nodes: [node('n1')],
        edges: [],
        members: [{ group: 'other', key: 'key 1', node: id('n1') }],
      })
      const members = await every((after) => graph.members('w', { group: 'g', key: 'key 1', limit: 3, ...after }))
      expect(values(members)).toEqual(['n1', 'n13', 'n17', 'n21', 'n25', 'n29', 'n5', 'n9'])
      expect(
        values(
          await every((after) => graph.members('w', { group: 'g', key: 'key 1', run: 'two', limit: 3, ...after })),
        ),
      ).toEqual(['n1'])
      const keys = await every((after) => graph.keys('w', { group: 'g', limit: 3, ...after }))
      expect(keys.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
        { key: 'key 0', members: 8 },
        { key: 'key 1', members: 8 },
        { key: 'key 2', members: 7 },
        { key: 'key 3', members: 7 },
      ])
      expect(await every((after) => graph.keys('w', { group: 'g', run: 'two', limit: 3, ...after }))).toEqual([
        { key: 'key 1', members: 1 },
      ])
    }))
}
