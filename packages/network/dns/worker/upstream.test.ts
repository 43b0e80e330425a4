import { describe, expect, it } from 'vitest'
import { startFixtureServer } from '../testing/fixture-server.ts'
import { all, numbered, ok, testLanes } from '../testing/lanes.ts'

const openLane = testLanes()

describe('a lane whose resolvers fail', () => {
  it('asks again what was lost', async () => {
    const seen = new Set<string>()
    await using server = await startFixtureServer(({ name }) => {
      if (seen.has(name)) return ok(name)
      seen.add(name)
      return undefined
    })
    await using dns = openLane([server])
    expect((await all(dns, numbered(50))).every((answer) => answer.status === 'NOERROR')).toBe(true)
    expect(server.asked).toHaveLength(100)
  })

  it('asks another resolver after a failure, and reports the failure when all fail', async () => {
    await using bad = await startFixtureServer(() => ({ rcode: 2 }))
    await using good = await startFixtureServer(({ name }) => (name.startsWith('x') ? { rcode: 5 } : ok(name)))
    await using dns = openLane([bad, good])
    const answers = await all(dns, numbered(40))
    expect(answers.every((answer) => answer.status === 'NOERROR' && answer.server.endsWith(`:${good.port}`))).toBe(true)
    expect(['SERVFAIL', 'REFUSED']).toContain((await dns.ask({ name: 'x.example', type: 'A' })).status)
    expect(bad.asked.filter((item) => item.name === 'x.example')).toHaveLength(1)
  })

  it('repeats over TCP what was cut', async () => {
    const parts = Array.from({ length: 20 }, (_, i) => Buffer.alloc(200, 97 + i))
    await using server = await startFixtureServer(({ name, tcp }) =>
      tcp ? { answers: [{ type: 'TXT', name, ttl: 60, data: parts }] } : { flags: 0x280 },
    )
    await using dns = openLane([server])
    const answer = await dns.ask({ name: 'big.example', type: 'TXT' })
    expect(answer.records[0]?.data).toBe(Buffer.concat(parts).toString())
    expect(server.asked.map((item) => item.tcp)).toEqual([false, true])
  })

  it('repeats without EDNS for a server that does not know it', async () => {
    await using server = await startFixtureServer(({ name, edns }) => (edns ? { rcode: 1 } : ok(name)))
    await using dns = openLane([server])
    for (const name of ['a.example', 'b.example', 'c.example'])
      expect((await dns.ask({ name, type: 'A' })).status).toBe('NOERROR')
    expect(server.asked.map((item) => item.edns)).toEqual([true, false, false, false])
  })

  it('stops mixing case for a server that never repeats it', async () => {
    await using server = await startFixtureServer(({ name }) => ({
      ...ok(name),
      change: (response) => {
        for (let i = 12; i < 12 + name.length + 2; i++)
          if (response[i]! >= 65 && response[i]! <= 90) response[i] = response[i]! + 32
        return response
      },
    }))
    await using dns = openLane([server])
    for (let i = 0; i < 30; i++)
      expect((await dns.ask({ name: `a-long-name-with-letters-${i}.example.com`, type: 'A' })).status).toBe('NOERROR')
    const tcp = server.asked.filter((item) => item.tcp).length
    expect(tcp).toBe(3)
  })

  it('is not held up by a slow resolver', async () => {
    await using slow = await startFixtureServer(({ name }) => ({ ...ok(name), delayMs: 120 }))
    await using fast = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([slow, fast], { timeoutMs: 1_000 })
    await all(dns, numbered(2_000))
    expect(fast.asked.length).toBeGreaterThan(slow.asked.length)
  })

  it('sets a resolver aside that does not answer', async () => {
    await using dead = await startFixtureServer(() => undefined)
    await using alive = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([dead, alive])
    const answers = await all(dns, numbered(3_000))
    expect(answers.every((answer) => answer.status === 'NOERROR')).toBe(true)
    const [state] = (await dns.stats()).resolvers
    expect(state).toMatchObject({ state: 'aside', reason: 'does not answer' })
    expect(dead.asked.length).toBeLessThan(500)
  })

  it('sets a resolver aside that refuses everything', async () => {
    await using refusing = await startFixtureServer(() => ({ rcode: 5 }))
    await using alive = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([refusing, alive], { timeoutMs: 1_000 })
    const answers = await all(dns, numbered(300))
    expect(answers.every((answer) => answer.status === 'NOERROR')).toBe(true)
    expect((await dns.stats()).resolvers[0]).toMatchObject({ state: 'aside', reason: 'refuses' })
  })

  it('goes on at once when a resolver is not there at all', async () => {
    const gone = await startFixtureServer(() => undefined)
    await gone[Symbol.asyncDispose]()
    await using alive = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([gone, alive], { timeoutMs: 20_000 })
    const answers = await all(dns, numbered(100))
    expect(answers.every((answer) => answer.status === 'NOERROR')).toBe(true)
  })
})
