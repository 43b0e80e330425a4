import { createSocket } from 'node:dgram'
import type { Socket as UdpSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import dnsPacket from 'dns-packet'
import type { Answer, Packet } from 'dns-packet'
import { messageReader, withLength } from '../worker/tcp-port.ts'

/** A name server for tests: a few lines decide what it answers, on UDP and TCP of one loopback port. */
export interface FixtureServer extends AsyncDisposable {
  address: string
  port: number
  /** Names asked, lower case, in the order in which they came. */
  asked: { name: string; type: string; tcp: boolean; edns: boolean; at: number; raw: Buffer }[]
}

export interface Asked {
  /** Lower case. */
  name: string
  type: string
  tcp: boolean
  edns: boolean
  query: Packet
  raw: Buffer
}

/** What to answer: records, a response code, raw bytes, several raw messages, or nothing. */
export interface Said {
  answers?: Answer[]
  authorities?: Answer[]
  rcode?: number
  flags?: number
  /** Changes the encoded response before it goes out. */
  change?: (response: Buffer) => Buffer
  raw?: Buffer[]
  delayMs?: number
}

export async function startFixtureServer(say: (asked: Asked) => Said | undefined): Promise<FixtureServer> {
  const log: FixtureServer['asked'] = []
  const timers = new Set<NodeJS.Timeout>()
  const sockets = new Set<Socket>()

  function answer(raw: Buffer, tcp: boolean, send: (message: Buffer) => void): void {
    const query = dnsPacket.decode(raw)
    const question = query.questions![0]!
    const name = question.name.toLowerCase()
    const edns = (query.additionals ?? []).some((record) => record.type === 'OPT')
    log.push({ name, type: question.type, tcp, edns, at: performance.now(), raw })
    const said = say({ name, type: question.type, tcp, edns, query, raw })
    if (said === undefined) return
    const messages = said.raw ?? [respond(query, raw, said)]
    const timer = setTimeout(() => {
      timers.delete(timer)
      for (const message of messages) send(said.change === undefined ? message : said.change(message))
    }, said.delayMs ?? 0)
    timers.add(timer)
  }

  const tcp = createServer((socket) => {
    const read = messageReader()
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (data: Buffer) => {
      for (const message of read(data)) answer(message, true, (response) => socket.write(withLength(response)))
    })
  })
  const udp = await bindBoth(tcp)
  udp.on('message', (raw, peer) => answer(raw, false, (response) => udp.send(response, peer.port, peer.address)))
  const { port } = udp.address()

  return {
    address: '127.0.0.1',
    port,
    asked: log,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer)
      for (const socket of sockets) socket.destroy()
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ])
    },
  }
}

/** Binds a UDP socket, and the server to the same port: one that is free for the one may be taken for the other. */
async function bindBoth(tcp: Server): Promise<UdpSocket> {
  for (;;) {
    const udp = createSocket('udp4')
    await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve))
    const free = await new Promise<boolean>((resolve) => {
      tcp.once('error', () => resolve(false))
      tcp.listen(udp.address().port, '127.0.0.1', () => resolve(true))
    })
    if (free) return udp
    await new Promise<void>((resolve) => udp.close(() => resolve()))
  }
}

/** The response in wire form, its question repeated byte by byte as it came. */
export function respond(query: Packet, raw: Buffer, said: Said): Buffer {
  const response = dnsPacket.encode({
    type: 'response',
    id: query.id ?? 0,
    flags: (said.flags ?? 0x80) | (said.rcode ?? 0),
    questions: query.questions ?? [],
    answers: said.answers ?? [],
    authorities: said.authorities ?? [],
  })
  let end = 12
  while (raw[end] !== 0) end += raw[end]! + 1
  raw.copy(response, 12, 12, end)
  return response
}

/** An address record of a name. */
export function a(name: string, data: string, ttl = 60): Answer {
  return { type: 'A', name, ttl, data }
}

export function soa(name: string, minimum = 60): Answer {
  return {
    type: 'SOA',
    name,
    ttl: minimum,
    data: { mname: `ns.${name}`, rname: `host.${name}`, serial: 1, refresh: 2, retry: 3, expire: 4, minimum },
  }
}
