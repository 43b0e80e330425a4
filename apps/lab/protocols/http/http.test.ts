import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { labTruth } from '../../lab.ts'
import { data, openAskedLab, type Reply, resolver } from '../../testing/asked-lab.ts'

const asked = await openAskedLab()
const { ask, dial, get, lab } = asked

afterEach(() => asked.lab.failures.clear())
afterAll(() => asked[Symbol.asyncDispose]())

describe('HTTP', () => {
  test('answers every page that the truth has', async () => {
    for await (const line of labTruth({ size: 'demo', seed: 7 })) {
      if (
        line.kind !== 'entity' ||
        line.type !== 'url' ||
        !line.by.includes('crawler') ||
        !line.value.startsWith('https://www.northwind.example/')
      )
        continue
      const { pathname, search } = new URL(line.value)
      const missing = ['/internal/', '/drafts/2025', '/contact/send'].includes(pathname)
      const { status } = await get('www.northwind.example', pathname + search)
      expect({ url: line.value, status }).toEqual({ url: line.value, status: missing ? 404 : 200 })
    }
  })

  test('shows title, generator, links and headers', async () => {
    const page = await get('portal.northwind.example', '/')
    expect(page.headers).toMatchObject({ server: 'Apache/2.4.57 (Debian)', 'x-powered-by': 'PHP/8.1.2' })
    expect(page.body).toContain('<title>Customer portal</title>')
    expect(page.body).toContain('<meta name="generator" content="WordPress 6.4.2">')
    expect((await get('www.northwind.example', '/robots.txt')).body).toContain('Disallow: /internal/')
    expect((await get('git.northwind.example', '/')).headers['set-cookie']).toEqual([
      expect.stringContaining('i_like_gitea='),
    ])
  })

  test('redirects to HTTPS, to itself, to others and to where nobody should go', async () => {
    const to = async (host: string, path: string, plain = false): Promise<unknown> =>
      (await get(host, path, { plain })).headers['location']
    expect(await to('www.northwind.example', '/about', true)).toBe('https://www.northwind.example/about')
    expect(await to('northwind.example', '/')).toBe('https://www.northwind.example/')
    expect(await to('login.northwind.example', '/reset?from=portal')).toBe('http://169.254.169.254/latest/meta-data/')
    expect(await to('hostile.test', '/loop?n=5')).toBe('/loop?n=6')
  })

  test('an API of a provider answers under its own name', async () => {
    const [ftp] = lab.world.addressesOf('ftp.northwind.example')
    const [address] = data(await ask(resolver, 'internetdb.shodan.io', 'A')) as string[]
    const reply = await get('internetdb.shodan.io', `/${ftp}`, { address: address! })
    expect(JSON.parse(reply.body)).toMatchObject({ ip: ftp, ports: [21, 22], hostnames: ['ftp.northwind.example'] })
    expect((await get('internetdb.shodan.io', '/198.18.77.77', { address: address! })).status).toBe(404)
  })

  test('fails on demand: a status, a sentence, a cut, a silence', async () => {
    const [address] = data(await ask(resolver, 'internetdb.shodan.io', 'A')) as string[]
    const once = async (): Promise<Reply> => get('internetdb.shodan.io', '/198.18.8.1', { address: address! })
    lab.failures.set('internetdb', { status: 429, headers: { 'retry-after': '7' }, times: 1 })
    expect(await once()).toMatchObject({ status: 429, headers: { 'retry-after': '7' } })
    lab.failures.set('internetdb.shodan.io', { body: 'API count exceeded', times: 1 })
    expect(await once()).toMatchObject({ status: 200, body: 'API count exceeded' })
    lab.failures.set('internetdb', { truncateAt: 5, times: 1 })
    expect((await once()).body).toBe('{"det<cut>')
    lab.failures.set('internetdb', { down: true })
    expect(await dial(address!, 443)).toBe(5)
  })

  test('hostile pages are as bad as they say', async () => {
    expect((await get('hostile.test', '/deep.json')).body.length).toBe(400_000)
    expect((await get('hostile.test', '/short')).body).toBe('<p>cut<cut>')
    expect((await get('hostile.test', '/not-gzip')).headers['content-encoding']).toBe('gzip')
  })
})
