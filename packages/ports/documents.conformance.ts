import { pagesOf } from '@mirage/kit/pages.ts'
import { contentId } from '@mirage/model/id.ts'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { type OpenPort, suite, withPort } from './conformance.ts'
import type { Collection, CollectionSpec, Documents, Scan, Stamped } from './documents.ts'

interface Thing {
  id: string
  type: string
  first: number
  last: number
  tags: string[]
  attributes: Record<string, Stamped>
  parent?: string
  open?: boolean
}

const spec: CollectionSpec<Thing> = {
  name: 'some-things',
  indexes: { type: ['type'], seen: ['type', 'last'], parent: ['parent'], open: ['open'] },
  merge: { first: 'min', last: 'max', tags: 'union', attributes: 'stamped' },
}

function thing(number: number, more: Partial<Thing> = {}): Thing {
  return {
    id: contentId(`thing ${number}`),
    type: number % 2 ? 'odd' : 'even',
    first: number,
    last: number,
    tags: [],
    attributes: {},
    ...more,
  }
}

/** Every document of a collection, by pages of `limit`. */
async function all<T extends { id: string }>(
  collection: Collection<T>,
  workspace: string,
  scan: Omit<Scan<T>, 'limit' | 'after'> = {},
  limit = 7,
): Promise<T[]> {
  const found: T[] = []
  for await (const { items } of pagesOf((place) => collection.scan(workspace, { ...scan, ...place, limit }))) {
    expect(items.length).toBeLessThanOrEqual(limit)
    found.push(...items)
  }
  return found
}

function byId<T extends { id: string }>(items: T[]): T[] {
  return items.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** Ids that meet: hashes, texts, and a text in the form of a hash that is none. */
const ids = [contentId('one'), contentId('two'), 'plain', '__proto__', 'a'.repeat(25) + 'b', 'ü\u{1f600}']

const things: fc.Arbitrary<Thing> = fc.record({
  id: fc.constantFrom(...ids),
  type: fc.constant('same'),
  first: fc.nat(5),
  last: fc.nat(5),
  tags: fc.array(fc.constantFrom('a', 'b', 'c', '"'), { maxLength: 4 }),
  attributes: fc.dictionary(
    fc.constantFrom('x', 'y', '__proto__', 'toString'),
    fc.record({
      value: fc.oneof(fc.nat(3), fc.constantFrom('p', 'q', null), fc.array(fc.nat(2), { maxLength: 2 })),
      at: fc.nat(2),
    }),
  ),
})

/** What every document store must do. */
export function documentsConformance(name: string, open: OpenPort<Documents>, unreachable?: string): void {
  suite(`documents: ${name}`, unreachable, () => {
    it('answers undefined for what is not there', () =>
      withPort(open, async (documents) => {
        const things = await documents.collection(spec)
        expect(await things.get('w', contentId('nothing'))).toBeUndefined()
        expect(await things.getMany('w', [])).toEqual([])
        expect(await things.scan('w', { limit: 5 })).toEqual({ items: [] })
        expect(await things.count('w', {})).toBe(0)
        expect(await things.delete('w', ['x'])).toBe(0)
      }))

    it('gives documents back as they were put, in the order asked', () =>
      withPort(open, async (documents) => {
        const things = await documents.collection(spec)
        const odd = ids.map((id) => thing(1, { id, attributes: { __proto__: { value: '\0 ü \u{1f600}', at: 1 } } }))
        await things.put('w', odd)
        expect(await things.getMany('w', [...ids.toReversed(), 'none'])).toEqual([...odd.toReversed(), undefined])
        await things.put('w', [thing(2), { ...thing(2), last: 9 }])
        expect(await things.get('w', thing(2).id)).toEqual({ ...thing(2), last: 9 })
      }))

    it('inserts what is absent, once', () =>
      withPort(open, async (documents) => {
        const things = await documents.collection(spec)
        expect(await things.insertIfAbsent('w', [thing(1), thing(2), thing(1, { last: 7 })])).toEqual([
          true,
          true,
          false,
        ])
        const won = await Promise.all(
          Array.from({ length: 20 }, (_, i) => things.insertIfAbsent('w', [thing(3, { last: i })])),
        )
        expect(won.flat().filter(Boolean)).toHaveLength(1)
        expect((await things.get('w', thing(3).id))?.last).toBe(won.findIndex(([inserted]) => inserted))
      }))

    it('says what a merge did', () =>
      withPort(open, async (documents) => {
        const things = await documents.collection(spec)
        expect(await things.merge('w', [thing(1), thing(1, { last: 5 }), thing(2)])).toEqual([
          'inserted',
          'same',
          'inserted',
        ])
        expect(await things.merge('w', [thing(1), thing(2, { tags: ['b', 'a'] })])).toEqual(['same', 'changed'])
        expect(await things.get('w', thing(1).id)).toEqual(thing(1, { last: 5 }))
        expect((await things.get('w', thing(2).id))?.tags.toSorted()).toEqual(['a', 'b'])
      }))

    it('merges to the same state in whatever order, however often, however split', () =>
      withPort(open, async (documents) => {
        const things_ = await documents.collection(spec)
        let run = 0
        await fc.assert(
          fc.asyncProperty(fc.array(things, { maxLength: 12 }), fc.nat(12), async (batch, cut) => {
            const orders = [
              [batch],
              [batch, batch],
              [batch.toReversed()],
              [batch.slice(cut), batch.slice(0, cut), batch],
              batch.map((one) => [one]),
            ]
            const states = []
            for (const order of orders) {
              const workspace = `run ${run++ % 6}`
              for (const piece of order) await things_.merge(workspace, piece)
              states.push(byId(await all(things_, workspace)))
              await documents.erase(workspace)
            }
            for (const state of states.slice(1)) expect(state).toEqual(states[0])
            expect(new Set(states[0]!.map(({ id }) => id))).toEqual(new Set(batch.map(({ id }) => id)))
          }),
          { numRuns: 15 },
        )
      }))

    it('merges concurrent batches without losing any', () =>
      withPort(open, async (documents) => {
        const things = await documents.collection(spec)
        await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            things.merge('w', [thing(1, { last: i, tags: [`tag ${i}`] }), thing(100 + i)]),
          ),
        )
        expect((await things.get('w', thing(1).id))?.tags).toHaveLength(20)
        expect((await things.get('w', thing(1).id))?.last).toBe(19)
        expect(await things.count('w', {})).toBe(21)
      }))

    it('takes more than a transaction at a time', () =>
      withPort(open, async (documents) => {
        const things = await documents.collection(spec)
        const many = Array.from({ length: 2_300 }, (_, i) => thing(i))
        const merged = await things.merge('w', many)
        expect(merged.filter((outcome) => outcome === 'inserted')).toHaveLength(2_300)
        expect(await things.count('w', {})).toBe(2_300)
        expect(byId(await all(things, 'w', {}, 500))).toEqual(byId(many))
        expect(
          await things.delete(
            'w',
            many.map(({ id }) => id),
          ),
        ).toBe(2_300)
        expect(await things.count('w', {})).toBe(0)
      }))

    it('pages by an index, in its order, and counts', () =>
      withPort(open, async (documents) => {
        const things = await documents.collection(spec)
        await things.put(
          'w',
          Array.from({ length: 40 }, (_, i) => thing(i, { last: (i * 7) % 10 })),
        )
        const odd = await all(things, 'w', { index: 'seen', equals: { type: 'odd' } }, 3)
        expect(odd).toHaveLength(20)
        expect(odd.map(({ last }) => last)).toEqual(odd.map(({ last }) => last).toSorted((a, b) => a - b))
        expect(await things.count('w', { index: 'seen', equals: { type: 'odd', last: 7 } })).toBe(4)
        expect(await things.count('w', { index: 'type', equals: { type: 'none' } })).toBe(0)
        expect(await all(things, 'w', { index: 'seen' })).toHaveLength(40)
      }))

    it('indexes ids, truth, and nothing where a field is absent', () =>
      withPort(open, async (documents) => {
        const things = await documents.collection(spec)
        const parent = contentId('parent')
        await things.put('w', [
          thing(1, { parent, open: true }),
          thing(2, { parent, open: false }),
          thing(3, { parent: 'a text' }),
          thing(4),
        ])
        expect(
          new Set((await all(things, 'w', { index: 'parent', equals: { parent } })).map(({ open }) => open)),
        ).toEqual(new Set([false, true]))
        expect(await things.count('w', { index: 'parent', equals: { parent: 'a text' } })).toBe(1)
        expect(await things.count('w', { index: 'parent', equals: { parent: contentId('other') } })).toBe(0)
        expect(await all(things, 'w', { index: 'parent' }, 2)).toHaveLength(3)
        expect(await things.count('w', { index: 'open', equals: { open: false } })).toBe(1)
        await things.put('w', [thing(1)])
        expect(await things.count('w', { index: 'parent', equals: { parent } })).toBe(1)
        await things.delete('w', [thing(2).id])
        expect(await things.count('w', { index: 'parent', equals: { parent } })).toBe(0)
      }))

    it('pages neither repeat nor leave out what was there, whatever is written meanwhile', () =>
      withPort(open, async (documents) => {
        const things = await documents.collection(spec)
        for (const scan of [{}, { index: 'seen', equals: { type: 'even' } }]) {
          await things.put(
            'w',
            Array.from({ length: 60 }, (_, i) => thing(i * 2)),
          )
          const seen: string[] = []
          let round = 0
          for await (const { items } of pagesOf((place) => things.scan('w', { ...scan, ...place, limit: 9 }))) {
            seen.push(...items.map(({ id }) => id))
            await things.put('w', [thing(1_000 + round * 2), thing(-1_000 - round * 2)])
            await things.delete('w', [seen.at(-1)!])
            round++
          }
          expect(new Set(seen).size).toBe(seen.length)
          for (let i = 0; i < 60; i++) expect(seen).toContain(thing(i * 2).id)
          await documents.erase('w')
        }
      }))

    it('names what is wrong with a question', () =>
      withPort(open, async (documents) => {
        const things = await documents.collection(spec)
        await things.put('w', [thing(1)])
        await expect(things.scan('w', { index: 'nothing', limit: 1 })).rejects.toThrow('no index “nothing”')
        await expect(things.scan('w', { index: 'seen', equals: { last: 1 }, limit: 1 })).rejects.toThrow(
          'not a leading field',
        )
        await expect(things.scan('w', { limit: 1, after: 'nonsense' })).rejects.toMatchObject({
          code: 'request.cursor_invalid',
        })
      }))

    it('keeps collections and workspaces apart, and erases one workspace', () =>
      withPort(open, async (documents) => {
        const things = await documents.collection(spec)
        const others = await documents.collection<Thing>({ name: 'others', indexes: {} })
        const names = ['one', 'ONE', 'two/../one', 'ü "x" .', 'w1_c']
        expect(await documents.workspaces()).toEqual([])
        for (const [i, name] of names.entries()) await things.put(name, [thing(i)])
        await others.put('one', [thing(77)])
        for (const [i, name] of names.entries()) expect(await all(things, name)).toEqual([thing(i)])
        expect((await documents.workspaces()).toSorted()).toEqual(names.toSorted())
        await documents.erase('one')
        expect((await documents.workspaces()).toSorted()).toEqual(names.slice(1).toSorted())
        expect(await things.count('one', {})).toBe(0)
        expect(await others.count('one', {})).toBe(0)
        for (const name of names.slice(1)) expect(await all(things, name)).toEqual([thing(names.indexOf(name))])
        await things.put('one', [thing(5)])
        expect(await all(things, 'one')).toEqual([thing(5)])
      }))

    it('keeps what it has, and builds an index that is new', () =>
      withPort(open, async (documents, opened) => {
        const plain = await documents.collection<Thing>({ name: spec.name, indexes: { type: ['type'] } })
        await plain.put(
          'w',
          Array.from({ length: 30 }, (_, i) => thing(i, { parent: contentId(`parent ${i % 3}`) })),
        )
        if (!documents.can.durable) return
        const again = await (await opened.reopen!()).collection(spec)
        expect(await again.count('w', { index: 'parent', equals: { parent: contentId('parent 1') } })).toBe(10)
        expect(await all(again, 'w', { index: 'seen', equals: { type: 'odd' } })).toHaveLength(15)
        expect(await again.merge('w', [thing(1, { last: 50 }), thing(31)])).toEqual(['changed', 'inserted'])
      }))

    it('refuses after it was closed', () =>
      withPort(open, async (documents) => {
        const things = await documents.collection(spec)
        const writing = things.put('w', [thing(1)])
        await documents[Symbol.asyncDispose]()
        await writing
        await expect(things.put('w', [thing(2)])).rejects.toMatchObject({ code: 'store.closed' })
      }))
  })
}
