import { expect, test } from 'vitest'
import { ask, askJson } from '../testing/ask.ts'
import { hostSearch, scannedPages } from '../world/passive.ts'
import { issuancesOf } from '../world/transparency.ts'
import { makeWorld } from '../world/world.ts'
import { certspotter } from './certspotter.ts'
import { crtsh } from './crtsh.ts'
import { hackertarget } from './hackertarget.ts'
import { urlscan } from './urlscan.ts'

const world = makeWorld({ seed: 7, size: 'demo' })
const large = makeWorld({ seed: 7, size: '10k' })

test('crt.sh: rows with the fields it documents, names one a line', async () => {
  const { rows } = await crtshRows('northwind.example')
  const row = rows.find(({ common_name }) => common_name === 'app.northwind.example')!
  expect(Object.keys(row).sort()).toEqual([
    'common_name',
    'entry_timestamp',
    'id',
    'issuer_ca_id',
    'issuer_name',
    'name_value',
    'not_after',
    'not_before',
    'result_count',
    'serial_number',
  ])
  expect(row).toMatchObject({
    issuer_name: 'O=Lab Trust, CN=Lab Trust CA 1',
    not_before: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
    serial_number: expect.stringMatching(/^[\da-f]{32}$/),
  })
  expect(String(row['name_value']).split('\n')).toEqual([
    '*.eu.preview.northwind.example',
    '*.preview.northwind.example',
    'api.northwind.example',
    'app.northwind.example',
    'login.northwind.example',
  ])
})

test('crt.sh: a pattern lists what matches it, and mailboxes only where they do', async () => {
  const names = async (query: string) =>
    (await crtshRows(query)).rows.flatMap((row) => String(row['name_value']).split('\n'))
  expect(await names('northwind.example')).toContain('it-desk@northwind.example')
  const below = await names('%.northwind.example')
  expect(below).not.toContain('it-desk@northwind.example')
  expect(below.every((name) => name.endsWith('.northwind.example'))).toBe(true)
  expect(await names('nobody.example')).toEqual([])
})

test('crt.sh: serial numbers are those of the certificates', async () => {
  const first = [...issuancesOf(large, 'northwind.example', 'crtsh', 5_000_000_000)][0]!
  expect(first.serial()).toBe(first.certificate().serial)
})

test('crt.sh: a program without a name is turned away', async () => {
  expect(
    (await ask(crtsh, 'https://crt.sh/?q=northwind.example&output=json', world, { 'user-agent': undefined })).status,
  ).toBe(403)
})

test('Cert Spotter: an issuance has its documented fields, expanded ones on request', async () => {
  const url = 'https://api.certspotter.com/v1/issuances?domain=northwind.example&include_subdomains=true'
  const [plain] = (await askJson(certspotter, url, world)) as Record<string, unknown>[]
  expect(Object.keys(plain!)).toEqual([
    'id',
    'tbs_sha256',
    'cert_sha256',
    'pubkey_sha256',
    'not_before',
    'not_after',
    'revoked',
  ])
  const [full] = (await askJson(certspotter, `${url}&expand=dns_names&expand=issuer`, world)) as Record<
    string,
    unknown
  >[]
  expect(full).toMatchObject({
    id: expect.stringMatching(/^\d+$/),
    cert_sha256: world.certificates.logged[0]!.fingerprint,
    dns_names: world.certificates.logged[0]!.names,
    issuer: { friendly_name: 'Lab Trust', name: expect.any(String), caa_domains: ['lab-trust.example'] },
    not_before: '2025-02-01T00:00:00Z',
  })
})

test('Cert Spotter: pages follow each other by id until one is empty, and hold everything once', async () => {
  const ids: string[] = []
  for (let after = ''; ; after = `&after=${ids.at(-1)}`) {
    const url = `https://api.certspotter.com/v1/issuances?domain=northwind.example&include_subdomains=true${after}`
    const page = (await askJson(certspotter, url, large)) as { id: string }[]
    if (page.length === 0) break
    ids.push(...page.map(({ id }) => id))
  }
  expect(ids).toEqual([...issuancesOf(large, 'northwind.example', 'certspotter')].map(({ id }) => String(id)))
})

test('Cert Spotter: without subdomains only what names the domain itself', async () => {
  const url = 'https://api.certspotter.com/v1/issuances?domain=northwind.example&expand=dns_names'
  const page = (await askJson(certspotter, url, world)) as { dns_names: string[] }[]
  expect(page.length).toBeGreaterThan(0)
  expect(page.every(({ dns_names: names }) => names.includes('northwind.example'))).toBe(true)
})

test('Cert Spotter: refusals carry a code and a message', async () => {
  const reply = await ask(certspotter, 'https://api.certspotter.com/v1/issuances?domain=example', world)
  expect([reply.status, JSON.parse(reply.body)]).toEqual([400, { code: 'invalid_domain', message: expect.any(String) }])
})

test('HackerTarget: lines of name and address, sentences for everything else', async () => {
  const search = async (query: string) =>
    (await ask(hackertarget, `https://api.hackertarget.com/hostsearch/?q=${query}`, world)).body
  expect(await search('northwind.example')).toBe(
    [...hostSearch(world, 'northwind.example')].map(({ name, address }) => `${name},${address}`).join('\n'),
  )
  expect(await search('nobody.example')).toBe('No DNS A records found')
  expect(await search('no%20name')).toBe('error check your search parameter')
})

test('urlscan: results with page, task and sort; the next page begins after the last sort', async () => {
  const all = scannedPages(world, 'northwind.example')
  expect(all.length).toBeGreaterThan(3)
  const seen: string[] = []
  let after = ''
  for (;;) {
    const url = `https://urlscan.io/api/v1/search/?q=page.domain:northwind.example&size=2${after}`
    const {
      results,
      total,
      has_more: more,
    } = (await askJson(urlscan, url, world)) as {
      results: { page: Record<string, string>; task: Record<string, string>; sort: [number, string] }[]
      total: number
      has_more: boolean
    }
    expect(total).toBe(all.length)
    expect(results[0]).toMatchObject({
      page: {
        domain: expect.any(String),
        ip: expect.any(String),
        url: expect.any(String),
        status: '200',
        asn: expect.stringMatching(/^AS\d+$/),
      },
      task: { visibility: 'public', time: expect.stringMatching(/Z$/) },
    })
    seen.push(...results.map(({ page }) => page['url']!))
    if (!more) break
    after = `&search_after=${results.at(-1)!.sort.join(',')}`
  }
  expect(seen).toEqual(all.map(({ url }) => url))
})

test('urlscan: a query that it does not take is a 400', async () => {
  expect((await ask(urlscan, 'https://urlscan.io/api/v1/search/?q=', world)).status).toBe(400)
})

async function crtshRows(query: string): Promise<{ rows: Record<string, unknown>[] }> {
  const url = `https://crt.sh/?q=${encodeURIComponent(query)}&output=json`
  return { rows: (await askJson(crtsh, url, world)) as Record<string, unknown>[] }
}
