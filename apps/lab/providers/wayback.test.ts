import { expect, test } from 'vitest'
import { ask, askJson } from '../testing/ask.ts'
import { makeWorld } from '../world/world.ts'
import { wayback } from './wayback.ts'

const world = makeWorld({ seed: 7, size: 'demo' })
const query = 'https://web.archive.org/cdx/search/cdx?matchType=domain&output=json&fl=original,statuscode&url='

test('the Wayback Machine: a row a page, and a key for the rest', async () => {
  const all = (await askJson(wayback, `${query}northwind.example`, world)) as string[][]
  expect(all[0]).toEqual(['original', 'statuscode'])
  expect(all).toContainEqual(['https://campaign2019.northwind.example/', '200'])
  const pages: string[][] = []
  let key = ''
  for (;;) {
    const next = key === '' ? '' : `&resumeKey=${key}`
    const rows = (await askJson(
      wayback,
      `${query}northwind.example&limit=3&showResumeKey=true${next}`,
      world,
    )) as string[][]
    const end = rows.findIndex((row) => row.length === 0)
    pages.push(...rows.slice(1, end < 0 ? undefined : end))
    if (end < 0) break
    key = rows[end + 1]![0]!
  }
  expect(pages).toEqual(all.slice(1))
})

test('the Wayback Machine: nothing known is an empty list, a question it does not read is refused', async () => {
  expect(await askJson(wayback, `${query}fjordbank.example`, world)).toEqual([])
  expect((await ask(wayback, 'https://web.archive.org/cdx/search/cdx?output=json', world)).status).toBe(400)
})
