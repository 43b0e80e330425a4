import { pagesOf } from '@mirage/kit/pages.ts'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { eventually, type OpenPort, suite, withPort } from './conformance.ts'
import type { Search, SearchQuery, SearchRecord } from './search.ts'

function record(number: number, more: Partial<SearchRecord> = {}): SearchRecord {
  return {
    id: `record ${number}`,
    text: `Host-${number}.Example.com`,
    facets: { type: [number % 2 ? 'odd' : 'even'], tags: number % 5 ? [] : ['five', 'prod'] },
    numbers: { seen: number, size: (number * 7) % 10 },
    ...more,
  }
}

/** Records 0 to `count` less one. */
function records(count: number): SearchRecord[] {
  return Array.from({ length: count }, (_, number) => record(number))
}

async function settled(search: Search, workspace: string): Promise<void> {
  await eventually('the text has caught up', async () => (await search.delay(workspace)).records === 0)
}

/** Puts so many records into the workspace `w`; afterwards their text can be found. */
async function fill(search: Search, count: number): Promise<void> {
  await search.index('w', records(count))
  await settled(search, 'w')
}

async function all(search: Search, workspace: string, query: Partial<SearchQuery>, limit = 7): Promise<string[]> {
  const found: string[] = []
  for await (const { ids } of pagesOf((place) => search.search(workspace, { ...query, ...place, limit }))) {
    expect(ids.length).toBeLessThanOrEqual(limit)
    found.push(...ids)
  }
  return found
}

function numbers(ids: string[]): number[] {
  return ids.map((id) => Number(id.slice(7)))
}

/** What every search must do. */
export function searchConformance(name: string, open: OpenPort<Search>, unreachable?: string): void {
  suite(`search: ${name}`, unreachable, () => {
    it('finds nothing where nothing is', () =>
      withPort(open, async (search) => {
        expect(await search.search('w', { limit: 5, count: ['type'] })).toEqual({
          ids: [],
          total: 0,
          totalIsLowerBound: false,
          counts: { type: {} },
        })
        expect(await search.delay('w')).toEqual({ records: 0, ageMs: 0 })
        await search.remove('w', ['nothing'])
      }))

    it('finds phrases inside words, whatever their case', () =>
      withPort(open, async (search) => {
        await search.index('w', [
          record(1),
          record(12),
          record(2, { text: 'MÜLLER & Söhne “quoted" a*b' }),
          record(3, { text: 'abcxbcd' }),
          record(4, { text: 'x' }),
          record(5, { text: '' }),
          record(6, { text: 'zero\0byte \u{1f600}\u{1f600}\u{1f601}' }),
        ])
        await settled(search, 'w')
        const found = async (...phrases: string[]) => numbers(await all(search, 'w', { phrases }))
        expect(await found('HOST-1')).toEqual([1, 12])
        expect(await found('st-12.ex')).toEqual([12])
        expect(await found('host', 'xample')).toEqual([1, 12])
        expect(await found('müller')).toEqual([2])
        expect(await found('"')).toEqual([])
        expect(await found('ted" a*b')).toEqual([2])
        // All its trigrams are there, the phrase is not.
        expect(await found('abcd')).toEqual([])
        expect(await found('\u{1f600}\u{1f600}\u{1f601}')).toEqual([6])
        expect(await found('o\0b')).toEqual([6])
        expect(await found('nothing of it')).toEqual([])
      }))

    it('matches one or two characters at the beginning only', () =>
      withPort(open, async (search) => {
        await search.index('w', [
          record(1),
          record(2, { text: 'other' }),
          record(3, { text: 'HO' }),
          record(4, { text: 'h' }),
        ])
        await settled(search, 'w')
        expect(numbers(await all(search, 'w', { phrases: ['ho'] }))).toEqual([1, 3])
        expect(numbers(await all(search, 'w', { phrases: ['H'] }))).toEqual([1, 3, 4])
        expect(numbers(await all(search, 'w', { notPhrases: ['h'] }))).toEqual([2])
        expect(await all(search, 'w', { phrases: ['q'] })).toEqual([])
      }))

    it('filters by facets and numbers', () =>
      withPort(open, async (search) => {
        await fill(search, 60)
        const count = async (query: Partial<SearchQuery>) => (await all(search, 'w', query)).length
        expect(await count({ facets: { type: ['odd'] } })).toBe(30)
        expect(await count({ facets: { type: ['odd', 'even'] } })).toBe(60)
        expect(await count({ facets: { type: ['odd'], tags: ['prod'] } })).toBe(6)
        expect(await count({ facets: { type: ['none'] } })).toBe(0)
        expect(await count({ notFacets: { tags: ['five', 'none'] } })).toBe(48)
        expect(await count({ ranges: { seen: { from: 10, to: 20 } } })).toBe(11)
        expect(await count({ ranges: { seen: { from: 50 } }, facets: { type: ['even'] } })).toBe(5)
        expect(await count({ ranges: { absent: { from: 0 } } })).toBe(0)
        expect(await count({ phrases: ['host-1'], notPhrases: ['-15.'], facets: { type: ['odd'] } })).toBe(5)
      }))

    it('filters by ids', () =>
      withPort(open, async (search) => {
        await fill(search, 30)
        const found = async (query: Partial<SearchQuery>) => numbers(await all(search, 'w', query))
        expect(await found({ ids: ['record 3', 'nothing', 'record 8'] })).toEqual([3, 8])
        expect(await found({ ids: ['record 3', 'record 8'], facets: { type: ['odd'] } })).toEqual([3])
        expect(await found({ ids: ['nothing'] })).toEqual([])
        expect(await found({ notIds: ['record 3', 'nothing'], facets: { tags: ['five'] } })).toEqual([
          0, 5, 10, 15, 20, 25,
        ])
        expect(await found({ notIds: ['record 5'], phrases: ['host-5', 'example'] })).toEqual([])
        expect((await search.search('w', { limit: 1, ids: ['record 3', 'record 8'], count: ['type'] })).counts).toEqual(
          {
            type: { odd: 1, even: 1 },
          },
        )
      }))

    it('agrees with reading every record', () =>
      withPort(open, async (search) => {
        const texts = fc
          .array(fc.constantFrom('a', 'b', 'C', 'ab', 'é', ' '), { maxLength: 8 })
          .map((parts) => parts.join(''))
        const rows = fc.array(fc.record({ text: texts, tag: fc.constantFrom('x', 'y', 'z') }), {
          minLength: 1,
          maxLength: 15,
        })
        let run = 0
        await fc.assert(
          fc.asyncProperty(rows, texts, fc.constantFrom('x', 'y'), async (rows, phrase, tag) => {
            const workspace = `run ${run++ % 4}`
            await search.index(
              workspace,
              rows.map(({ text, tag }, i) => ({ id: `${i}`, text, facets: { tag: [tag] }, numbers: {} })),
            )
            await settled(search, workspace)
            const wanted = phrase.toLowerCase()
            const matches = (text: string) =>
              Array.from(wanted).length < 3
                ? text.toLowerCase().startsWith(wanted)
                : text.toLowerCase().includes(wanted)
            const expected = rows.flatMap(({ text, tag: own }, i) => (own === tag && matches(text) ? [`${i}`] : []))
            expect((await all(search, workspace, { phrases: [phrase], facets: { tag: [tag] } })).sort()).toEqual(
              expected.sort(),
            )
            await search.erase(workspace)
          }),
          { numRuns: 10 },
        )
      }))

    it('sorts and pages by a number, both ways', () =>
      withPort(open, async (search) => {
        await fill(search, 40)
        for (const descending of [false, true]) {
          for (const query of [{}, { facets: { type: ['odd'] } }, { phrases: ['example'] }]) {
            const ids = numbers(await all(search, 'w', { ...query, sort: { by: 'size', descending } }))
            const sizes = ids.map((number) => (number * 7) % 10)
            expect(sizes).toEqual(sizes.toSorted((a, b) => (descending ? b - a : a - b)))
            expect(new Set(ids).size).toBe('facets' in query ? 20 : 40)
          }
        }
      }))

    it('totals and counts facets', () =>
      withPort(open, async (search) => {
        await fill(search, 20)
        const everything = await search.search('w', { limit: 1, count: ['type', 'tags', 'absent'] })
        expect(everything.total).toBe(20)
        expect(everything.counts).toEqual({ type: { odd: 10, even: 10 }, tags: { five: 4, prod: 4 }, absent: {} })
        const some = await search.search('w', { limit: 0, phrases: ['host-1'], count: ['type'] })
        expect(some).toMatchObject({ ids: [], total: 11, counts: { type: { odd: 6, even: 5 } } })
      }))

    it('replaces and removes', () =>
      withPort(open, async (search) => {
        await search.index('w', [record(1), record(2), record(3)])
        await settled(search, 'w')
        await search.index('w', [
          record(1, { text: 'renamed', facets: { type: ['new'] }, numbers: { seen: 99 } }),
          record(1, { text: 'renamed twice', facets: { type: ['new'] }, numbers: { seen: 99 } }),
        ])
        await search.remove('w', [record(2).id, 'nothing'])
        await settled(search, 'w')
        expect(numbers(await all(search, 'w', { phrases: ['host'] }))).toEqual([3])
        expect(numbers(await all(search, 'w', { phrases: ['renamed twice'], facets: { type: ['new'] } }))).toEqual([1])
        expect(numbers(await all(search, 'w', { sort: { by: 'seen', descending: true } }))).toEqual([1, 3])
        expect((await search.search('w', { limit: 1, count: ['type'] })).counts).toEqual({ type: { odd: 1, new: 1 } })
        await search.index('w', [record(2)])
        await settled(search, 'w')
        expect(new Set(numbers(await all(search, 'w', { phrases: ['host'] })))).toEqual(new Set([2, 3]))
      }))

    it('pages neither repeat nor leave out what was there, whatever is written meanwhile', () =>
      withPort(open, async (search) => {
        await fill(search, 50)
        for (const query of [
          { phrases: ['host'] },
          { facets: { type: ['odd', 'even'] } },
          { sort: { by: 'seen', descending: true } },
        ]) {
          const seen: string[] = []
          let next = 1_000
          for await (const { ids } of pagesOf((place) => search.search('w', { ...query, ...place, limit: 8 }))) {
            seen.push(...ids)
            await search.index('w', [record(next++)])
          }
          expect(new Set(seen).size).toBe(seen.length)
          for (let i = 0; i < 50; i++) expect(seen).toContain(`record ${i}`)
        }
      }))

    it('keeps workspaces apart, and erases one', () =>
      withPort(open, async (search) => {
        await search.index('one', [record(1)])
        await search.index('two', [record(2)])
        await settled(search, 'one')
        await settled(search, 'two')
        expect(numbers(await all(search, 'two', { phrases: ['host'] }))).toEqual([2])
        await search.erase('one')
        expect(await all(search, 'one', {})).toEqual([])
        expect(numbers(await all(search, 'two', {}))).toEqual([2])
      }))

    it('says how far the text is behind, and catches up after it was closed', () =>
      withPort(open, async (search, opened, clock) => {
        await search.index('w', records(30))
        await clock.advance(700)
        const delay = await search.delay('w')
        expect([0, 700]).toContain(delay.ageMs)
        const again = opened.reopen ? await opened.reopen() : search
        await settled(again, 'w')
        expect(await all(again, 'w', { phrases: ['example'] })).toHaveLength(30)
      }))
  })
}
