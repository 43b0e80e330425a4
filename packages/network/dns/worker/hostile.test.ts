import { describe, expect, it } from 'vitest'
import { a, respond, startFixtureServer } from '../testing/fixture-server.ts'
import { all, numbered, ok, testLanes } from '../testing/lanes.ts'

const openLane = testLanes()

describe('a lane between hostile servers', () => {
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
    await using dns = openLane([server], { zeroX20: false })
    const answers = await all(dns, numbered(20))
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
    await using dns = openLane([server])
    expect((await dns.ask({ name: 'www.example.com', type: 'A' })).records[0]?.data).toBe('192.0.2.1')
    expect(server.asked.map((item) => item.tcp)).toEqual([false, true])
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
    await using dns = openLane([server])
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
    await using dns = openLane([server], { timeoutMs: 40, attempts: 2 })
    const answers = await all(dns, numbered(500))
    expect(answers, `seed ${seed}`).toHaveLength(500)
  })
})
