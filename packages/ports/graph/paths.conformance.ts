import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { type OpenPort, withPort } from '../conformance.ts'
import type { Graph } from '../graph.ts'
import { drawing, edge, id, node, values } from '../testing/graph.ts'

/** Ways through it, and what is near. */
export function graphPaths(open: OpenPort<Graph>): void {
  it('finds a shortest path, whatever the direction of its edges', () =>
    withPort(open, async (graph) => {
      await graph.upsert('w', 'one', drawing('a-b-c-d-e a-x-e lone'))
      await graph.upsert('w', 'two', drawing('b-c'))
      const path = await graph.path('w', id('a'), id('e'), { maxLength: 5 })
      expect(path?.nodes.map(({ value }) => value)).toEqual(['a', 'x', 'e'])
      expect(path?.edges).toEqual([edge('a', 'x'), edge('x', 'e')])
      expect((await graph.path('w', id('d'), id('x'), { maxLength: 5 }))?.nodes.map(({ value }) => value)).toEqual([
        'd',
        'e',
        'x',
      ])
      expect(await graph.path('w', id('a'), id('e'), { maxLength: 1 })).toBeUndefined()
      expect(await graph.path('w', id('a'), id('lone'), { maxLength: 9 })).toBeUndefined()
      expect(await graph.path('w', id('a'), id('a'), { maxLength: 0 })).toEqual({ nodes: [node('a')], edges: [] })
      expect((await graph.path('w', id('b'), id('c'), { maxLength: 3, run: 'two' }))?.edges).toHaveLength(1)
      expect(await graph.path('w', id('a'), id('c'), { maxLength: 9, run: 'two' })).toBeUndefined()
    }))

  it('finds paths as long as a plain search of the same graph', () =>
    withPort(open, async (graph) => {
      let run = 0
      const pairs = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 14 })
      await fc.assert(
        fc.asyncProperty(pairs, fc.nat(7), fc.nat(7), async (pairs, from, to) => {
          const workspace = `run ${run++ % 4}`
          await graph.upsert(workspace, 'r', {
            nodes: Array.from({ length: 8 }, (_, i) => node(`n${i}`)),
            edges: pairs.map(([a, b]) => edge(`n${a}`, `n${b}`)),
            members: [],
          })
          const path = await graph.path(workspace, id(`n${from}`), id(`n${to}`), { maxLength: 10 })
          expect(path?.edges.length).toBe(distance(pairs, from, to))
          for (const [i, one] of (path?.edges ?? []).entries()) {
            expect([one.from, one.to].sort()).toEqual([path!.nodes[i]!.id, path!.nodes[i + 1]!.id].sort())
          }
          await graph.erase(workspace)
        }),
        { numRuns: 25 },
      )
    }))

  it('walks a neighbourhood within its budgets', () =>
    withPort(open, async (graph) => {
      await graph.upsert('w', 'one', drawing('a-b-c-d a-e b-e'))
      const near = await graph.subgraph('w', { roots: [id('a')], depth: 1, maxNodes: 10, maxEdges: 10 })
      expect(values(near.nodes)).toEqual(['a', 'b', 'e'])
      expect(near.edges).toHaveLength(3)
      expect(near.truncated).toBe(false)
      const few = await graph.subgraph('w', { roots: [id('a')], depth: 3, maxNodes: 2, maxEdges: 10 })
      expect(few.nodes).toHaveLength(2)
      expect(few.truncated).toBe(true)
      const thin = await graph.subgraph('w', { roots: [id('a')], depth: 3, maxNodes: 10, maxEdges: 1 })
      expect(thin.edges).toHaveLength(1)
      expect(thin.truncated).toBe(true)
      const whole = await graph.subgraph('w', { roots: [], depth: 1, maxNodes: 10, maxEdges: 10 })
      expect([whole.nodes.length, whole.edges.length, whole.truncated]).toEqual([5, 5, false])
      expect((await graph.subgraph('w', { roots: [], depth: 1, maxNodes: 3, maxEdges: 10 })).truncated).toBe(true)
      expect(await graph.subgraph('w', { roots: [id('none')], depth: 2, maxNodes: 9, maxEdges: 9 })).toEqual({
        nodes: [],
        edges: [],
        truncated: false,
      })
    }))
}

/** Edges between two nodes by a plain breadth-first search; undefined when there is no way. */
function distance(pairs: [number, number][], from: number, to: number): number | undefined {
  let frontier = new Set([from])
  const seen = new Set(frontier)
  for (let length = 0; frontier.size > 0; length++) {
    if (frontier.has(to)) return length
    const next = new Set<number>()
    for (const [a, b] of pairs) {
      if (frontier.has(a) && !seen.has(b)) next.add(b)
      if (frontier.has(b) && !seen.has(a)) next.add(a)
    }
    for (const one of next) seen.add(one)
    frontier = next
  }
  return undefined
}
