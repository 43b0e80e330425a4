import { readFileSync } from 'node:fs'
import { type RequestListener, createServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, type Socket, createServer as createTcpServer } from 'node:net'
import { formatAddress } from '@mirage/model/address.ts'
import type { DialMap } from '../dial/dial-map.ts'
import { readExactly } from '../dial/read.ts'

/** What stands at an `address:port` of a test's world: it is given the connection, already open. */
export type Stand = (socket: Socket) => void

/** A world behind a SOCKS5 server on loopback: what a dial map points to, as small as a test needs it. */
export interface TestLab extends AsyncDisposable {
  dialMap: DialMap
  /** Every `address:port` that was dialled, in order. */
  dialled: string[]
  /** Puts something at an `address:port`. What has nothing is refused; `silent` never answers. */
  stand(at: string, stand: Stand | 'silent'): void
  http(at: string, listener: RequestListener): void
  https(at: string, listener: RequestListener, certificate?: 'valid' | 'expired' | 'nameless' | 'common-name'): void
  /** Connections to something of the world open now. */
  readonly open: number
}

export function fixture(file: string): string {
  return readFileSync(new URL(`../fixtures/${file}`, import.meta.url), 'utf8')
}

export async function openTestLab(): Promise<TestLab> {
  const world = new Map<string, Stand | 'silent'>()
  const dialled: string[] = []
  const sockets = new Set<Socket>()
  const standing = new Set<Socket>()
  const socks = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    answer(socket).catch(() => socket.destroy())
  })

  async function answer(socket: Socket): Promise<void> {
    const [, methods] = await readExactly(socket, 2)
    await readExactly(socket, methods!)
    socket.write(Uint8Array.of(5, 0))
    const [, , , kind] = await readExactly(socket, 4)
    if (kind === 3) return void socket.end(Uint8Array.of(5, 8, 0, 1, 0, 0, 0, 0, 0, 0)) // literals only
    const address = formatAddress(await readExactly(socket, kind === 1 ? 4 : 16))
    const port = (await readExactly(socket, 2)).readUInt16BE()
    const at = `${address}:${port}`
    dialled.push(at)
    standing.add(socket)
    socket.on('close', () => standing.delete(socket))
    const stand = world.get(at)
    if (stand === 'silent') return void socket.resume() // reads on, to notice the end
    socket.write(Uint8Array.of(5, stand === undefined ? 5 : 0, 0, 1, 0, 0, 0, 0, 0, 0))
    if (stand === undefined) socket.end()
    else stand(socket)
  }

  await new Promise<void>((resolve) => socks.listen(0, '127.0.0.1', resolve))
  // A TCP server's address is an AddressInfo.
  const { port } = socks.address() as AddressInfo
  return {
    dialMap: {
      tcp: { socks: `127.0.0.1:${port}` },
      udp: {},
      resolvers: ['198.18.0.53'],
      networks: ['198.18.0.0/15', '2001:db8::/32'],
      ca: fixture('ca.pem'),
    },
    dialled,
    stand: (at, stand) => world.set(at, stand),
    http(at, listener) {
      const server = createServer(listener)
      world.set(at, (socket) => server.emit('connection', socket))
    },
    https(at, listener, certificate = 'valid') {
      const server = createHttpsServer(
        { key: fixture(`${certificate}.key`), cert: fixture(`${certificate}.pem`) },
        listener,
      )
      world.set(at, (socket) => server.emit('connection', socket))
    },
    get open() {
      return standing.size
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => socks.close(resolve))
    },
  }
}
