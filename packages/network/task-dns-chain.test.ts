import { describe, expect, test } from 'vitest'
import { openDnsEngine } from './dns/engine.ts'
import { startFixtureServer } from './dns/testing/fixture-server.ts'
import { NetworkError } from './error.ts'
import { testNetwork, testScope, testSession, testTask } from './testing/session.ts'
import { outcomeOf, testWorld } from './testing/world.ts'

const world = testWorld({ targets: ['northwind.example'], zone: {} })

describe('names that answers lead to', () => {
  const chain = Array.from(
    { length: 12 },
    (_, i) => `${i === 0 ? '' : `n${String(i).padStart(2, '0')}.`}northwind.example`,
  )
  const next = (name: string): string => chain[(chain.indexOf(name) + 1) % chain.length]!

  async function walk(task: ReturnType<typeof testTask>): Promise<string[]> {
    const walked: string[] = []
    for (let name = chain[0]!; ; name = next(name)) {
      const { records } = await task.dns.resolve(name, 'NSEC')
      walked.push(records[0]!.data.split(' ')[0]!)
      if (next(name) === chain[0]) return walked
    }
  }

  test('are asked for once: what an interrupted attempt was answered the next one is not asked again', async () => {
    const { session, recorder, engine } = world.open()
    for (const name of chain) engine.zone[`${name} NSEC`] = [`${next(name)} A RRSIG NSEC`]
    let left = 7
    const spend = (): void => {
      if (left-- === 0) throw new NetworkError({ outcome: 'cancelled', reason: 'cancelled', detail: 'it was stopped' })
    }
    expect(await outcomeOf(walk(testTask(session, { spend })))).toBe('cancelled cancelled')
    expect(engine.asked).toHaveLength(7)
    const later = world.open({ recorder })
    later.engine.zone = engine.zone
    expect(await walk(testTask(later.session, { attempt: 2 }))).toEqual([...chain.slice(1), chain[0]])
    expect(later.engine.asked).toEqual(chain.slice(7).map((name) => `${name} NSEC`))
  })

  test('proofs of what is not there are read, recorded, and given again', async () => {
    const record = { type: 'NSEC' as const, name: 'a.northwind.example', ttl: 60 }
    const data = { nextDomain: 'c.northwind.example', rrtypes: ['A' as const] }
    await using server = await startFixtureServer(({ query }) => {
      const opt = query.additionals?.find((found) => found.type === 'OPT')
      return opt?.flag_do ? { rcode: 3, authorities: [{ ...record, data }] } : { rcode: 3 }
    })
    await using engine = openDnsEngine()
    const dialMap = { ...world.lab.dialMap, udp: { '198.18.0.53:53': `127.0.0.1:${server.port}` } }
    const network = testNetwork({ engine })
    const scope = testScope(['northwind.example'])
    await using session = testSession(network, { scope, dialMap })
    const answer = await testTask(session).dns.resolve('b.northwind.example', 'NSEC')
    expect(answer).toMatchObject({
      status: 'NXDOMAIN',
      records: [],
      proof: [{ name: 'a.northwind.example', type: 'NSEC', data: 'c.northwind.example A' }],
    })
    const asked = server.asked.length
    expect(await testTask(session, { attempt: 2 }).dns.resolve('b.northwind.example', 'NSEC')).toEqual(answer)
    expect(server.asked).toHaveLength(asked)
    expect(await testTask(session).dns.resolve('b.northwind.example', 'A')).not.toHaveProperty('proof')
  })
})
