import { describe, expect, it } from 'vitest'
import { a, soa, startFixtureServer } from '../testing/fixture-server.ts'
import type { Said } from '../testing/fixture-server.ts'
import { all, numbered, ok, testLanes } from '../testing/lanes.ts'

const openLane = testLanes()

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
      await using dns = openLane([liar, honest], { probes })
      const answers = await all(dns, [...numbered(50), { name: 'gone.example', type: 'A' }])
      expect(new Set(answers.map((answer) => answer.server))).toEqual(new Set([`127.0.0.1:${honest.port}`]))
      expect(answers.find((answer) => answer.name === 'gone.example')?.status).toBe('NXDOMAIN')
      expect((await dns.stats()).resolvers.map((resolver) => resolver.state)).toEqual(['lying', 'good'])
      expect(liar.asked.every((item) => item.name.endsWith('.test'))).toBe(true)
    }
  })

  it('have their lies marked when there is no other', async () => {
    await using liar = await startFixtureServer(redirecting)
    await using dns = openLane([liar], { probes })
    expect((await dns.ask({ name: 'gone.example', type: 'A' })).status).toBe('LIED')
    expect((await dns.ask({ name: 'here.example', type: 'A' })).status).toBe('NOERROR')
    expect((await dns.stats()).resolvers[0]!.reason).toContain('198.51.100.7')
  })

  it('cannot hide by not knowing a known name', async () => {
    await using plain = await startFixtureServer(({ name }) => (name.endsWith('.test') ? { rcode: 3 } : ok(name)))
    await using dns = openLane([plain], { probes })
    expect((await dns.ask({ name: 'here.example', type: 'A' })).status).toBe('NOERROR')
  })
})
