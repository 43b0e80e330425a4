import { formatAddress } from '@mirage/model/address.ts'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { TcpHub } from './hub.ts'

/** Replies of RFC 1928 §6. */
const replies = {
  succeeded: 0,
  hostUnreachable: 4,
  refused: 5,
  commandNotSupported: 7,
  addressTypeNotSupported: 8,
} as const

/** A SOCKS5 server (RFC 1928, no authentication, CONNECT to address literals) whose network is the world. */
export interface SocksServer extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  at: string
}

/** Listens on `bind`; port 0 takes a free one. Throws when the port is taken. */
export async function listenSocks(hub: TcpHub, bind: { address: string; port: number }): Promise<SocksServer> {
  const sockets = new Set<Socket>()
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    negotiate(socket, hub)
  })
  server.listen(bind.port, bind.address, 4096)
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address')
  return {
    at: `${bind.address}:${bound.port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function negotiate(socket: Socket, hub: TcpHub): void {
  let waiting: Buffer = Buffer.alloc(0)
  let greeted = false
  const fail = (): void => void socket.destroy()
  socket.on('error', fail)
  socket.setTimeout(30_000, fail)

  function onData(data: Buffer): void {
    waiting = waiting.length === 0 ? data : Buffer.concat([waiting, data])
    if (!greeted) {
      if (waiting.length < 2 || waiting.length < 2 + waiting[1]!) return
      if (waiting[0] !== 5) return fail()
      const offered = waiting.subarray(2, 2 + waiting[1]!)
      waiting = waiting.subarray(2 + waiting[1]!)
      socket.write(Uint8Array.of(5, offered.includes(0) ? 0 : 255))
      if (!offered.includes(0)) return void socket.end()
      greeted = true
      // Who has greeted may wait: that is how a client learns when the lab goes away.
      socket.setTimeout(0)
    }
    const request = readRequest(waiting)
    if (!request) return
    waiting = waiting.subarray(request.end)
    socket.off('data', onData)
    socket.pause()
    connect(socket, request, waiting, hub)
  }
  socket.on('data', onData)
}

interface Request {
  command: number
  /** Undefined for a name: who dials through the lab resolves by the lab's DNS. */
  address: string | undefined
  port: number
  end: number
}

function readRequest(bytes: Buffer): Request | undefined {
  if (bytes.length < 7) return undefined
  const kind = bytes[3]
  const size = kind === 1 ? 4 : kind === 4 ? 16 : 1 + bytes[4]!
  if (bytes.length < 6 + size) return undefined
  const address = kind === 1 || kind === 4 ? formatAddress(bytes.subarray(4, 4 + size)) : undefined
  return { command: bytes[1]!, address, port: bytes.readUInt16BE(4 + size), end: 6 + size }
}

function connect(socket: Socket, { command, address, port }: Request, rest: Buffer, hub: TcpHub): void {
  const refuse = (code: number): void => void socket.end(Uint8Array.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0))
  if (command !== 1) return refuse(replies.commandNotSupported)
  if (address === undefined) return refuse(replies.addressTypeNotSupported)
  const reception = hub.knock(address, port, `${socket.remoteAddress}:${socket.remotePort}`)
  if (reception === 'unknown') return refuse(replies.hostUnreachable)
  if (reception === 'refused') return refuse(replies.refused)
  if (reception === 'filtered') {
    // Nothing comes back from a filtered port; the client decides how long it waits.
    socket.setTimeout(0)
    socket.resume()
    return
  }
  socket.write(Uint8Array.of(5, replies.succeeded, 0, 1, 0, 0, 0, 0, 0, 0))
  socket.setTimeout(0)
  if (rest.length > 0) socket.unshift(rest)
  reception(socket)
  socket.resume()
}
