import { expect, test } from 'vitest'
import { ask, askJson } from '../testing/ask.ts'
import { accountSites } from '../world/account.ts'
import { makeWorld } from '../world/world.ts'
import { github } from './github.ts'
import { hunter } from './hunter.ts'
import { internetdb } from './internetdb.ts'
import { shodan } from './shodan.ts'
import { usernameSites } from './username-sites.ts'

const world = makeWorld({ seed: 7, size: 'demo' })
const files = world.machines.get('ftp1')!.addresses[0]!
const api = 'https://api.github.com'

test('GitHub: an organisation with its repositories and members', async () => {
  expect(await askJson(github, `${api}/users/Northwind-Dev`, world)).toMatchObject({
    login: 'northwind-dev',
    type: 'Organization',
    name: 'Northwind Trading',
    blog: 'https://www.northwind.example/',
    email: 'opensource@northwind.example',
    public_repos: 3,
    created_at: expect.stringMatching(/Z$/),
  })
  const repositories = (await askJson(
    github,
    `${api}/users/northwind-dev/repos?type=owner&per_page=100`,
    world,
  )) as object[]
  expect(repositories).toMatchObject([
    { full_name: 'northwind-dev/storefront', fork: false, language: 'TypeScript', private: false },
    { full_name: 'northwind-dev/parcel-tracker', fork: false },
    { full_name: 'northwind-dev/left-pad', fork: true },
  ])
  const members = (await askJson(github, `${api}/orgs/northwind-dev/public_members`, world)) as {
    login: string
    type: string
  }[]
  expect(members.map(({ type }) => type)).toEqual(['User', 'User'])
  for (const { login } of members)
    expect(await askJson(github, `${api}/users/${login}`, world)).toMatchObject({ login, type: 'User' })
})

test('GitHub: lists go on by a Link header', async () => {
  const first = await ask(github, `${api}/users/northwind-dev/repos?per_page=2`, world)
  expect(JSON.parse(first.body)).toHaveLength(2)
  const next = /<(.+)>; rel="next"/.exec(first.headers['link']!)![1]!
  const second = await ask(github, next, world)
  expect(JSON.parse(second.body)).toHaveLength(1)
  expect(second.headers['link']).toBeUndefined()
})

test('GitHub: what is not there is a 404 with a message, a program without a name a 403', async () => {
  for (const path of ['/users/nobody-at-all', '/orgs/nobody-at-all/public_members', '/repos/northwind-dev/none']) {
    const reply = await ask(github, api + path, world)
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([404, { message: 'Not Found' }])
  }
  expect((await ask(github, `${api}/users/northwind-dev`, world, { 'user-agent': undefined })).status).toBe(403)
})

test.each(world.accounts.map(({ site, username }) => [site, username]))(
  'sites: on %s %s has a profile, and another name has none',
  async (id, username) => {
    const { host, profile } = accountSites.find((site) => site.id === id)!
    const isProfile = async (name: string) => {
      const { status, body } = await ask(usernameSites, `https://${host}${profile.replace('{}', name)}`, world)
      return status === 200 && body !== '[]' && !body.includes('No such user.')
    }
    expect([await isProfile(username), await isProfile('zq0control0name')]).toEqual([true, false])
  },
)

test('sites: some answer 200 for everybody, or ask whether somebody is human', async () => {
  const status = async (url: string) => (await ask(usernameSites, url, world)).status
  expect(await status('https://about.me/northwind-dev')).toBe(200)
  expect(await status('https://about.me/zq0control0name')).toBe(200)
  expect((await ask(usernameSites, 'https://t.me/northwind-dev', world)).body).not.toContain('tgme_page_title')
  expect(await ask(usernameSites, 'https://medium.com/@northwind-dev', world)).toMatchObject({
    status: 403,
    headers: { 'cf-mitigated': 'challenge' },
  })
})

test('Shodan: a host with its banners, 404 for an unknown one, 401 without a key', async () => {
  const host = (await askJson(shodan, `https://api.shodan.io/shodan/host/${files}?key=k`, world)) as {
    ports: number[]
    data: { port: number }[]
  }
  expect(host).toMatchObject({
    ip_str: files,
    asn: 'AS64500',
    org: 'Northwind Trading Ltd',
    ports: expect.arrayContaining([22]),
    vulns: expect.arrayContaining(['CVE-2018-15473']),
  })
  expect(host.data.map(({ port }) => port)).toEqual(host.ports)
  expect(host.data.find(({ port }) => port === 22)).toMatchObject({
    transport: 'tcp',
    product: 'OpenSSH',
    version: '7.4',
    cpe23: ['cpe:2.3:a:openbsd:openssh:7.4'],
    timestamp: expect.any(String),
    data: expect.stringMatching(/^SSH-2\.0-/),
  })
  const unknown = await ask(shodan, 'https://api.shodan.io/shodan/host/192.0.2.1?key=k', world)
  expect([unknown.status, JSON.parse(unknown.body)]).toEqual([404, { error: 'No information available for that IP.' }])
  expect((await ask(shodan, `https://api.shodan.io/shodan/host/${files}`, world)).status).toBe(401)
})

test('InternetDB: the documented fields, 404 and 422 with a detail', async () => {
  const host = (await askJson(internetdb, `https://internetdb.shodan.io/${files}`, world)) as Record<string, unknown>
  expect(Object.keys(host)).toEqual(['cpes', 'hostnames', 'ip', 'ports', 'tags', 'vulns'])
  expect(host['cpes']).toContain('cpe:/a:openbsd:openssh:7.4')
  const unknown = await ask(internetdb, 'https://internetdb.shodan.io/192.0.2.1', world)
  expect([unknown.status, JSON.parse(unknown.body)]).toEqual([404, { detail: 'No information available' }])
  expect((await ask(internetdb, 'https://internetdb.shodan.io/none', world)).status).toBe(422)
})

test('Hunter: addresses with their sources, by offset and limit', async () => {
  const search = 'https://api.hunter.io/v2/domain-search?domain=northwind.example'
  const page = async (query: string) =>
    (await askJson(hunter, search + query, world, { 'x-api-key': 'k' })) as {
      data: { emails: Record<string, unknown>[] }
      meta: object
    }
  const all = await page('&limit=10')
  expect(all.meta).toMatchObject({ results: all.data.emails.length, limit: 10, offset: 0 })
  expect(all.data.emails[0]).toMatchObject({
    type: 'personal',
    confidence: expect.any(Number),
    first_name: expect.any(String),
    position: expect.any(String),
    sources: [{ domain: 'www.northwind.example', uri: 'https://www.northwind.example/team', still_on_page: true }],
  })
  const [head, tail] = [await page('&limit=5'), await page('&limit=5&offset=5')]
  expect([...head.data.emails, ...tail.data.emails]).toEqual(all.data.emails)
})

test('Hunter: takes a key in three places and refuses none', async () => {
  const url = 'https://api.hunter.io/v2/domain-search?domain=northwind.example'
  expect((await ask(hunter, `${url}&api_key=k`, world)).status).toBe(200)
  expect((await ask(hunter, url, world, { authorization: 'Bearer k' })).status).toBe(200)
  const refused = await ask(hunter, url, world)
  expect([refused.status, JSON.parse(refused.body)]).toEqual([
    401,
    { errors: [{ id: 'authentication_failed', code: 401, details: 'No user found for the API key supplied' }] },
  ])
})
