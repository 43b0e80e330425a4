import { createSocket } from 'node:dgram'
import { describe, expect, it } from 'vitest'
import { openDnsEngine } from './engine.ts'
import { startFixtureServer } from './testing/fixture-server.ts'
import { ok } from './testing/lanes.ts'

describe('the engine', () => {
  it('starts no thread before the first question and leaves none behind', async () => {
    await using unused = openDnsEngine()
    await using unusedLane = unused.lane({ resolvers: [{ address: '192.0.2.1' }] })
    expect(unusedLane.servers).toEqual(['192.0.2.1'])
  })

  it('goes where the dial map of a lane says, and asks whether it may', async () => {
    await using server = await startFixtureServer(({ name }) => ok(name))
    const allowed: string[] = []
    await using engine = openDnsEngine()
    await using dns = engine.lane({
      resolvers: [{ address: '192.0.2.53' }],
      dial: { '192.0.2.53:53': `127.0.0.1:${server.port}` },
      allow: (address, port) => void allowed.push(`${address} ${port}`),
      probes: false,
    })
    expect((await dns.ask({ name: 'a.example', type: 'A' })).server).toBe('192.0.2.53')
    expect(allowed).toEqual([`127.0.0.1 ${server.port}`])
  })

  it('refuses a lane without resolvers, to what is no address, and where it may not ask', async () => {
    await using engine = openDnsEngine()
    const refuse = (): never => {
      throw new Error('not there')
    }
    expect(() => engine.lane({ resolvers: [{ address: '192.0.2.53' }], allow: refuse })).toThrow('not there')
    expect(() => engine.lane({ resolvers: [] })).toThrow('resolvers')
    expect(() => engine.lane({ resolvers: [{ address: 'dns.example' }] })).toThrow('IP address')
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
