import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { controlLab } from './lab.ts'
import { data, openAskedLab, resolver } from './testing/asked-lab.ts'

const asked = await openAskedLab()
const { ask, get, lab, log } = asked

afterEach(() => asked.lab.failures.clear())
afterAll(() => asked[Symbol.asyncDispose]())

describe('the traffic log', () => {
  test('tells us from the resolver, and whose machine was reached', async () => {
    lab.log.clear()
    await ask(resolver, 'docs.northwind.example', 'A')
    await get('shop.northwind.example', '/')
    const entries = await log()
    const lines = entries.map(({ by, protocol, host, role, detail }) => `${by} ${protocol} ${host} ${role} ${detail}`)
    const [address] = lab.world.addressesOf('shop.northwind.example')
    expect(lines).toEqual([
      'client dns resolver1.root-servers.test infrastructure A docs.northwind.example',
      'resolver dns ns1.northwind.example target A docs.northwind.example',
      `client tcp shops.myshopify.com infrastructure ${address}:443`,
      'client https shop.northwind.example target GET /',
    ])
    expect(entries[0]?.from).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(entries[1]?.from).toBe(resolver)
  })

  test('keeps no key that a provider was sent', async () => {
    for (const [host, path] of [
      ['api.shodan.io', '/shodan/host/198.18.8.226?minify=true&key=Real-0123456789'],
      ['api.hunter.io', '/v2/domain-search?api_key=Real-0123456789&domain=northwind.example'],
    ] as const) {
      const [address] = data(await ask(resolver, host, 'A')) as string[]
      await get(host, path, { address: address! })
    }
    const details = (await log()).filter(({ role }) => role === 'provider').map(({ detail }) => detail)
    expect(details).toContain('GET /shodan/host/198.18.8.226?minify=true&key=[key]')
    expect(details).toContain('GET /v2/domain-search?api_key=[key]&domain=northwind.example')
  })
})

describe('the control port', () => {
  test('takes the lab away and brings it back on the same ports', async () => {
    const [host, port] = lab.description.dialMap.tcp.socks.split(':')
    await controlLab(lab.description, 'POST', '/away')
    const socket = connect({ host: host!, port: Number(port) })
    await expect(once(socket, 'connect')).rejects.toThrow('ECONNREFUSED')
    await controlLab(lab.description, 'POST', '/back')
    expect((await ask(resolver, 'northwind.example', 'A')).rcode).toBe('NOERROR')
    expect((await get('www.northwind.example', '/')).status).toBe(200)
  })

  test('sets failures, and says what is wrong with one', async () => {
    expect(await controlLab(lab.description, 'PUT', '/failures/crtsh', { status: 503 })).toEqual({
      crtsh: { status: 503 },
    })
    expect(await controlLab(lab.description, 'DELETE', '/failures/crtsh')).toEqual({})
    await expect(controlLab(lab.description, 'PUT', '/failures/crtsh', { state: 503 })).rejects.toThrow('not a failure')
    const stranger = { ...lab.description, control: { ...lab.description.control, token: 'guess' } }
    await expect(controlLab(stranger, 'GET', '/failures')).rejects.toThrow('token')
  })
})
