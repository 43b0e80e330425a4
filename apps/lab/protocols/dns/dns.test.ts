import { decode, type Packet, streamDecode, streamEncode } from 'dns-packet'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { labTruth } from '../../lab.ts'
import { data, openAskedLab, resolver, take } from '../../testing/asked-lab.ts'

const asked = await openAskedLab()
const { ask, lab, opened } = asked

afterEach(() => asked.lab.failures.clear())
afterAll(() => asked[Symbol.asyncDispose]())

describe('DNS', () => {
  test('answers what the truth says of every address', async () => {
    for await (const line of labTruth({ size: 'demo', seed: 7 })) {
      if (
        line.kind !== 'relationship' ||
        line.type !== 'dns_record' ||
        !['A', 'AAAA', 'CNAME'].includes(line.qualifier)
      )
        continue
      const [, name] = /^domain:(.*)/.exec(line.from)!
      const answer = data(await ask(resolver, name!, line.qualifier))
      expect({ name, answer }).toEqual({
        name,
        answer: expect.arrayContaining([line.to.slice(line.to.indexOf(':') + 1)]),
      })
    }
  })

  test('answers every type it has', async () => {
    expect(data(await ask(resolver, 'northwind.example', 'MX'))).toContainEqual({
      preference: 10,
      exchange: 'mx1.northwind.example',
    })
    expect(data(await ask(resolver, 'northwind.example', 'CAA'))).toContainEqual(
      expect.objectContaining({ tag: 'issue', value: 'lab-trust.example' }),
    )
    expect(data(await ask(resolver, '_sip._tcp.northwind.example', 'SRV'))).toEqual([
      { priority: 10, weight: 60, port: 5060, target: 'sip.northwind.example' },
    ])
    expect(data(await ask(resolver, 'northwind.example', 'SOA'))).toEqual([
      expect.objectContaining({ mname: 'ns1.northwind.example', minimum: 300 }),
    ])
    expect(data(await ask(resolver, '_dmarc.northwind.example', 'TXT')).join('')).toContain('v=DMARC1')
    expect(data(await ask(resolver, 'northwind-shop.example', 'MX'))).toEqual([{ preference: 0, exchange: '.' }])
  })

  test('repeats the capitals of the question', async () => {
    const answer = await ask(resolver, 'WwW.NorthWind.Example', 'A')
    expect(answer.questions?.[0]?.name).toBe('WwW.NorthWind.Example')
    expect(answer.answers?.[0]?.name).toBe('WwW.NorthWind.Example')
  })

  test('tells what does not exist from what has no such record', async () => {
    expect((await ask(resolver, 'nope.northwind.example', 'A')).rcode).toBe('NXDOMAIN')
    expect((await ask(resolver, 'x.y.invalid', 'A')).rcode).toBe('NXDOMAIN')
    for (const name of ['preview.northwind.example', 'eu.preview.northwind.example', '18.198.in-addr.arpa']) {
      const answer = await ask(resolver, name, 'A')
      expect([name, answer.rcode, answer.answers]).toEqual([name, 'NOERROR', []])
      expect(answer.authorities?.[0]?.type).toBe('SOA')
    }
    const dangling = await ask(resolver, 'old.northwind.example', 'A')
    expect([dangling.rcode, data(dangling)]).toEqual(['NXDOMAIN', ['northwind-old.azurewebsites.net']])
  })

  test('has wildcards, wildcards below them, and real names among both', async () => {
    const at = async (name: string): Promise<unknown> => data(await ask(resolver, name, 'A'))[0]
    const [outer, inner] = [await at('x1.preview.northwind.example'), await at('x1.eu.preview.northwind.example')]
    expect(await at('deep.x2.preview.northwind.example')).toBe(outer)
    expect(inner).not.toBe(outer)
    expect(await at('main.preview.northwind.example')).not.toBe(outer)
    expect(await at('main.eu.preview.northwind.example')).not.toBe(inner)
    expect(await at('api.northwind-labs.example')).not.toBe(await at('zzz.northwind-labs.example'))
  })

  test('refers to the servers of a zone below, and refuses what it does not serve', async () => {
    const [server] = lab.world.addressesOf('ns1.northwind.example')
    const referral = await ask(server!, 'dc1.corp.northwind.example', 'A')
    expect(referral.flag_aa).toBe(false)
    expect(referral.authorities).toMatchObject([{ type: 'NS', data: 'ns.corp.northwind.example' }])
    expect(referral.additionals?.[0]).toMatchObject({ name: 'ns.corp.northwind.example', type: 'A' })
    expect((await ask(server!, 'www.northwind.example', 'A')).flag_aa).toBe(true)
    expect((await ask(server!, 'fjordbank.example', 'A')).rcode).toBe('REFUSED')
    expect((await ask('198.18.0.1', 'www.northwind.example', 'A')).authorities?.[0]).toMatchObject({
      name: 'example',
      data: 'a.tld-servers.test',
    })
  })

  test('one resolver lies about what does not exist', async () => {
    const liar = lab.description.dialMap.resolvers.at(-1)!
    const page = lab.world.machines.get('liarPage')!.addresses
    expect(data(await ask(liar, 'nope.northwind.example', 'A'))).toEqual(page)
    expect(data(await ask(liar, 'www.northwind.example', 'A'))).toEqual(
      data(await ask(resolver, 'www.northwind.example', 'A')),
    )
  })

  test('cuts an answer that the client cannot take, and gives it by TCP', async () => {
    const cut = await ask(resolver, 'northwind.example', 'ANY', { edns: false })
    expect([cut.flag_tc, cut.answers]).toEqual([true, []])
    expect((await ask(resolver, 'northwind.example', 'ANY')).flag_tc).toBe(false)
    const socket = await opened(resolver, 53)
    socket.write(streamEncode({ id: 1, type: 'query', questions: [{ name: 'northwind.example', type: 'ANY' as 'A' }] }))
    const size = (await take(socket, 2)).readUInt16BE()
    const body = await take(socket, size)
    socket.destroy()
    const answer = streamDecode(Buffer.concat([Buffer.of(size >> 8, size & 255), body]))
    expect(answer.answers!.length).toBeGreaterThan(8)
  })

  test('transfers the one open zone and no other', async () => {
    const transfer = async (server: string, zone: string): Promise<Packet> => {
      const socket = await opened(lab.world.addressesOf(server)[0]!, 53)
      socket.write(streamEncode({ id: 2, type: 'query', questions: [{ name: zone, type: 'AXFR' }] }))
      const size = (await take(socket, 2)).readUInt16BE()
      const answer = decode(await take(socket, size))
      socket.destroy()
      return answer
    }
    const open = await transfer('ns.corp.northwind.example', 'corp.northwind.example')
    expect(open.answers?.[0]?.type).toBe('SOA')
    expect(open.answers?.at(-1)?.type).toBe('SOA')
    expect(open.answers?.map(({ name }) => name)).toContain('payroll.corp.northwind.example')
    expect(await transfer('ns1.northwind.example', 'northwind.example')).toMatchObject({
      rcode: 'REFUSED',
      answers: [],
    })
  })

  test('fails on demand', async () => {
    lab.failures.set(resolver, { dns: 'SERVFAIL', times: 1 })
    expect((await ask(resolver, 'northwind.example', 'A')).rcode).toBe('SERVFAIL')
    expect((await ask(resolver, 'northwind.example', 'A')).rcode).toBe('NOERROR')
    lab.failures.set(resolver, { lossPercent: 100 })
    await expect(ask(resolver, 'northwind.example', 'A', { waitMs: 200 })).rejects.toThrow('aborted')
    lab.failures.set(resolver, { dns: 'compression-loop', times: 1 })
    await expect(ask(resolver, 'northwind.example', 'A')).rejects.toThrow(/call stack|offset|out of|Cannot decode/i)
  })
})
