import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, type Server, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HttpRequest } from '@mirage/model/exchange.ts'
import { openDnsEngine } from './dns/engine.ts'
import { type FixtureServer, startFixtureServer } from './dns/testing/fixture-server.ts'
import type { Session } from './session.ts'
import { fixture } from './testing/lab.ts'
import { get, testNetwork, testScope, testSession, testTask } from './testing/session.ts'
import { never, outcomeOf } from './testing/world.ts'

/** The address that a seed names: what stands for the public Internet here. */
const open = '127.0.0.2'

/**
 * A name server that answers with an open address first and with this machine's afterwards, whatever the name, and holds
 * nothing for longer than the answer. `both-…` has both at once, `alias-…` is an alias of localhost from the second on.
 */
function rebinding(): Promise<FixtureServer> {
  const asked = new Map<string, number>()
  return startFixtureServer(({ name, type }) => {
    if (!name.endsWith('northwind.example') || type !== 'A') return { rcode: name.endsWith('.example') ? 0 : 3 }
    const before = asked.get(name) ?? 0
    asked.set(name, before + 1)
    const record = (data: string) => ({ type: 'A' as const, name, ttl: 0, data })
    if (name.startsWith('both-')) return { answers: [record('127.0.0.1'), record(open)] }
    if (name.startsWith('never-')) return { answers: [record('127.0.0.1')] }
    if (before === 0) return { answers: [record(open)] }
    if (!name.startsWith('alias-')) return { answers: [record('127.0.0.1')] }
    const data = 'localhost'
    return {
      answers: [
        { type: 'CNAME', name, ttl: 0, data },
        { ...record('127.0.0.1'), name: data },
      ],
    }
  })
}

/** The same port on the open address, where somebody answers, and on this machine's, where nobody may come. */
async function pair(make: () => Server): Promise<{ port: number; arrived(): number; close(): void }> {
  let arrived = 0
  const inside = createServer((socket) => {
    arrived++
    socket.destroy()
  })
  for (;;) {
    const outside = make()
    await new Promise<void>((resolve) => outside.listen(0, open, resolve))
    const { port } = outside.address() as AddressInfo
    const isFree = await new Promise<boolean>((resolve) => {
      inside.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    const close = (): void => void [outside, inside].map((server) => server.close())
    if (isFree) return { port, arrived: () => arrived, close }
    outside.close()
  }
}

describe('a name that points elsewhere when it is asked again', () => {
  const engine = openDnsEngine()
  let server: FixtureServer
  let session: Session
  let http: Awaited<ReturnType<typeof pair>>
  let https: Awaited<ReturnType<typeof pair>>
  let count = 0

  beforeAll(async () => {
    server = await rebinding()
    http = await pair(() =>
      createHttpServer((request, response) => {
        const to = new URL(request.url!, 'http://x').searchParams.get('to')
        if (to !== null) response.setHeader('location', to)
        response.writeHead(to === null ? 200 : 302).end('outside')
      }),
    )
    const pem = { key: fixture('valid.key'), cert: fixture('valid.pem') }
    https = await pair(() => createHttpsServer(pem, (_request, response) => response.end('outside')))
    session = testSession(testNetwork({ engine, allowPrivate: true }), {
      scope: testScope(['northwind.example', open]),
      resolvers: [`127.0.0.1:${server.port}`],
    })
  })
  afterAll(async () => {
    await session[Symbol.asyncDispose]()
    await engine[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
    http.close()
    https.close()
  })

  const name = (kind = 'a'): string => `${kind}-${++count}.northwind.example`
  const request = (url: string, options: Partial<HttpRequest> = {}) =>
    testTask(session).request(get(url, options), never)
  const arrived = (): number => http.arrived() + https.arrived()

  test.each(['http', 'https'])('is asked again for every request of %s, and not connected to', async (scheme) => {
    const { port } = scheme === 'http' ? http : https
    for (const kind of ['a', 'alias']) {
      const url = `${scheme}://${name(kind)}:${port}/`
      const task = testTask(session)
      const first = await task.request(get(url, { anyCertificate: true }), never)
      expect([first.status, first.address, Buffer.from(first.body).toString()]).toEqual([200, open, 'outside'])
      const second = task.request(get(`${url}again`, { anyCertificate: true }), never)
      expect(await outcomeOf(second)).toMatch(/^out-of-scope (own|special)-address$/)
    }
    expect(arrived()).toBe(0)
  })

  test('is asked once for a request: what is connected to is what was checked', async () => {
    const host = name()
    expect((await request(`http://${host}:${http.port}/`)).address).toBe(open)
    expect(server.asked.filter((asked) => asked.name === host && asked.type === 'A')).toHaveLength(1)
  })

  test('is not followed to by a redirect, whoever sends it and however often', async () => {
    const moved = name()
    await request(`http://${moved}:${http.port}/`)
    for (const to of [
      `http://${moved}:${http.port}/`,
      `http://${name('never')}:${http.port}/`,
      `https://${name('never')}:${https.port}/`,
    ]) {
      const answer = await request(`http://${name()}:${http.port}/?to=${encodeURIComponent(to)}`)
      expect([answer.status, answer.address]).toEqual([302, open])
    }
    const itself = name()
    const answer = await request(
      `http://${itself}:${http.port}/?to=${encodeURIComponent(`http://${itself}:${http.port}/`)}`,
    )
    expect([answer.status, answer.url]).toEqual([302, expect.stringContaining(itself)])
    expect(arrived()).toBe(0)
  })

  test('with both addresses at once is reached by the open one alone', async () => {
    for (let i = 0; i < 4; i++) expect((await request(`http://${name('both')}:${http.port}/`)).address).toBe(open)
    expect(arrived()).toBe(0)
  })

  test('is not reached by an address that was its own before', async () => {
    const host = name('never')
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
      expect(await outcomeOf(request(`http://${host}:${http.port}/`, { address }))).toMatch(/^out-of-scope /)
    expect(arrived()).toBe(0)
  })

  test('is not looked into by TLS or scanned either', async () => {
    const host = name()
    const task = testTask(session)
    expect((await task.tls.peer(host, https.port))?.address).toBe(open)
    expect(await outcomeOf(task.tls.peer(host, https.port))).toMatch(/^out-of-scope (own|special)-address$/)
    const scan = Array.fromAsync(task.tcp.scan('127.0.0.1', [http.port], { onBehalfOf: host }))
    expect(await outcomeOf(scan)).toMatch(/^out-of-scope /)
    expect(arrived()).toBe(0)
  })

  test('the trap is one: who comes is counted', async () => {
    await using given = testSession(testNetwork({ engine, allowPrivate: true }), {
      scope: testScope(['northwind.example', '127.0.0.0/8']),
      resolvers: [`127.0.0.1:${server.port}`],
    })
    const coming = testTask(given).request(get(`http://${name('never')}:${http.port}/`), never)
    expect(await outcomeOf(coming)).toBe('unreachable connection')
    expect(arrived()).toBeGreaterThan(0)
  })
})
