import { expect, test } from 'vitest'
import { ask, askJson } from '../testing/ask.ts'
import { makeWorld } from '../world/world.ts'
import { azureTenant } from './azure-tenant.ts'
import { hibp } from './hibp.ts'

const world = makeWorld({ seed: 7, size: 'demo' })
const api = 'https://haveibeenpwned.com/api/v3'
const key = { 'hibp-api-key': 'any' }

test('Have I Been Pwned lists the breaches of a site to everybody, and those of an address to who has a key', async () => {
  expect(await askJson(hibp, `${api}/breaches?Domain=northwind.example`, world)).toMatchObject([
    { Name: 'NorthwindPortal', Title: 'Northwind Portal', PwnCount: 48_120, DataClasses: expect.any(Array) },
  ])
  expect(await askJson(hibp, `${api}/breaches?Domain=fjordbank.example`, world)).toEqual([])
  const account = `${api}/breachedaccount/info%40northwind.example`
  expect((await ask(hibp, account, world)).status).toBe(401)
  expect(await askJson(hibp, account, world, key)).toEqual([{ Name: 'NorthwindPortal' }])
  expect(await askJson(hibp, `${account}?truncateResponse=false`, world, key)).toMatchObject([
    { Title: 'Northwind Portal', BreachDate: '2021-06-14' },
  ])
  expect((await ask(hibp, `${api}/breachedaccount/nobody%40northwind.example`, world, key)).status).toBe(404)
  expect(await askJson(hibp, `${api}/pasteaccount/info%40northwind.example`, world, key)).toMatchObject([
    { Source: 'Pastie', Id: '7152479' },
    { Source: 'AdHocUrl', Date: null },
  ])
  expect((await ask(hibp, `${api}/breaches`, world, { 'user-agent': undefined })).status).toBe(403)
})

test('Microsoft Entra names one tenant for the domains of a company, and none for others', async () => {
  const at = (domain: string): string =>
    `https://login.microsoftonline.com/${domain}/v2.0/.well-known/openid-configuration`
  const one = (await askJson(azureTenant, at('northwind.example'), world)) as { token_endpoint: string }
  const other = (await askJson(azureTenant, at('northwind-labs.example'), world)) as { token_endpoint: string }
  expect(one.token_endpoint).toMatch(/^https:\/\/login\.microsoftonline\.com\/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\//)
  expect(other.token_endpoint).toBe(one.token_endpoint)
  const { status, body } = await ask(azureTenant, at('n0rthwind.example'), world)
  expect({ status, body: JSON.parse(body) as unknown }).toMatchObject({
    status: 400,
    body: { error: 'invalid_tenant' },
  })
})
