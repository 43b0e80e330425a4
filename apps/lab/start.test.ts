import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import {
  type Answer,
  type DecodedPacket,
  decode,
  encode,
  type Packet,
  RECURSION_DESIRED,
  streamDecode,
  streamEncode,
} from 'dns-packet'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { controlLab, type Lab, labTruth, readLabLog, startLab, type TrafficEntry } from './lab.ts'

const directory = mkdtempSync(join(tmpdir(), 'lab-'))
let lab: Lab

beforeAll(async () => {
  lab = await startLab({ size: 'demo', seed: 7, directory })
})
afterEach(() => lab.failures.clear())
afterAll(async () => {
  await lab[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

const resolver = '198.18.0.53'

type Reading = DecodedPacket & { rcode: string }

async function ask(
  server: string,
  name: string,
  type: string,
  options: { edns?: boolean; waitMs?: number } = {},
): Promise<Reading> {
  const at = lab.description.dialMap.udp[`${server}:53`]!
  const [host, port] = at.split(':')
  const socket = createSocket('udp4')
  try {
    const additionals = options.edns === false ? [] : [{ type: 'OPT', name: '.', udpPayloadSize: 1232 } as Answer]
    const query = encode({
      id: 4711,
      type: 'query',
      flags: RECURSION_DESIRED,
      questions: [{ name, type: type as 'A' }],
      additionals,
    })
    socket.send(query, Number(port), host)
    const [answer] = (await once(socket, 'message', { signal: AbortSignal.timeout(options.waitMs ?? 5000) })) as [
      Buffer,
    ]
    return decode(answer) as Reading // the decoder adds the name of the code
  } finally {
    socket.close()
  }
}

function data(packet: Packet): unknown[] {
  return (packet.answers ?? []).map((answer) => ('data' in answer ? answer.data : undefined))
}

/** A connection through the lab's SOCKS server, or the number of its refusal. */
async function dial(address: string, port: number): Promise<Socket | number> {
  const [host, socksPort] = lab.description.dialMap.tcp.socks.split(':')
  const socket = connect({ host: host!, port: Number(socksPort) })
  socket.write(Uint8Array.of(5, 1, 0))
  await take(socket, 2)
  socket.write(Buffer.from([5, 1, 0, 1, ...address.split('.').map(Number), port >> 8, port & 255]))
  const reply = await take(socket, 10)
  if (reply[1] === 0) return socket
  socket.destroy()
  return reply[1]!
}

async function take(socket: Socket, size: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(size) as Buffer | null
    if (bytes) return bytes
    await once(socket, 'readable')
  }
}

async function opened(address: string, port: number): Promise<Socket> {
  const socket = await dial(address, port)
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
  return socket
}

async function secured(host: string, address = lab.world.addressesOf(host)[0]!, port = 443): Promise<TLSSocket> {
  const socket = connectTls({
    socket: await opened(address, port),
    ...(host === '' ? {} : { servername: host }),
    ca: lab.description.dialMap.ca,
    rejectUnauthorized: false,
  })
  await once(socket, 'secureConnect')
  return socket
}

interface Reply {
  status: number
  headers: Record<string, unknown>
  body: string
}

async function get(host: string, path: string, options: { address?: string; plain?: boolean } = {}): Promise<Reply> {
  const address = options.address ?? lab.world.addressesOf(host)[0]!
  const socket = options.plain ? await opened(address, 80) : await secured(host, address)
  const request = httpRequest({ createConnection: () => socket, host, path })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let body = ''
  try {
    for await (const chunk of response) body += String(chunk)
  } catch {
    body += '<cut>'
  }
  socket.destroy()
  return { status: response.statusCode ?? 0, headers: response.headers, body }
}

async function log(): Promise<TrafficEntry[]> {
  await new Promise((resolve) => setTimeout(resolve, 120))
  return Array.fromAsync(readLabLog(directory))
}

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

describe('TCP', () => {
  test('greets, refuses, and does not know', async () => {
    const [ftp] = lab.world.addressesOf('ftp.northwind.example')
    const socket = await opened(ftp!, 22)
    expect((await take(socket, 8)).toString()).toBe('SSH-2.0-')
    socket.destroy()
    expect(await dial(ftp!, 23)).toBe(5)
    expect(await dial('198.18.77.77', 80)).toBe(4)
  })

  test('presents the certificate that the truth tells of', async () => {
    const seen = new Set<string>()
    const wanted = new Set<string>()
    for await (const line of labTruth({ size: 'demo', seed: 7 })) {
      if (
        line.kind !== 'relationship' ||
        line.type !== 'certificate' ||
        !line.from.startsWith('domain:') ||
        !line.by.includes('tls-certificate')
      )
        continue
      const host = line.from.slice('domain:'.length)
      const [address] = lab.world.addressesOf(host)
      const socket = await secured(host, address)
      const fingerprint = socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase()
      socket.destroy()
      seen.add(`${host} ${fingerprint}`)
      wanted.add(`${host} ${line.to.slice('certificate:'.length)}`)
    }
    expect([...wanted].sort()).toEqual([...seen].sort())
    expect(seen.size).toBeGreaterThan(20)
  })

  test('its good certificates are trusted, its bad ones not, each for its own reason', async () => {
    const reason = async (host: string): Promise<string> => {
      const socket = await secured(host)
      const why = socket.authorized ? 'trusted' : String(socket.authorizationError)
      socket.destroy()
      return why
    }
    expect(await reason('www.northwind.example')).toBe('trusted')
    expect(await reason('vpn.northwind.example')).toBe('CERT_HAS_EXPIRED')
    expect(await reason('batch.northwind.example')).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    expect(await reason('intranet.corp.northwind.example')).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  })
})

describe('HTTP', () => {
  test('answers every page that the truth has', async () => {
    for await (const line of labTruth({ size: 'demo', seed: 7 })) {
      if (
        line.kind !== 'entity' ||
        line.type !== 'url' ||
        !line.by.includes('crawler') ||
        !line.value.startsWith('https://www.northwind.example/')
      )
        continue
      const { pathname, search } = new URL(line.value)
      const missing = ['/internal/', '/drafts/2025', '/contact/send'].includes(pathname)
      const { status } = await get('www.northwind.example', pathname + search)
      expect({ url: line.value, status }).toEqual({ url: line.value, status: missing ? 404 : 200 })
    }
  })

  test('shows title, generator, links and headers', async () => {
    const page = await get('portal.northwind.example', '/')
    expect(page.headers).toMatchObject({ server: 'Apache/2.4.57 (Debian)', 'x-powered-by': 'PHP/8.1.2' })
    expect(page.body).toContain('<title>Customer portal</title>')
    expect(page.body).toContain('<meta name="generator" content="WordPress 6.4.2">')
    expect((await get('www.northwind.example', '/robots.txt')).body).toContain('Disallow: /internal/')
    expect((await get('git.northwind.example', '/')).headers['set-cookie']).toEqual([
      expect.stringContaining('i_like_gitea='),
    ])
  })

  test('redirects to HTTPS, to itself, to others and to where nobody should go', async () => {
    const to = async (host: string, path: string, plain = false): Promise<unknown> =>
      (await get(host, path, { plain })).headers['location']
    expect(await to('www.northwind.example', '/about', true)).toBe('https://www.northwind.example/about')
    expect(await to('northwind.example', '/')).toBe('https://www.northwind.example/')
    expect(await to('login.northwind.example', '/reset?from=portal')).toBe('http://169.254.169.254/latest/meta-data/')
    expect(await to('hostile.test', '/loop?n=5')).toBe('/loop?n=6')
  })

  test('an API of a provider answers under its own name', async () => {
    const [ftp] = lab.world.addressesOf('ftp.northwind.example')
    const [address] = data(await ask(resolver, 'internetdb.shodan.io', 'A')) as string[]
    const reply = await get('internetdb.shodan.io', `/${ftp}`, { address: address! })
    expect(JSON.parse(reply.body)).toMatchObject({ ip: ftp, ports: [21, 22], hostnames: ['ftp.northwind.example'] })
    expect((await get('internetdb.shodan.io', '/198.18.77.77', { address: address! })).status).toBe(404)
  })

  test('fails on demand: a status, a sentence, a cut, a silence', async () => {
    const [address] = data(await ask(resolver, 'internetdb.shodan.io', 'A')) as string[]
    const once = async (): Promise<Reply> => get('internetdb.shodan.io', '/198.18.8.1', { address: address! })
    lab.failures.set('internetdb', { status: 429, headers: { 'retry-after': '7' }, times: 1 })
    expect(await once()).toMatchObject({ status: 429, headers: { 'retry-after': '7' } })
    lab.failures.set('internetdb.shodan.io', { body: 'API count exceeded', times: 1 })
    expect(await once()).toMatchObject({ status: 200, body: 'API count exceeded' })
    lab.failures.set('internetdb', { truncateAt: 5, times: 1 })
    expect((await once()).body).toBe('{"det<cut>')
    lab.failures.set('internetdb', { down: true })
    expect(await dial(address!, 443)).toBe(5)
  })

  test('hostile pages are as bad as they say', async () => {
    expect((await get('hostile.test', '/deep.json')).body.length).toBe(400_000)
    expect((await get('hostile.test', '/short')).body).toBe('<p>cut<cut>')
    expect((await get('hostile.test', '/not-gzip')).headers['content-encoding']).toBe('gzip')
  })
})

describe('the traffic log', () => {
  test('tells us from the resolver, and whose machine was reached', async () => {
    lab.log.clear()
    await ask(resolver, 'docs.northwind.example', 'A')
    await get('shop.northwind.example', '/')
    const entries = await log()
    const lines = entries.map(({ by, protocol, host, role, detail }) => `${by} ${protocol} ${host} ${role} ${detail}`)
    const [address] = lab.world.addressesOf('shop.northwind.example')
    expect(lines).toEqual([
      'client dns resolver1.root-servers.test infrastructure A docs.northwind.example',
      'resolver dns ns1.northwind.example target A docs.northwind.example',
      `client tcp shops.myshopify.com infrastructure ${address}:443`,
      'client https shop.northwind.example target GET /',
    ])
    expect(entries[0]?.from).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(entries[1]?.from).toBe(resolver)
  })
})

describe('the control port', () => {
  test('takes the lab away and brings it back on the same ports', async () => {
    const [host, port] = lab.description.dialMap.tcp.socks.split(':')
    await controlLab(lab.description, 'POST', '/away')
    const socket = connect({ host: host!, port: Number(port) })
    await expect(once(socket, 'connect')).rejects.toThrow('ECONNREFUSED')
    await controlLab(lab.description, 'POST', '/back')
    expect((await ask(resolver, 'northwind.example', 'A')).rcode).toBe('NOERROR')
    expect((await get('www.northwind.example', '/')).status).toBe(200)
  })

  test('sets failures, and says what is wrong with one', async () => {
    expect(await controlLab(lab.description, 'PUT', '/failures/crtsh', { status: 503 })).toEqual({
      crtsh: { status: 503 },
    })
    expect(await controlLab(lab.description, 'DELETE', '/failures/crtsh')).toEqual({})
    await expect(controlLab(lab.description, 'PUT', '/failures/crtsh', { state: 503 })).rejects.toThrow('not a failure')
    const stranger = { ...lab.description, control: { ...lab.description.control, token: 'guess' } }
    await expect(controlLab(stranger, 'GET', '/failures')).rejects.toThrow('token')
  })
})
