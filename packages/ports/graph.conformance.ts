import { entityId } from '@mirage/model/entity.ts'
import { relationshipId, type RelationshipKind } from '@mirage/model/relationship.ts'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { type OpenPort, suite, withPort } from './conformance.ts'
import type { Graph, GraphEdge, GraphNode, GraphPage, GroupMember } from './graph.ts'

const at = 1_760_000_000_000

function node(value: string, more: Partial<GraphNode> = {}): GraphNode {
  const type = more.type ?? 'domain'
  return { id: entityId(type, value), type, value, firstSeenAt: at, lastSeenAt: at, tags: {}, attributes: {}, ...more }
}

function edge(
  from: string,
  to: string,
  kind: RelationshipKind = 'subdomain',
  more: Partial<GraphEdge> = {},
): GraphEdge {
  const [source, target, qualifier] = [entityId('domain', from), entityId('domain', to), more.qualifier ?? '']
  return {
    id: relationshipId(source, kind, qualifier, target),
    from: source,
    to: target,
    kind,
    qualifier,
    firstSeenAt: at,
    lastSeenAt: at,
    modules: ['m'],
    attributes: {},
    ...more,
  }
}

/** Nodes and edges of a drawing such as `a-b-c d-e`. */
function drawing(text: string): { nodes: GraphNode[]; edges: GraphEdge[]; members: GroupMember[] } {
  const chains = text.split(' ').map((chain) => chain.split('-'))
  return {
    nodes: [...new Set(chains.flat())].map((value) => node(value)),
    edges: chains.flatMap((chain) => chain.slice(1).map((to, i) => edge(chain[i]!, to))),
    members: [],
  }
}

/** A tag as a run gave it. */
function given(run: string, tag: string, at: number): GraphNode['tags'] {
  return { [tag]: { value: run, at } }
}

async function every<T>(read: (after: { after?: string }) => Promise<GraphPage<T>>): Promise<T[]> {
  const items: T[] = []
  let after: string | undefined
  do {
    const page = await read(after === undefined ? {} : { after })
    items.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return items
}

function id(value: string): string {
  return entityId('domain', value)
}

function values(nodes: { value: string }[]): string[] {
  return nodes.map(({ value }) => value).sort()
}

/** Everything a workspace's graph says, in one comparable piece. */
async function stateOf(graph: Graph, workspace: string, run?: string): Promise<unknown> {
  const scope = run === undefined ? {} : { run }
  const nodes = await every((after) => graph.list(workspace, { ...scope, limit: 4, ...after }))
  const edges = await every((after) => graph.edges(workspace, { ...scope, limit: 4, ...after }))
  const keys = await every((after) => graph.keys(workspace, { ...scope, group: 'g', limit: 2, ...after }))
  return {
    nodes: nodes.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    edges: edges.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    keys: keys.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    counts: await graph.counts(workspace, scope),
  }
}

/** What every graph store must do. */
export function graphConformance(name: string, open: OpenPort<Graph>, unreachable?: string): void {
  suite(`graph: ${name}`, unreachable, () => {
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
  })
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
