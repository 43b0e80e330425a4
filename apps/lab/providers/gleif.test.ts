import { expect, test } from 'vitest'
import { ask, askJson } from '../testing/ask.ts'
import { companiesOf } from '../world/company.ts'
import { makeWorld } from '../world/world.ts'
import { gleif } from './gleif.ts'

const world = makeWorld({ seed: 7, size: 'demo' })
const [company, child] = companiesOf(world.people)
const record = (lei: string): string => `https://api.gleif.org/api/v1/lei-records/${lei}`

test('GLEIF: a record, its parent and its children, by pages', async () => {
  expect(await askJson(gleif, record(company!.lei!), world)).toMatchObject({
    data: { id: company!.lei, attributes: { entity: { legalName: { name: 'Northwind Trading Ltd' } } } },
  })
  expect(await askJson(gleif, `${record(child!.lei!)}/direct-parent`, world)).toMatchObject({
    data: { id: company!.lei },
  })
  const first = (await askJson(gleif, `${record(company!.lei!)}/direct-children?page[size]=1`, world)) as {
    links: { next: string }
    data: { id: string }[]
  }
  expect(first.data.map(({ id }) => id)).toEqual([child!.lei])
  const second = (await askJson(gleif, first.links.next, world)) as typeof first
  expect(second.data.length).toBe(1)
  expect(second.links.next).toBeUndefined()
})

test('GLEIF: 404 for what is not issued, no parent and no children', async () => {
  for (const url of [
    record('00000000000000000000'),
    `${record(company!.lei!)}/direct-parent`,
    `${record(child!.lei!)}/direct-children`,
  ]) {
    const { status, body } = await ask(gleif, url, world)
    expect({ status, body: JSON.parse(body) as unknown }).toMatchObject({
      status: 404,
      body: { errors: [{ status: '404' }] },
    })
  }
})
