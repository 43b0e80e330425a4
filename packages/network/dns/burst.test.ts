import { createSocket } from 'node:dgram'
import { describe, expect, it } from 'vitest'
import type { DnsLane } from './lane.ts'
import { a, startFixtureServer } from './testing/fixture-server.ts'
import type { Said } from './testing/fixture-server.ts'
import { numbered, testLanes } from './testing/lanes.ts'
import { fdOf } from './worker/udp-port.ts'

const openLane = testLanes()

const count = 300

function addressOf(name: string): string {
  const number = Number(/\d+/.exec(name)?.[0])
  return `192.0.${number >> 8}.${number & 255}`
}

function own(name: string): Said {
  return { answers: [a(name, addressOf(name))], delayMs: 20 }
}

/** What was answered by name, as text. */
async function answersOf(lane: DnsLane): Promise<Map<string, string>> {
  const said = new Map<string, string>()
  for await (const { name, status, records } of lane.resolve(numbered(count)))
    said.set(name, `${status} ${records.map(({ data }) => data).join()}`)
  return said
}

const each = new Map(Array.from({ length: count }, (_, i) => [`n${i}.example.com`, addressOf(`n${i}`)]))
const found = new Map([...each].map(([name, address]) => [name, `NOERROR ${address}`]))

describe('answers that come at once', () => {
  it('are each of their own, and are kept so', async () => {
    await using server = await startFixtureServer(({ name }) => own(name))
    await using lane = openLane([server], { timeoutMs: 1_000, attempts: 1 })
    expect(await answersOf(lane)).toEqual(found)
    expect(await answersOf(lane)).toEqual(found)
    expect(server.asked).toHaveLength(count)
  })

  it('are each of their own when they were cut and nobody answers over TCP', async () => {
    await using server = await startFixtureServer(({ name, tcp }) =>
      tcp ? undefined : { ...own(name), flags: 0x0200 },
    )
    await using lane = openLane([server], { attempts: 1 })
    expect(await answersOf(lane)).toEqual(found)
  })

  it('are each of their own when they are failures', async () => {
    const fails = (): Said => ({ rcode: 2, delayMs: 20 })
    await using one = await startFixtureServer(fails)
    await using other = await startFixtureServer(fails)
    await using lane = openLane([one, other], { timeoutMs: 1_000, attempts: 2 })
    expect(await answersOf(lane)).toEqual(new Map([...each.keys()].map((name) => [name, 'SERVFAIL '])))
  })
})

// Without it everything works, a quarter slower: no other test would tell.
it('finds the descriptor of a socket in this version of Node, and none once it is closed', async () => {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  expect(fdOf(socket)).toBeGreaterThan(2)
  socket.close()
  expect(fdOf(socket)).toBe(-1)
})
