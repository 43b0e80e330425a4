import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Answer } from 'dns-packet'
import { describe, expect, it } from 'vitest'
import { queryServer } from './direct.ts'
import type { DirectOptions } from './direct.ts'
import { a, respond, soa, startFixtureServer } from './testing/fixture-server.ts'
import type { Asked, Said } from './testing/fixture-server.ts'
import { compareNames, walkNsec } from './nsec.ts'
import { reverseName, reverseQuestions, sweepIpv6 } from './reverse.ts'
import { transferZone } from './transfer.ts'

const options: DirectOptions = {
  connectTcp: (address, port, signal) =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connect({ host: address, port, signal })
      socket.once('connect', () => resolve(socket))
      socket.once('error', reject)
    }),
  timeoutMs: 300,
}

describe('queryServer', () => {
  it('asks one server, over TCP where the answer is cut, and gives the authority section', async () => {
    await using server = await startFixtureServer(({ name, tcp, raw }) => {
      expect(raw[2]! & 1).toBe(0)
      if (name.startsWith('gone')) return { rcode: 3, flags: 0x400, authorities: [soa('example.com')] }
      return tcp ? { answers: [a(name, '192.0.2.1')] } : { flags: 0x200 }
    })
    expect(await queryServer(server, { name: 'www.example.com', type: 'A' }, options)).toEqual({
      name: 'www.example.com',
      type: 'A',
      status: 'NOERROR',
      records: [{ name: 'www.example.com', type: 'A', ttl: 60, data: '192.0.2.1' }],
      authority: [],
      authoritative: false,
      server: `127.0.0.1:${server.port}`,
    })
    const gone = await queryServer(server, { name: 'gone.example.com', type: 'A' }, options)
    expect(gone).toMatchObject({ status: 'NXDOMAIN', authoritative: true })
    expect(gone.authority[0]?.type).toBe('SOA')
    expect((await queryServer(server, { name: 'a..b', type: 'A' }, options)).status).toBe('FORMERR')
  })

  it('uses TCP only where UDP cannot follow, and the dial map', async () => {
    await using server = await startFixtureServer(({ name }) => ({ answers: [a(name, '192.0.2.1')] }))
    const answer = await queryServer(
      { address: '192.0.2.53' },
      { name: 'www.example.com', type: 'A' },
      { ...options, tcpOnly: true, dial: { '192.0.2.53:53': `127.0.0.1:${server.port}` } },
    )
    expect(answer).toMatchObject({ status: 'NOERROR', server: '192.0.2.53' })
    expect(server.asked.map((item) => item.tcp)).toEqual([true])
  })

  it('sends nothing where it may not', async () => {
    await using server = await startFixtureServer(() => ({ rcode: 0 }))
    const refuse = (): never => {
      throw new Error('out of scope')
    }
    const asked = { name: 'www.example.com', type: 'A' as const }
    await expect(queryServer(server, asked, { ...options, allow: refuse })).rejects.toThrow('out of scope')
    await expect(queryServer(server, asked, { ...options, tcpOnly: true, connectTcp: refuse })).rejects.toThrow(
      'out of scope',
    )
    expect(server.asked).toHaveLength(0)
  })

  it('is TIMEOUT for who is silent or not there, and throws on abort', async () => {
    await using silent = await startFixtureServer(() => undefined)
    const asked = { name: 'www.example.com', type: 'A' as const }
    const quick = { ...options, timeoutMs: 30 }
    expect((await queryServer(silent, asked, quick)).status).toBe('TIMEOUT')
    expect(silent.asked).toHaveLength(2)
    const gone = await startFixtureServer(() => undefined)
    await gone[Symbol.asyncDispose]()
    expect((await queryServer(gone, asked, options)).status).toBe('TIMEOUT')
    expect((await queryServer(gone, asked, { ...options, tcpOnly: true })).status).toBe('TIMEOUT')
    const controller = new AbortController()
    const stopped = queryServer(silent, asked, { ...options, timeoutMs: 20_000 }, controller.signal)
    controller.abort()
    await expect(stopped).rejects.toThrow('aborted')
  })
})

describe('transferZone', () => {
  const zone: Answer[] = [
    soa('example.com'),
    { type: 'NS', name: 'example.com', ttl: 60, data: 'ns.example.com' },
    ...Array.from({ length: 300 }, (_, i) => a(`n${i}.example.com`, '192.0.2.1')),
    soa('example.com'),
  ]
  function handOut(answers: Answer[], size: number) {
    return ({ query, raw }: Asked): Said => {
      const messages: Buffer[] = []
      for (let i = 0; i < answers.length; i += size)
        messages.push(respond(query, raw, { answers: answers.slice(i, i + size) }))
      return { raw: messages }
    }
  }

  it('gives the whole zone, in one message or many', async () => {
    for (const size of [500, 7, 1]) {
      await using server = await startFixtureServer(handOut(zone, size))
      const transfer = await transferZone('example.com', server, options)
      expect(transfer?.complete).toBe(true)
      expect(transfer?.records).toHaveLength(302)
      expect(transfer?.records.filter((record) => record.type === 'SOA')).toHaveLength(1)
      expect(server.asked).toMatchObject([{ type: 'AXFR', tcp: true }])
    }
  })

  it('is undefined where it is refused, closed, or not there', async () => {
    await using refusing = await startFixtureServer(() => ({ rcode: 5 }))
    expect(await transferZone('example.com', refusing, options)).toBeUndefined()
    await using empty = await startFixtureServer(() => ({}))
    expect(await transferZone('example.com', empty, options)).toBeUndefined()
    await using wrong = await startFixtureServer(({ name }) => ({ answers: [a(name, '192.0.2.1')] }))
    expect(await transferZone('example.com', wrong, options)).toBeUndefined()
    const gone = await startFixtureServer(() => undefined)
    await gone[Symbol.asyncDispose]()
    expect(await transferZone('example.com', gone, options)).toBeUndefined()
  })

  it('gives what came before the server broke off, or a limit was reached', async () => {
    await using breaking = await startFixtureServer(handOut(zone.slice(0, 50), 10))
    expect(await transferZone('example.com', breaking, options)).toMatchObject({ complete: false })
    await using whole = await startFixtureServer(handOut(zone, 10))
    const limited = await transferZone('example.com', whole, { ...options, maxRecords: 100 })
    expect(limited?.complete).toBe(false)
    expect(limited!.records.length).toBeLessThan(120)
  })

  it('throws when it is not let out or is stopped', async () => {
    await using server = await startFixtureServer(() => undefined)
    const refuse = (): never => {
      throw new Error('out of scope')
    }
    await expect(transferZone('example.com', server, { ...options, connectTcp: refuse })).rejects.toThrow(
      'out of scope',
    )
    const controller = new AbortController()
    const stopped = transferZone('example.com', server, { ...options, timeoutMs: 20_000 }, controller.signal)
    setTimeout(() => controller.abort(), 20)
    await expect(stopped).rejects.toThrow('aborted')
  })
})

describe('walking NSEC', () => {
  const chain: Record<string, string> = {
    'example.com': 'b.example.com',
    'b.example.com': 'child.example.com',
    'child.example.com': '*.x.example.com',
    '*.x.example.com': 'example.com',
  }
  function nsec(name: string, next: string, types: 'A'[]): Answer {
    return { type: 'NSEC', name, ttl: 60, data: { nextDomain: next, rrtypes: types } }
  }

  async function walk(say: (asked: Asked) => Said): Promise<{ names: string[]; end: string }> {
    await using server = await startFixtureServer(say)
    const flow = walkNsec('example.com', (question) => queryServer(server, question, options))
    const names: string[] = []
    for (;;) {
      const next = await flow.next()
      if (next.done === true) return { names, end: next.value }
      names.push(`${next.value.name} ${next.value.types.join(' ')}`)
    }
  }

  it('lists a zone, past delegations that hide their record', async () => {
    const { names, end } = await walk(({ name }) => {
      const owner = name.includes('child') ? (name === 'child.example.com' ? undefined : 'child.example.com') : name
      if (owner === undefined) return { authorities: [soa('child.example.com')] }
      const record = nsec(owner, chain[owner]!, ['A'])
      return owner === name ? { answers: [record] } : { rcode: 3, authorities: [record] }
    })
    expect(end).toBe('complete')
    expect(names).toEqual(['example.com A', 'b.example.com A', 'child.example.com A', '*.x.example.com A'])
  })

  it('ends where there is no chain, where it is made up, and where it goes in circles', async () => {
    expect(await walk(() => ({ authorities: [soa('example.com')] }))).toEqual({ names: [], end: 'unsigned' })
    expect((await walk(({ name }) => ({ answers: [nsec(name, `\0.${name}`, ['A'])] }))).end).toBe('minimal')
    const circle = await walk(({ name }) => ({
      answers: [nsec(name, name === 'b.example.com' ? 'a.example.com' : 'b.example.com', ['A'])],
    }))
    expect(circle.end).toBe('broken')
    expect((await walk(({ name }) => ({ answers: [nsec(name, 'elsewhere.net', ['A'])] }))).end).toBe('broken')
  })

  it('orders names as RFC 4034 §6.1 does', () => {
    const ordered = ['example', 'a.example', 'yljkjljk.a.example', 'Z.a.example', 'zABC.a.EXAMPLE', 'z.example']
    ordered.push('\\001.z.example', '*.z.example', '\\200.z.example')
    expect(ordered.toReversed().toSorted(compareNames)).toEqual(ordered)
  })
})

describe('reverse look-ups', () => {
  it('name addresses', () => {
    expect(reverseName('192.0.2.5')).toBe('5.2.0.192.in-addr.arpa')
    expect(reverseName('2001:db8::567:89ab')).toBe(
      'b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
    )
  })

  it('list a netblock from any address in it', () => {
    const names = [...reverseQuestions('192.0.2.77/29')].map((question) => question.name)
    expect(names).toHaveLength(8)
    expect(names[0]).toBe('72.2.0.192.in-addr.arpa')
    expect(names[7]).toBe('79.2.0.192.in-addr.arpa')
    expect(() => [...reverseQuestions('2001:db8::/32')]).toThrow('IPv4')
  })

  it('find the few names of an IPv6 netblock without asking for all', async () => {
    const there = new Map([
      [reverseName('2001:db8::1'), 'one.example'],
      [reverseName('2001:db8:0:2::53'), 'two.example'],
      [reverseName('2001:db8:ffff::1'), 'outside.example'],
    ])
    let asked = 0
    async function* resolve(questions: Iterable<{ name: string }>) {
      for (const { name } of questions) {
        asked++
        const data = there.get(name)
        const below = [...there.keys()].some((key) => key.endsWith(`.${name}`))
        yield {
          name,
          type: 'PTR' as const,
          status: data === undefined ? (below ? ('NODATA' as const) : ('NXDOMAIN' as const)) : ('NOERROR' as const),
          records: data === undefined ? [] : [{ name, type: 'PTR' as const, ttl: 1, data }],
          server: '',
        }
      }
    }
    // The sweep asks from arrays only.
    const sweep = sweepIpv6('2001:db8::/46', (questions) => resolve(questions as Iterable<{ name: string }>))
    const found: string[] = []
    for await (const answer of sweep) found.push(answer.records[0]!.data)
    expect(found.toSorted()).toEqual(['one.example', 'two.example'])
    expect(asked).toBeLessThan(1_000)
  })

  it('leave a reverse tree that is made up', async () => {
    let asked = 0
    async function* resolve(questions: Iterable<{ name: string }>) {
      for (const { name } of questions) {
        asked++
        yield { name, type: 'PTR' as const, status: 'NODATA' as const, records: [], server: '' }
      }
    }
    const sweep = sweepIpv6('2001:db8::/32', (questions) => resolve(questions as Iterable<{ name: string }>))
    for await (const _ of sweep) throw new Error('nothing is there')
    expect(asked).toBeLessThan(300)
  })
})
