import type { RelationshipKind } from '@mirage/model/relationship.ts'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { type OpenPort, withPort } from '../conformance.ts'
import type { Graph } from '../graph.ts'
import { at, drawing, edge, every, given, id, node, stateOf, values } from '../testing/graph.ts'

/** What it was given is in it, once, whatever the order, in its workspace. */
export function graphContents(open: OpenPort<Graph>): void {
  it('answers nothing about what is not there', () =>
    withPort(open, async (graph) => {
      expect(await graph.nodes('w', [id('a')])).toEqual([undefined])
      await graph.upsert('w', 'r', drawing('a-b'))
      expect(await graph.nodes('w', [id('b'), id('none')])).toEqual([node('b'), undefined])
      expect(await graph.neighbours('w', id('none'), { limit: 5 })).toEqual({ items: [] })
      expect(await graph.degrees('w', id('none'), {})).toEqual([])
      expect(await graph.members('w', { group: 'g', key: 'k', limit: 5 })).toEqual({ items: [] })
      expect(await graph.keys('w', { group: 'g', limit: 5 })).toEqual({ items: [] })
      expect(await graph.path('w', id('a'), id('none'), { maxLength: 5 })).toBeUndefined()
      expect(await graph.counts('w', { run: 'none' })).toEqual({ nodes: 0, edges: 0, byType: {} })
      expect(await graph.list('w', { run: 'none', limit: 5 })).toEqual({ items: [] })
      await graph.deleteRun('w', 'none')
    }))

  it('lists nodes by type and edges, in pages, for all and for a run', () =>
    withPort(open, async (graph) => {
      const addresses = Array.from({ length: 10 }, (_, i) => node(`192.0.2.${i}`, { type: 'ip-address' }))
      await graph.upsert('w', 'one', { ...drawing('a-b-c'), nodes: [...drawing('a-b-c').nodes, ...addresses] })
      await graph.upsert('w', 'two', drawing('c-d'))
      expect(await every((after) => graph.list('w', { type: 'ip-address', limit: 3, ...after }))).toEqual(addresses)
      expect(values(await every((after) => graph.list('w', { limit: 3, ...after })))).toHaveLength(14)
      expect(values(await every((after) => graph.list('w', { run: 'two', limit: 1, ...after })))).toEqual(['c', 'd'])
      expect(await every((after) => graph.list('w', { run: 'two', type: 'ip-address', limit: 3, ...after }))).toEqual(
        [],
      )
      expect(await every((after) => graph.edges('w', { run: 'one', limit: 1, ...after }))).toEqual([
        edge('a', 'b'),
        edge('b', 'c'),
      ])
      expect(await graph.counts('w', {})).toEqual({ nodes: 14, edges: 3, byType: { domain: 4, 'ip-address': 10 } })
      expect(await graph.counts('w', { run: 'two' })).toEqual({ nodes: 2, edges: 1, byType: { domain: 2 } })
    }))

  it('merges to the same state in whatever order, however often, however split', () =>
    withPort(open, async (graph) => {
      const names = fc.constantFrom('a', 'b', 'c', 'd')
      const stamp = fc.record({ value: fc.nat(3), at: fc.nat(2) })
      const sighting = fc.record({
        run: fc.constantFrom('one', 'two'),
        from: names,
        to: names,
        kind: fc.constantFrom<RelationshipKind>('subdomain', 'dns_record'),
        qualifier: fc.constantFrom('', 'A'),
        seen: fc.nat(5),
        tag: fc.constantFrom('x', 'y'),
        attributes: fc.dictionary(fc.constantFrom('p', 'q', '__proto__'), stamp),
        key: fc.constantFrom('k', 'l'),
      })
      type Sighting = typeof sighting extends fc.Arbitrary<infer T> ? T : never
      async function apply(workspace: string, batch: Sighting[]): Promise<void> {
        for (const run of ['one', 'two']) {
          const own = batch.filter((one) => one.run === run)
          await graph.upsert(workspace, run, {
            nodes: own.flatMap(({ from, to, seen, tag, attributes }) => [
              node(from, { firstSeenAt: at + seen, lastSeenAt: at + seen, tags: given(run, tag, at + seen) }),
              node(to, { attributes }),
            ]),
            edges: own.map(({ from, to, kind, qualifier, seen, tag, attributes }) =>
              edge(from, to, kind, { qualifier, lastSeenAt: at + seen, modules: [tag], attributes }),
            ),
            members: own.map(({ key, to }) => ({ group: 'g', key, node: id(to) })),
          })
        }
      }
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(sighting, { maxLength: 10 }), fc.nat(10), async (batch, cut) => {
          const states = []
          for (const order of [
            [batch],
            [batch, batch],
            [batch.toReversed()],
            [batch.slice(cut), batch.slice(0, cut)],
          ]) {
            const workspace = `run ${run++ % 5}`
            for (const piece of order) await apply(workspace, piece)
            states.push([
              await stateOf(graph, workspace),
              await stateOf(graph, workspace, 'one'),
              await stateOf(graph, workspace, 'two'),
            ])
            await graph.erase(workspace)
          }
          for (const state of states.slice(1)) expect(state).toEqual(states[0])
        }),
        { numRuns: 12 },
      )
    }))

  it('refuses an edge or a member without its node, and keeps nothing of that piece', () =>
    withPort(open, async (graph) => {
      const lone = { nodes: [node('a')], edges: [edge('a', 'b')], members: [] }
      await expect(graph.upsert('w', 'r', lone)).rejects.toThrow(RangeError)
      await expect(
        graph.upsert('w', 'r', { nodes: [], edges: [], members: [{ group: 'g', key: 'k', node: id('z') }] }),
      ).rejects.toThrow(RangeError)
      expect(await graph.counts('w', {})).toEqual({ nodes: 0, edges: 0, byType: {} })
      await graph.upsert('w', 'r', drawing('a-b'))
      expect(await graph.counts('w', { run: 'r' })).toEqual({ nodes: 2, edges: 1, byType: { domain: 2 } })
    }))

  it('keeps what it has, keeps workspaces apart, and erases one', () =>
    withPort(open, async (graph, opened) => {
      await graph.upsert('one', 'r', drawing('a-b'))
      await graph.upsert('two', 'r', drawing('a-b-c'))
      const before = await stateOf(graph, 'two')
      const again = graph.can.durable ? await opened.reopen!() : graph
      expect(await stateOf(again, 'two')).toEqual(before)
      await again.erase('one')
      expect(await again.counts('one', {})).toEqual({ nodes: 0, edges: 0, byType: {} })
      expect(await stateOf(again, 'two')).toEqual(before)
      await again[Symbol.asyncDispose]()
      await expect(again.upsert('two', 'r', drawing('a-b'))).rejects.toMatchObject({ code: 'store.closed' })
    }))
}
