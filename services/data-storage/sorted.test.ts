import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { contentId } from '@mirage/model/id.ts'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { sorted } from './sorted.ts'

async function* from(ids: string[]): AsyncIterable<string> {
  yield* ids
}

const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => /^mirage_[a-z2-7]{12}$/.test(name))

it('answers each id once, in order and in pages, however few fit in memory', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(200), { maxLength: 400 }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 50 }),
      async (numbers, inMemory, pageSize) => {
        const ids = numbers.map((number) => contentId(`id ${number}`))
        const pages = await Array.fromAsync(sorted(from(ids), { pageSize, inMemory }))
        expect(pages.flat()).toEqual([...new Set(ids)].sort())
        expect(pages.slice(0, -1).every((page) => page.length === pageSize)).toBe(true)
      },
    ),
  )
  expect(leftovers()).toEqual([])
})

it('reads pieces that are longer than what is read of them at once', async () => {
  const ids = Array.from({ length: 12_345 }, (_, i) => contentId(`id ${i}`))
  const pages = await Array.fromAsync(sorted(from(ids), { pageSize: 1000, inMemory: 5000 }))
  expect(pages.flat()).toEqual(ids.toSorted())
})

it('leaves nothing behind when nobody reads on', async () => {
  for await (const page of sorted(from(['a', 'b', 'c'].map(contentId)), { pageSize: 1, inMemory: 1 })) {
    expect(page).toHaveLength(1)
    break
  }
  expect(leftovers()).toEqual([])
})
