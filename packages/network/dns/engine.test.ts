import { createSocket } from 'node:dgram'
import type { DnsAnswer, DnsQuestion } from '@mirage/model/exchange.ts'
import { afterAll, describe, expect, it } from 'vitest'
import { openDnsEngine } from './engine.ts'
import { a, respond, soa, startFixtureServer } from './testing/fixture-server.ts'
import type { FixtureServer, Said } from './testing/fixture-server.ts'
import type { LaneOptions } from './lane-options.ts'
import type { DnsLane } from './lane.ts'
import { unpackAnswers } from './packing.ts'

const engine = openDnsEngine()
afterAll(() => engine[Symbol.asyncDispose]())

function lane(servers: FixtureServer[], options: Partial<LaneOptions> = {}): DnsLane {
  return engine.lane({
    resolvers: servers.map(({ address, port }) => ({ address, port })),
    timeoutMs: 150,
    probes: false,
    ...options,
  })
}

function ok(name: string): Said {
  return { answers: [a(name, '192.0.2.1')] }
}

async function all(lane: DnsLane, questions: DnsQuestion[]): Promise<DnsAnswer[]> {
  const answers: DnsAnswer[] = []
  for await (const answer of lane.resolve(questions)) answers.push(answer)
  return answers.toSorted((one, other) => one.name.localeCompare(other.name))
}

function* numbered(count: number): Generator<DnsQuestion> {
  for (let i = 0; i < count; i++) yield { name: `n${i}.example.com`, type: 'A' }
}

describe('a lane', () => {
  it('answers each question once, in any order, and says who answered', async () => {
    await using server = await startFixtureServer(({ name }) =>
      name.startsWith('n1') ? { rcode: 3, authorities: [soa('example.com')] } : ok(name),
    )
    await using dns = lane([server])
    const answers = await all(dns, [...numbered(2_000)])
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
    await using dns = lane([server])
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

  it('asks again what was lost', async () => {
    const seen = new Set<string>()
    await using server = await startFixtureServer(({ name }) => {
      if (seen.has(name)) return ok(name)
      seen.add(name)
      return undefined
    })
    await using dns = lane([server])
    expect((await all(dns, [...numbered(50)])).every((answer) => answer.status === 'NOERROR')).toBe(true)
    expect(server.asked).toHaveLength(100)
  })

  it('says TIMEOUT after the last attempt', async () => {
    await using server = await startFixtureServer(() => undefined)
    await using dns = lane([server], { timeoutMs: 30, attempts: 3 })
    expect(await dns.ask({ name: 'a.example', type: 'MX' })).toEqual({
      name: 'a.example',
      type: 'MX',
      status: 'TIMEOUT',
      records: [],
      server: '',
    })
    expect(server.asked).toHaveLength(3)
  })

  it('ignores answers with a wrong id, another question or another case, and takes the right one', async () => {
    await using server = await startFixtureServer(({ name, query, raw, tcp }) => {
      const right = respond(query, raw, ok(name))
      if (tcp) return { raw: [right] }
      const wrongId = respond(query, raw, { answers: [a(name, '203.0.113.1')] })
      wrongId.writeUInt16BE((wrongId.readUInt16BE(0) + 1) & 65_535, 0)
      const otherName = respond(query, raw, { answers: [a(name, '203.0.113.2')] })
      otherName[13] = 0x7a
      return { raw: [wrongId, otherName, Buffer.from('junk'), right] }
    })
    await using dns = lane([server], { zeroX20: false })
    const answers = await all(dns, [...numbered(20)])
    expect(answers.map((answer) => answer.records[0]?.data)).toEqual(Array.from({ length: 20 }, () => '192.0.2.1'))
    expect((await dns.stats()).resolvers[0]!.strays).toBe(60)
  })

  it('believes nothing over UDP that repeats the name in another case', async () => {
    await using server = await startFixtureServer(({ name, tcp }) => ({
      ...(tcp ? ok(name) : { answers: [a(name, '203.0.113.1')] }),
      // The name without its case, as a forger who has not seen the query would send it.
      change: (response) => {
        if (tcp) return response
        response[13] = response[13]! ^ 0x20
        return response
      },
    }))
    await using dns = lane([server])
    expect((await dns.ask({ name: 'www.example.com', type: 'A' })).records[0]?.data).toBe('192.0.2.1')
    expect(server.asked.map((item) => item.tcp)).toEqual([false, true])
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
    await using dns = lane([server])
    for (let i = 0; i < 30; i++)
      expect((await dns.ask({ name: `a-long-name-with-letters-${i}.example.com`, type: 'A' })).status).toBe('NOERROR')
    const tcp = server.asked.filter((item) => item.tcp).length
    expect(tcp).toBe(3)
  })

  it('repeats over TCP what was cut', async () => {
    const parts = Array.from({ length: 20 }, (_, i) => Buffer.alloc(200, 97 + i))
    await using server = await startFixtureServer(({ name, tcp }) =>
      tcp ? { answers: [{ type: 'TXT', name, ttl: 60, data: parts }] } : { flags: 0x280 },
    )
    await using dns = lane([server])
    const answer = await dns.ask({ name: 'big.example', type: 'TXT' })
    expect(answer.records[0]?.data).toBe(Buffer.concat(parts).toString())
    expect(server.asked.map((item) => item.tcp)).toEqual([false, true])
  })

  it('asks another resolver after a failure, and reports the failure when all fail', async () => {
    await using bad = await startFixtureServer(() => ({ rcode: 2 }))
    await using good = await startFixtureServer(({ name }) => (name.startsWith('x') ? { rcode: 5 } : ok(name)))
    await using dns = lane([bad, good])
    const answers = await all(dns, [...numbered(40)])
    expect(answers.every((answer) => answer.status === 'NOERROR' && answer.server.endsWith(`:${good.port}`))).toBe(true)
    expect(['SERVFAIL', 'REFUSED']).toContain((await dns.ask({ name: 'x.example', type: 'A' })).status)
    expect(bad.asked.filter((item) => item.name === 'x.example')).toHaveLength(1)
  })

  it('repeats without EDNS for a server that does not know it', async () => {
    await using server = await startFixtureServer(({ name, edns }) => (edns ? { rcode: 1 } : ok(name)))
    await using dns = lane([server])
    for (const name of ['a.example', 'b.example', 'c.example'])
      expect((await dns.ask({ name, type: 'A' })).status).toBe('NOERROR')
    expect(server.asked.map((item) => item.edns)).toEqual([true, false, false, false])
  })

  it('asks resolvers not to tell name servers where we are', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = lane([server])
    await dns.ask({ name: 'a.example', type: 'A' })
    expect(server.asked[0]!.raw.subarray(-8).toString('hex')).toBe('0008000400010000')
  })

  it('is not held up by a slow resolver', async () => {
    await using slow = await startFixtureServer(({ name }) => ({ ...ok(name), delayMs: 120 }))
    await using fast = await startFixtureServer(({ name }) => ok(name))
    await using dns = lane([slow, fast], { timeoutMs: 1_000 })
    await all(dns, [...numbered(2_000)])
    expect(fast.asked.length).toBeGreaterThan(slow.asked.length)
  })

  it('sets a resolver aside that does not answer', async () => {
    await using dead = await startFixtureServer(() => undefined)
    await using alive = await startFixtureServer(({ name }) => ok(name))
    await using dns = lane([dead, alive])
    const answers = await all(dns, [...numbered(3_000)])
    expect(answers.every((answer) => answer.status === 'NOERROR')).toBe(true)
    const [state] = (await dns.stats()).resolvers
    expect(state).toMatchObject({ state: 'aside', reason: 'does not answer' })
    expect(dead.asked.length).toBeLessThan(500)
  })

  it('sets a resolver aside that refuses everything', async () => {
    await using refusing = await startFixtureServer(() => ({ rcode: 5 }))
    await using alive = await startFixtureServer(({ name }) => ok(name))
    await using dns = lane([refusing, alive], { timeoutMs: 1_000 })
    const answers = await all(dns, [...numbered(300)])
    expect(answers.every((answer) => answer.status === 'NOERROR')).toBe(true)
    expect((await dns.stats()).resolvers[0]).toMatchObject({ state: 'aside', reason: 'refuses' })
  })

  it('goes on at once when a resolver is not there at all', async () => {
    const gone = await startFixtureServer(() => undefined)
    await gone[Symbol.asyncDispose]()
    await using alive = await startFixtureServer(({ name }) => ok(name))
    await using dns = lane([gone, alive], { timeoutMs: 20_000 })
    const answers = await all(dns, [...numbered(100)])
    expect(answers.every((answer) => answer.status === 'NOERROR')).toBe(true)
  })

  it('keeps answers by their time to live, and asks once what is asked twice', async () => {
    await using server = await startFixtureServer(({ name }) => {
      if (name === 'no.example') return { rcode: 3, authorities: [soa('example', 60)] }
      if (name === 'brief.example') return { answers: [a(name, '192.0.2.1', 0)] }
      return { ...ok(name), delayMs: 20 }
    })
    await using dns = lane([server])
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
    await using dns = lane([server], { cacheBytes: 20_000 })
    await all(dns, [...numbered(500)])
    const { cacheBytes } = await dns.stats()
    expect(cacheBytes).toBeGreaterThan(9_000)
    expect(cacheBytes).toBeLessThanOrEqual(20_000)
  })

  it('goes where the dial map says and asks who may be asked', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    const allowed: string[] = []
    await using dns = engine.lane({
      resolvers: [{ address: '192.0.2.53' }],
      dial: { '192.0.2.53:53': `127.0.0.1:${server.port}` },
      allow: (address, port) => void allowed.push(`${address} ${port}`),
      probes: false,
    })
    expect((await dns.ask({ name: 'a.example', type: 'A' })).server).toBe('192.0.2.53')
    expect(allowed).toEqual([`127.0.0.1 ${server.port}`])
    const refuse = (): never => {
      throw new Error('not there')
    }
    expect(() => engine.lane({ resolvers: [{ address: '192.0.2.53' }], allow: refuse })).toThrow('not there')
    expect(() => engine.lane({ resolvers: [] })).toThrow('resolvers')
    expect(() => engine.lane({ resolvers: [{ address: 'dns.example' }] })).toThrow('IP address')
  })

  it('keeps to its rate', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = lane([server], { queriesPerSecond: 200, perResolverPerSecond: 1_000 })
    await all(dns, [...numbered(60)])
    const first = server.asked[0]!.at
    // A tenth of a second's worth at once, then 200 a second; a busy machine only makes it slower.
    expect(server.asked.filter((item) => item.at - first < 100).length).toBeLessThanOrEqual(45)
  })

  it('sends nothing while paused, retries included, and goes on', async () => {
    const quiet = { on: true }
    await using server = await startFixtureServer(({ name }) => (quiet.on ? undefined : ok(name)))
    await using dns = lane([server], { timeoutMs: 60, attempts: 20 })
    const done = all(dns, [...numbered(30)])
    while (server.asked.length < 30) await sleep(5)
    dns.pause()
    await dns.stats()
    await sleep(20)
    const before = server.asked.length
    await sleep(250)
    expect(server.asked.length).toBe(before)
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
    await using dns = lane([server], { timeoutMs: 60, attempts: 50 })
    const done = dns.ask({ name: 'a.example', type: 'A' })
    while (!server.asked.some((item) => item.tcp)) await sleep(5)
    dns.pause()
    await dns.stats()
    await sleep(20)
    const before = server.asked.length
    await sleep(150)
    expect(server.asked.length).toBe(before)
    quiet.on = false
    dns.resume()
    expect((await done).status).toBe('NOERROR')
  })

  it('stops when the signal aborts', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = lane([server], { queriesPerSecond: 500 })
    const controller = new AbortController()
    let read = 0
    await expect(async () => {
      for await (const _ of dns.resolve(numbered(100_000), controller.signal)) if (++read === 50) controller.abort()
    }).rejects.toThrow('aborted')
    await dns.stats()
    await sleep(30)
    const before = server.asked.length
    await sleep(200)
    expect(server.asked.length).toBe(before)
    expect(before).toBeLessThan(1_000)
  })

  it('stops when the consumer has enough', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = lane([server], { queriesPerSecond: 500 })
    let closed = false
    function* source(): Generator<DnsQuestion> {
      try {
        yield* numbered(100_000)
      } finally {
        closed = true
      }
    }
    for await (const answer of dns.resolve(source())) if (answer.status === 'NOERROR') break
    expect(closed).toBe(true)
    await dns.stats()
    await sleep(30)
    const before = server.asked.length
    await sleep(100)
    expect(server.asked.length).toBe(before)
  })

  it('draws questions only as answers are read', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = lane([server])
    let drawn = 0
    async function* source(): AsyncGenerator<DnsQuestion> {
      for (const question of numbered(1_000_000)) {
        drawn++
        yield question
      }
    }
    for await (const _ of dns.resolve(source())) {
      await sleep(100)
      break
    }
    expect(drawn).toBeLessThanOrEqual(17_000)
  })

  it('takes questions that come slowly', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = lane([server])
    const gate = Promise.withResolvers<void>()
    async function* source(): AsyncGenerator<DnsQuestion> {
      yield { name: 'first.example', type: 'A' }
      await gate.promise
      yield { name: 'second.example', type: 'A' }
    }
    const names: string[] = []
    for await (const answer of dns.resolve(source())) {
      names.push(answer.name)
      gate.resolve()
    }
    expect(names).toEqual(['first.example', 'second.example'])
  })

  it('fails with the error of its source', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = lane([server])
    function* source(): Generator<DnsQuestion> {
      yield { name: 'a.example', type: 'A' }
      throw new Error('the list broke')
    }
    await expect(async () => {
      for await (const _ of dns.resolve(source()));
    }).rejects.toThrow('the list broke')
  })

  it('gives blocks that can be kept and read again', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = lane([server])
    let count = 0
    for await (const chunk of dns.resolveChunks(numbered(700))) {
      const kept = Buffer.from(chunk.bytes)
      expect(unpackAnswers(kept, chunk.servers)).toEqual(chunk.answers())
      count += chunk.count
    }
    expect(count).toBe(700)
  })

  it('ends everything under way when it is closed', async () => {
    await using server = await startFixtureServer(() => undefined)
    const dns = lane([server], { timeoutMs: 10_000 })
    const asked = dns.ask({ name: 'a.example', type: 'A' })
    await Promise.all([expect(asked).rejects.toThrow('closed'), dns[Symbol.asyncDispose]()])
    await expect(dns.ask({ name: 'a.example', type: 'A' })).rejects.toThrow('closed')
  })

  it('survives garbage and compression loops, and reports them', async () => {
    await using server = await startFixtureServer(({ raw }) => {
      let end = 12
      while (raw[end] !== 0) end += raw[end]! + 1
      const question = Buffer.from(raw.subarray(0, end + 5))
      question[2] = 0x80
      question[3] = 0x80
      question.writeUInt16BE(1, 6)
      question.writeUInt32BE(0, 8)
      const at = question.length
      const loop = Buffer.from([0xc0, at, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4])
      return { raw: [Buffer.concat([question, loop])] }
    })
    await using dns = lane([server])
    expect(await dns.ask({ name: 'a.example', type: 'A' })).toMatchObject({ status: 'FORMERR', records: [] })
  })

  it('takes whatever a hostile server sends', async () => {
    let state = 0x2545f491
    const seed = state
    const next = (): number => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return state >>> 0
    }
    await using server = await startFixtureServer(({ query, raw, name }) => {
      const response = respond(query, raw, {
        answers: [a(name, '192.0.2.1'), { type: 'CNAME', name, ttl: 1, data: 'x.y' }],
      })
      const damaged = Buffer.from(response.subarray(0, 2 + (next() % response.length)))
      const whole = Buffer.from(response)
      for (let i = 0; i < 4; i++) whole[2 + (next() % (whole.length - 2))] = next() & 255
      return { raw: [damaged, whole, Buffer.from([next() & 255])] }
    })
    await using dns = lane([server], { timeoutMs: 40, attempts: 2 })
    const answers = await all(dns, [...numbered(500)])
    expect(answers, `seed ${seed}`).toHaveLength(500)
  })

  it('asks a resolver by its number when told to', async () => {
    await using one = await startFixtureServer(({ name }) => ok(name))
    await using two = await startFixtureServer(({ name }) => ok(name))
    await using dns = lane([one, two])
    for (let i = 0; i < 10; i++) await dns.ask({ name: `n${i}.example`, type: 'A', via: 1 })
    expect([one.asked.length, two.asked.length]).toEqual([0, 10])
  })
})

describe('lying resolvers', () => {
  const probes = {
    missing: ['test'],
    known: [{ name: 'known.test', type: 'A' as const, data: ['192.0.2.53'] }],
  }
  function truth({ name }: { name: string }): Said {
    if (name === 'known.test') return { answers: [a(name, '192.0.2.53')] }
    if (name.endsWith('.test') || name.startsWith('gone')) return { rcode: 3, authorities: [soa('test')] }
    return ok(name)
  }
  const redirecting = (asked: { name: string }): Said => {
    const said = truth(asked)
    return said.rcode === 3 ? { answers: [a(asked.name, '198.51.100.7')] } : said
  }
  const falsifying = ({ name }: { name: string }): Said => ({ answers: [a(name, '198.51.100.8')] })

  it('are not asked when an honest one is there', async () => {
    for (const lie of [redirecting, falsifying]) {
      await using liar = await startFixtureServer(lie)
      await using honest = await startFixtureServer(truth)
      await using dns = lane([liar, honest], { probes })
      const answers = await all(dns, [...numbered(50), { name: 'gone.example', type: 'A' }])
      expect(new Set(answers.map((answer) => answer.server))).toEqual(new Set([`127.0.0.1:${honest.port}`]))
      expect(answers.find((answer) => answer.name === 'gone.example')?.status).toBe('NXDOMAIN')
      expect((await dns.stats()).resolvers.map((resolver) => resolver.state)).toEqual(['lying', 'good'])
      expect(liar.asked.every((item) => item.name.endsWith('.test'))).toBe(true)
    }
  })

  it('have their lies marked when there is no other', async () => {
    await using liar = await startFixtureServer(redirecting)
    await using dns = lane([liar], { probes })
    expect((await dns.ask({ name: 'gone.example', type: 'A' })).status).toBe('LIED')
    expect((await dns.ask({ name: 'here.example', type: 'A' })).status).toBe('NOERROR')
    expect((await dns.stats()).resolvers[0]!.reason).toContain('198.51.100.7')
  })

  it('cannot hide by not knowing a known name', async () => {
    await using plain = await startFixtureServer(({ name }) => (name.endsWith('.test') ? { rcode: 3 } : ok(name)))
    await using dns = lane([plain], { probes })
    expect((await dns.ask({ name: 'here.example', type: 'A' })).status).toBe('NOERROR')
  })
})

describe('the engine', () => {
  it('starts no thread before the first question and leaves none behind', async () => {
    await using unused = openDnsEngine()
    await using unusedLane = unused.lane({ resolvers: [{ address: '192.0.2.1' }] })
    expect(unusedLane.servers).toEqual(['192.0.2.1'])
  })

  it('refuses lanes after it was closed, and fails what is under way', async () => {
    const silent = createSocket('udp4')
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
    const own = openDnsEngine()
    const dns = own.lane({ resolvers: [{ address: '127.0.0.1', port: silent.address().port }], probes: false })
    const asked = dns.ask({ name: 'a.example', type: 'A' })
    await Promise.all([expect(asked).rejects.toThrow('closed'), own[Symbol.asyncDispose]()])
    expect(() => own.lane({ resolvers: [{ address: '192.0.2.1' }] })).toThrow('closed')
    silent.close()
  })
})

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
