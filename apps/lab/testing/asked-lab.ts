import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { type Answer, type DecodedPacket, decode, DNSSEC_OK, encode, type Packet, RECURSION_DESIRED } from 'dns-packet'
import { type Lab, readLabLog, startLab, type TrafficEntry } from '../lab.ts'

export type Reading = DecodedPacket & { rcode: string }

export interface Reply {
  status: number
  headers: Record<string, unknown>
  body: string
}

/** The demo lab in this process, and what a client can do to it over its sockets. */
export interface AskedLab extends AsyncDisposable {
  lab: Lab
  /** One question over UDP to the server at an address of the world. */
  ask(
    server: string,
    name: string,
    type: string,
    options?: { edns?: boolean; dnssec?: boolean; waitMs?: number },
  ): Promise<Reading>
  /** A connection through the lab's SOCKS server, or the number of its refusal. */
  dial(address: string, port: number): Promise<Socket | number>
  /** The same; throws where it is refused. */
  opened(address: string, port: number): Promise<Socket>
  /** A TLS connection to a host, by name unless it is empty; a certificate that is not trusted is no error. */
  secured(host: string, address?: string, port?: number): Promise<TLSSocket>
  /** A page over TLS, or without; what came before a cut ends in `<cut>`. */
  get(host: string, path: string, options?: { address?: string; plain?: boolean }): Promise<Reply>
  /** What the traffic log has by now. */
  log(): Promise<TrafficEntry[]>
}

/** The resolver of the world that does not lie. */
export const resolver = '198.18.0.53'

export async function openAskedLab(): Promise<AskedLab> {
  const directory = mkdtempSync(join(tmpdir(), 'lab-'))
  const lab = await startLab({ size: 'demo', seed: 7, directory })

  async function ask(
    server: string,
    name: string,
    type: string,
    options: { edns?: boolean; dnssec?: boolean; waitMs?: number } = {},
  ): Promise<Reading> {
    const at = lab.description.dialMap.udp[`${server}:53`]!
    const [host, port] = at.split(':')
    const socket = createSocket('udp4')
    try {
      const flags = options.dnssec === true ? DNSSEC_OK : 0
      const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, flags } as Answer
      const additionals = options.edns === false ? [] : [opt]
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

  return {
    lab,
    ask,
    dial,
    opened,
    secured,
    get,
    log,
    async [Symbol.asyncDispose]() {
      await lab[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true })
    },
  }
}

/** So many bytes of a connection. */
export async function take(socket: Socket, size: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(size) as Buffer | null
    if (bytes) return bytes
    await once(socket, 'readable')
  }
}

/** The data of each answer. */
export function data(packet: Packet): unknown[] {
  return (packet.answers ?? []).map((answer) => ('data' in answer ? answer.data : undefined))
}
