import { setTimeout as delay } from 'node:timers/promises'
import type { DnsQuestion } from '@mirage/model/exchange.ts'
import { describe, expect, it } from 'vitest'
import { startFixtureServer } from './testing/fixture-server.ts'
import { numbered, ok, testLanes } from './testing/lanes.ts'

const openLane = testLanes()

describe('the answers of a lane', () => {
  it('draws questions only as answers are read', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([server])
    let drawn = 0
    async function* source(): AsyncGenerator<DnsQuestion> {
      for (const question of numbered(1_000_000)) {
        drawn++
        yield question
      }
    }
    for await (const _ of dns.resolve(source())) {
      await delay(100)
      break
    }
    expect(drawn).toBeLessThanOrEqual(17_000)
  })

  it('takes questions that come slowly', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([server])
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
    await using dns = openLane([server])
    function* source(): Generator<DnsQuestion> {
      yield { name: 'a.example', type: 'A' }
      throw new Error('the list broke')
    }
    await expect(async () => {
      for await (const _ of dns.resolve(source()));
    }).rejects.toThrow('the list broke')
  })

  it('stops when the signal aborts', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([server], { queriesPerSecond: 500 })
    const controller = new AbortController()
    let read = 0
    await expect(async () => {
      for await (const _ of dns.resolve(numbered(100_000), controller.signal)) if (++read === 50) controller.abort()
    }).rejects.toThrow('aborted')
    await dns.stats()
    await delay(30)
    const before = server.asked.length
    await delay(200)
    expect(server.asked.length).toBe(before)
    expect(before).toBeLessThan(1_000)
  })

  it('stops when the consumer has enough', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    await using dns = openLane([server], { queriesPerSecond: 500 })
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
    await delay(30)
    const before = server.asked.length
    await delay(100)
    expect(server.asked.length).toBe(before)
  })
})
