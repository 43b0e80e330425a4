import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { DnsLane } from './lane.ts'
import { unpackAnswers } from './packing.ts'
import { a, type FixtureServer, soa, startFixtureServer } from './testing/fixture-server.ts'
import { all, numbered, ok, testLanes } from './testing/lanes.ts'

const openLane = testLanes()

/** Pauses the lane, and fails when its server is asked anything while it is paused. */
async function expectSilence(dns: DnsLane, server: FixtureServer): Promise<void> {
  dns.pause()
  await dns.stats()
  await delay(20)
  const before = server.asked.length
  await delay(250)
  expect(server.asked.length).toBe(before)
}

describe('a lane', () => {
  it('answers each question once, in any order, and says who answered', async () => {
    await using server = await startFixtureServer(({ name }) =>
      name.startsWith('n1') ? { rcode: 3, authorities: [soa('example.com')] } : ok(name),
    )
    await using dns = openLane([server])
    const answers = await all(dns, numbered(2_000))
    expect(new Set(answers.map((answer) => answer.name)).size).toBe(2_000)
    expect(answers).toHaveLength(2_000)
    expect(answers.every((answer) => answer.server === `127.0.0.1:${server.port}`)).toBe(true)
    expect(answers.filter((answer) => answer.status === 'NXDOMAIN')).toHaveLength(1_111)
    expect(await dns.ask({ name: 'WWW.Example.com.', type: 'A' })).toEqual({
      name: 'www.example.com',
      type: 'A',
      status: 'NOERROR',
      records: [{ name: 'www.example.com', type: 'A', ttl: 60, data: '192.0.2.1' }],
      server: `127.0.0.1:${server.port}`,
      ttl: 60,
    })
  })

  it('answers FORMERR to what is no name, without a packet', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([server])
    const answers = await all(dns, [
      { name: 'a..b', type: 'A' },
      { name: 'good.example', type: 'A' },
    ])
    expect(answers.map(({ name, status }) => [name, status])).toEqual([
      ['a..b', 'FORMERR'],
      ['good.example', 'NOERROR'],
    ])
    expect(server.asked).toHaveLength(1)
  })

  it('says TIMEOUT after the last attempt', async () => {
    await using server = await startFixtureServer(() => undefined)
    await using dns = openLane([server], { timeoutMs: 30, attempts: 3 })
    expect(await dns.ask({ name: 'a.example', type: 'MX' })).toEqual({
      name: 'a.example',
      type: 'MX',
      status: 'TIMEOUT',
      records: [],
      server: '',
    })
    expect(server.asked).toHaveLength(3)
  })

  it('asks resolvers not to tell name servers where we are', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([server])
    await dns.ask({ name: 'a.example', type: 'A' })
    expect(server.asked[0]!.raw.subarray(-8).toString('hex')).toBe('0008000400010000')
  })

  it('asks a resolver by its number when told to', async () => {
    await using one = await startFixtureServer(({ name }) => ok(name))
    await using two = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([one, two])
    for (let i = 0; i < 10; i++) await dns.ask({ name: `n${i}.example`, type: 'A', via: 1 })
    expect([one.asked.length, two.asked.length]).toEqual([0, 10])
  })

  it('gives blocks that can be kept and read again', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([server])
    let count = 0
    for await (const chunk of dns.resolveChunks(numbered(700))) {
      const kept = Buffer.from(chunk.bytes)
      expect(unpackAnswers(kept, chunk.servers)).toEqual(chunk.answers())
      count += chunk.count
    }
    expect(count).toBe(700)
  })

  it('keeps answers by their time to live, and asks once what is asked twice', async () => {
    await using server = await startFixtureServer(({ name }) => {
      if (name === 'no.example') return { rcode: 3, authorities: [soa('example', 60)] }
      if (name === 'brief.example') return { answers: [a(name, '192.0.2.1', 0)] }
      return { ...ok(name), delayMs: 20 }
    })
    await using dns = openLane([server])
    await all(dns, [
      { name: 'a.example', type: 'A' },
      { name: 'A.example.', type: 'A' },
    ])
    await dns.ask({ name: 'a.example', type: 'A' })
    for (const name of ['no.example', 'no.example', 'brief.example', 'brief.example'])
      await dns.ask({ name, type: 'A' })
    expect(server.asked.map((item) => item.name)).toEqual(['a.example', 'no.example', 'brief.example', 'brief.example'])
    const stats = await dns.stats()
    expect(stats).toMatchObject({ asked: 7, answered: 7, fromCache: 2 })
  })

  it('keeps no more answers than it may', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([server], { cacheBytes: 20_000 })
    await all(dns, numbered(500))
    const { cacheBytes } = await dns.stats()
    expect(cacheBytes).toBeGreaterThan(9_000)
    expect(cacheBytes).toBeLessThanOrEqual(20_000)
  })

  it('ends everything under way when it is closed', async () => {
    await using server = await startFixtureServer(() => undefined)
    const dns = openLane([server], { timeoutMs: 10_000 })
    const asked = dns.ask({ name: 'a.example', type: 'A' })
    await Promise.all([expect(asked).rejects.toThrow('closed'), dns[Symbol.asyncDispose]()])
    await expect(dns.ask({ name: 'a.example', type: 'A' })).rejects.toThrow('closed')
    const stopped = AbortSignal.abort(new Error('paused'))
    await expect(dns.ask({ name: 'a.example', type: 'A' }, stopped)).rejects.toThrow('paused')
  })

  it('keeps to its rate', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([server], { queriesPerSecond: 200, perResolverPerSecond: 1_000 })
    await all(dns, numbered(60))
    const first = server.asked[0]!.at
    // A tenth of a second's worth at once, then 200 a second; a busy machine only makes it slower.
    expect(server.asked.filter((item) => item.at - first < 100).length).toBeLessThanOrEqual(45)
  })

  it('sends nothing while paused, retries included, and goes on', async () => {
    const quiet = { on: true }
    await using server = await startFixtureServer(({ name }) => (quiet.on ? undefined : ok(name)))
    await using dns = openLane([server], { timeoutMs: 60, attempts: 20 })
    const done = all(dns, numbered(30))
    while (server.asked.length < 30) await delay(5)
    await expectSilence(dns, server)
    quiet.on = false
    dns.resume()
    expect((await done).every((answer) => answer.status === 'NOERROR')).toBe(true)
  })

  it('gives its connections up while paused and asks again afterwards', async () => {
    const quiet = { on: true }
    await using server = await startFixtureServer(({ name, tcp }) => {
      if (!tcp) return { flags: 0x280 }
      return quiet.on ? undefined : ok(name)
    })
    await using dns = openLane([server], { timeoutMs: 60, attempts: 50 })
    const done = dns.ask({ name: 'a.example', type: 'A' })
    while (!server.asked.some((item) => item.tcp)) await delay(5)
    await expectSilence(dns, server)
    quiet.on = false
    dns.resume()
    expect((await done).status).toBe('NOERROR')
  })
})
