import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Answer } from 'dns-packet'
import { describe, expect, it } from 'vitest'
import { a, respond, soa, startFixtureServer } from './testing/fixture-server.ts'
import type { Asked, Said } from './testing/fixture-server.ts'
import { transferZone } from './transfer.ts'
import type { TransferOptions } from './transfer.ts'

const options: TransferOptions = {
  connectTcp: (address, port, signal) =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connect({ host: address, port, signal })
      socket.once('connect', () => resolve(socket))
      socket.once('error', reject)
    }),
  timeoutMs: 300,
}

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
