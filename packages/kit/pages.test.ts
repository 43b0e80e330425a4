import { expect, it } from 'vitest'
import { itemsOf, pagesOf } from './pages.ts'

/** Three pages, the second of them empty. */
const pages: Record<string, { items: number[]; next?: string }> = {
  '': { items: [1, 2], next: 'b' },
  b: { items: [], next: 'c' },
  c: { items: [3] },
}

it('reads every page from where the one before ended, and none after the last', async () => {
  const asked: unknown[] = []
  const read = async (place: { after?: string }) => {
    asked.push(place)
    return pages[place.after ?? '']!
  }
  expect(await Array.fromAsync(pagesOf(read))).toEqual(Object.values(pages))
  expect(asked).toEqual([{}, { after: 'b' }, { after: 'c' }])
  expect(await Array.fromAsync(itemsOf(read))).toEqual([1, 2, 3])
})

it('reads no further than it is asked to', async () => {
  let asked = 0
  for await (const item of itemsOf(async () => ({ items: [++asked], next: 'more' }))) if (item === 3) break
  expect(asked).toBe(3)
})
