import type { DnsAnswer } from '@mirage/model/exchange.ts'
import type { Answer } from 'dns-packet'
import { afterAll, describe, expect, it } from 'vitest'
import { openDnsEngine } from './engine.ts'
import { a, soa, startFixtureServer } from './testing/fixture-server.ts'
import type { Asked, FixtureServer, Said } from './testing/fixture-server.ts'
import { guessNames } from './guess.ts'
import type { GuessSummary } from './guess.ts'
import type { DnsLane } from './lane.ts'
import { openWildcards } from './wildcard.ts'

const engine = openDnsEngine()
afterAll(() => engine[Symbol.asyncDispose]())

const nothing: Said = { rcode: 3, authorities: [soa('example.com')] }
const noData: Said = { authorities: [soa('example.com')] }

/** A zone as a function of name and type; undefined is NXDOMAIN, an empty list NODATA. */
type Zone = (name: string, type: string) => Answer[] | undefined

function zoneServer(zone: Zone): Promise<FixtureServer> {
  return startFixtureServer(({ name, type }: Asked): Said => {
    const answers = zone(name, type)
    if (answers === undefined) return nothing
    return answers.length === 0 ? noData : { answers }
  })
}

function laneOf(...servers: FixtureServer[]): DnsLane {
  return engine.lane({
    resolvers: servers.map(({ address, port }) => ({ address, port })),
    probes: false,
    timeoutMs: 200,
  })
}

async function guess(
  dns: DnsLane,
  labels: string[],
  frame = 2_000,
): Promise<{ answers: DnsAnswer[]; names: string[]; summary: GuessSummary }> {
  const flow = guessNames(dns, openWildcards(dns), 'example.com', labels, { frame })
  const answers: DnsAnswer[] = []
  for (;;) {
    const next = await flow.next()
    if (next.done === true)
      return { answers, names: answers.map((answer) => answer.name).toSorted(), summary: next.value }
    answers.push(next.value)
  }
}

const labels = ['www', 'mail', 'dev', 'nope', 'vpn']

describe('guessing names', () => {
  it('finds what is there, whatever it is, with few questions', async () => {
    await using server = await zoneServer((name, type) => {
      if (name === 'www.example.com') return type === 'A' ? [a(name, '192.0.2.1')] : []
      if (name === 'mail.example.com')
        return type === 'AAAA' ? [{ type: 'AAAA', name, ttl: 60, data: '2001:db8::1' }] : []
      if (name === 'vpn.example.com') return []
      if (name === 'dev.example.com') return [{ type: 'CNAME', name, ttl: 60, data: 'gone.example.net' }]
      return undefined
    })
    await using dns = laneOf(server)
    const { answers, summary } = await guess(dns, labels)
    expect(answers.map(({ name, type, status }) => `${name} ${type} ${status}`).toSorted()).toEqual([
      'dev.example.com A NODATA',
      'mail.example.com AAAA NOERROR',
      'vpn.example.com A NODATA',
      'www.example.com A NOERROR',
    ])
    expect(summary).toEqual({ guessed: 5, found: 4, discarded: 0, unanswered: 0 })
    const random = server.asked.filter((item) => /^[a-z]{15}\./.test(item.name))
    expect(random).toHaveLength(7)
  })

  it('keeps a real name in a wildcard zone when its answers differ, in whatever way', async () => {
    await using server = await zoneServer((name, type) => {
      if (!name.endsWith('.example.com')) return undefined
      if (name === 'www.example.com') return type === 'A' ? [a(name, '192.0.2.7')] : []
      // Has other types only.
      if (name === 'dev.example.com') return type === 'TXT' ? [{ type: 'TXT', name, ttl: 1, data: 'x' }] : []
      // The same address, but not the wildcard's mail server.
      if (name === 'mail.example.com') return type === 'A' ? [a(name, '192.0.2.1')] : []
      // A CNAME to where the wildcard is, too.
      if (name === 'vpn.example.com')
        return [
          { type: 'CNAME', name, ttl: 60, data: 'lb.example.net' },
          ...(type === 'A' ? [a('lb.example.net', '192.0.2.1')] : []),
        ]
      if (type === 'A') return [a(name, '192.0.2.1')]
      if (type === 'MX') return [{ type: 'MX', name, ttl: 60, data: { preference: 1, exchange: 'mx.example.com' } }]
      return []
    })
    await using dns = laneOf(server)
    expect((await guess(dns, labels)).names).toEqual([
      'dev.example.com',
      'mail.example.com',
      'vpn.example.com',
      'www.example.com',
    ])
  })

  it('leaves out what a wildcard makes up: from a pool, by CNAME, with the label in it, or pointing nowhere', async () => {
    let turn = 0
    const zones: Zone[] = [
      (name, type) =>
        type === 'A' ? [a(name, `192.0.2.${(turn++ % 3) + 1}`), a(name, `192.0.2.${(turn % 3) + 1}`)] : [],
      (name, type) => (type === 'A' ? [a(name, `198.51.100.${turn++ % 250}`)] : []),
      (name) => [{ type: 'CNAME', name, ttl: 60, data: 'pages.example.net' }, a('pages.example.net', '192.0.2.3')],
      (name) => [{ type: 'CNAME', name, ttl: 60, data: `${name.split('.')[0]}.cdn.example.net` }],
      (name) => [{ type: 'CNAME', name, ttl: 60, data: `h${turn++}.cdn.example.net` }],
      () => [],
    ]
    for (const [index, zone] of zones.entries()) {
      await using one = await zoneServer((name, type) => (name.endsWith('.example.com') ? zone(name, type) : undefined))
      await using two = await zoneServer((name, type) => (name.endsWith('.example.com') ? zone(name, type) : undefined))
      await using dns = laneOf(one, two)
      expect([index, (await guess(dns, labels)).names]).toEqual([index, []])
    }
  })

  it('leaves out what a dangling wildcard makes up', async () => {
    await using server = await startFixtureServer(({ name }) => ({
      ...nothing,
      answers: [{ type: 'CNAME', name, ttl: 60, data: 'gone.example.net' }],
    }))
    await using dns = laneOf(server)
    expect((await guess(dns, labels)).names).toEqual([])
  })

  it('knows both answers of a wildcard that differs by resolver', async () => {
    const zone =
      (address: string): Zone =>
      (name, type) =>
        name.endsWith('.example.com') && type === 'A' ? [a(name, name.startsWith('www.') ? '192.0.2.99' : address)] : []
    await using one = await zoneServer(zone('192.0.2.1'))
    await using two = await zoneServer(zone('198.51.100.1'))
    await using dns = laneOf(one, two)
    expect((await guess(dns, labels)).names).toEqual(['www.example.com'])
  })

  it('sees wildcards inside wildcards', async () => {
    await using server = await zoneServer((name, type) => {
      if (type !== 'A') return []
      if (name === 'real.dev.example.com') return [a(name, '192.0.2.200')]
      if (name.endsWith('.dev.example.com')) return [a(name, '192.0.2.2')]
      return [a(name, '192.0.2.1')]
    })
    await using dns = laneOf(server)
    const { names } = await guess(dns, ['www', 'made-up.dev', 'real.dev', 'x.y'])
    expect(names).toEqual(['real.dev.example.com'])
  })

  it('discards everything when a resolver answers anything', async () => {
    let turn = 0
    await using server = await startFixtureServer(({ name }) => {
      turn++
      return { answers: [a(name, `${(turn * 37) % 200}.${(turn * 91) % 250}.${turn % 250}.1`)] }
    })
    await using dns = laneOf(server)
    const { names, summary } = await guess(dns, labels)
    expect(names).toEqual([])
    expect(summary.discarded).toBe(1)
  })

  it('discards only the frames in which that happens', async () => {
    const broken = { on: false }
    let turn = 0
    await using server = await startFixtureServer(({ name }) => {
      if (name === 'b1.example.com') broken.on = true
      turn++
      if (broken.on) return { answers: [a(name, `${(turn * 37) % 200}.${(turn * 91) % 250}.${turn % 250}.1`, 0)] }
      return name.startsWith('www') ? { answers: [a(name, '192.0.2.1')] } : { rcode: 3 }
    })
    await using dns = laneOf(server)
    // The parent was cleared before the resolver broke, so only the canaries can tell.
    const { names, summary } = await guess(dns, ['www', 'www2', 'a1', 'b1', 'www3', 'www4'], 2)
    expect(names).toEqual(['www.example.com', 'www2.example.com'])
    expect(summary.discarded).toBe(2)
  })

  it('says how many guesses nobody answered', async () => {
    await using server = await startFixtureServer(({ name }) => (name.startsWith('dev.') ? undefined : nothing))
    await using dns = engine.lane({
      resolvers: [{ address: server.address, port: server.port }],
      probes: false,
      timeoutMs: 20,
    })
    expect((await guess(dns, labels)).summary).toMatchObject({ found: 0, unanswered: 1 })
  })
})

describe('isWildcard', () => {
  it('is asked by type and by parent', async () => {
    await using server = await zoneServer((name, type) => {
      if (!name.endsWith('.wild.example.com')) return undefined
      return type === 'MX' ? [{ type: 'MX', name, ttl: 60, data: { preference: 1, exchange: 'mx.example.com' } }] : []
    })
    await using dns = laneOf(server)
    const wildcards = openWildcards(dns)
    expect(await wildcards.isWildcard('wild.example.com', 'MX')).toBe(true)
    expect(await wildcards.isWildcard('wild.example.com', 'A')).toBe(false)
    const before = server.asked.length
    expect(await wildcards.isWildcard('example.com', 'MX')).toBe(false)
    expect(await wildcards.isWildcard('example.com', 'TXT')).toBe(false)
    expect(server.asked.length).toBe(before + 1)
  })
})
