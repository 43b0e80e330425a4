import { expect, it } from 'vitest'
import { type OpenPort, withPort } from '../conformance.ts'
import type { Graph } from '../graph.ts'
import { drawing, edge, every, given, id, node, stateOf, values } from '../testing/graph.ts'

/** Whose it is: what a run saw, and what goes with it. */
export function graphRuns(open: OpenPort<Graph>): void {
  it('tells which of some runs saw a node, also as the end of an edge', () =>
    withPort(open, async (graph) => {
      await graph.upsert('w', 'one', drawing('a-b'))
      await graph.upsert('w', 'two', { nodes: [], edges: [edge('a', 'b')], members: [] })
      await graph.upsert('w', 'three', drawing('c'))
      const runs = ['three', 'two', 'one', 'none']
      const seen = await graph.runsOf('w', [id('b'), id('none'), id('c')], runs)
      expect(seen.map((its) => its.toSorted())).toEqual([['one', 'two'], [], ['three']])
      expect(await graph.runsOf('w', [id('b')], ['one'])).toEqual([['one']])
    }))

  it('forgets what only one run saw', () =>
    withPort(open, async (graph) => {
      await graph.upsert('w', 'one', {
        ...drawing('a-b-c'),
        members: [
          { group: 'g', key: 'k', node: id('a') },
          { group: 'g', key: 'l', node: id('c') },
        ],
      })
      await graph.upsert('w', 'two', { nodes: [], edges: [edge('b', 'c')], members: [] })
      const before = await stateOf(graph, 'w', 'two')
      await graph.deleteRun('w', 'one')
      expect(values(await every((after) => graph.list('w', { limit: 9, ...after })))).toEqual(['b', 'c'])
      expect(await every((after) => graph.edges('w', { limit: 9, ...after }))).toEqual([edge('b', 'c')])
      expect(await every((after) => graph.keys('w', { group: 'g', limit: 9, ...after }))).toEqual([
        { key: 'l', members: 1 },
      ])
      expect(await stateOf(graph, 'w', 'two')).toEqual(before)
      expect(await graph.counts('w', { run: 'one' })).toEqual({ nodes: 0, edges: 0, byType: {} })
      await graph.deleteRun('w', 'two')
      expect(await graph.counts('w', {})).toEqual({ nodes: 0, edges: 0, byType: {} })
      await graph.upsert('w', 'three', drawing('a-b'))
      expect(await graph.counts('w', {})).toEqual({ nodes: 2, edges: 1, byType: { domain: 2 } })
    }))

  it('forgets with a run the tags that it gave, and has those of the others again', () =>
    withPort(open, async (graph) => {
      const tagged = (value: string, run: string, tag: string, at: number) =>
        graph.upsert('w', run, { nodes: [node(value, { tags: given(run, tag, at) })], edges: [], members: [] })
      await tagged('a', 'one', 'x', 1)
      await tagged('a', 'two', 'x', 3)
      await tagged('a', 'two', 'y', 4)
      await tagged('a', 'two', 'x', 2)
      await tagged('b', 'three', 'z', 4)
      const tags = async () => (await graph.nodes('w', [id('a'), id('b')])).map((found) => found?.tags)
      expect(await tags()).toEqual([{ ...given('two', 'x', 3), ...given('two', 'y', 4) }, given('three', 'z', 4)])
      await graph.deleteRun('w', 'two')
      expect(await tags()).toEqual([given('one', 'x', 1), given('three', 'z', 4)])
      await graph.deleteRun('w', 'three')
      await tagged('b', 'one', 'y', 5)
      await graph.deleteRun('w', 'one')
      expect(await tags()).toEqual([undefined, undefined])
    }))

  it('forgets a large run in pieces', () =>
    withPort(open, async (graph) => {
      const names = Array.from({ length: 1_300 }, (_, i) => `n${i}`)
      await graph.upsert('w', 'large', {
        nodes: ['hub', ...names].map((value) => node(value)),
        edges: names.map((name) => edge('hub', name)),
        members: [],
      })
      expect(await graph.counts('w', {})).toMatchObject({ nodes: 1_301, edges: 1_300 })
      await graph.deleteRun('w', 'large')
      expect(await graph.counts('w', {})).toEqual({ nodes: 0, edges: 0, byType: {} })
    }))
}
