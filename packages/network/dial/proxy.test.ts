import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { NetworkError } from '../error.ts'
import { parseProxy } from './proxy.ts'
import { readExactly, readUntil } from './read.ts'
import type { NetworkOptions, Session } from '../session.ts'
import { testEngine } from '../testing/engine.ts'
import { get, testNetwork, testScope, testSession, testTask } from '../testing/session.ts'

const never = new AbortController().signal
const closers: (() => PromiseLike<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A proxy that answers every connection from `listener`; it notes what it was asked to connect to. */
async function openProxy(
  kind: 'http' | 'socks',
  listener: RequestListener,
  handshake = kind === 'http' ? httpHandshake : socksHandshake,
): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const world = createHttpServer(listener)
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    void serve(socket)
  })

  async function serve(socket: Socket): Promise<void> {
    try {
      asked.push(await handshake(socket))
      world.emit('connection', socket)
    } catch {
      socket.destroy()
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  // A TCP server's address is an AddressInfo.
  return { port: (server.address() as AddressInfo).port, asked }
}

async function httpHandshake(socket: Socket): Promise<string> {
  const head = await readUntil(socket, '\r\n\r\n', 10_000)
  socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
  const authorization = /proxy-authorization: basic (\S+)/i.exec(head)?.[1]
  return `${head.split(' ')[1]} ${authorization === undefined ? '' : Buffer.from(authorization, 'base64').toString()}`.trim()
}

async function socksHandshake(socket: Socket): Promise<string> {
  const [, methods] = await readExactly(socket, 2)
  const offered = await readExactly(socket, methods!)
  let user = ''
  if (offered.includes(2)) {
    socket.write(Uint8Array.of(5, 2))
    const [, userLength] = await readExactly(socket, 2)
    const name = await readExactly(socket, userLength!)
    const password = await readExactly(socket, (await readExactly(socket, 1))[0]!)
    user = ` ${name.toString()}:${password.toString()}`
    socket.write(Uint8Array.of(1, 0))
  } else socket.write(Uint8Array.of(5, 0))
  const [, , , kind] = await readExactly(socket, 4)
  const host =
    kind === 3
      ? (await readExactly(socket, (await readExactly(socket, 1))[0]!)).toString()
      : (await readExactly(socket, kind === 1 ? 4 : 16)).join('.')
  const port = (await readExactly(socket, 2)).readUInt16BE()
  socket.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0))
  return `${host}:${port}${user}`
}

function open(
  proxy: string,
  options: Partial<NetworkOptions> = {},
): { session: Session; engine: ReturnType<typeof testEngine> } {
  const engine = testEngine({ 'www.northwind.example A': ['93.184.216.34'] })
  const session = testSession(testNetwork({ engine, ...options }), {
    scope: testScope(['northwind.example', '93.184.216.35'], ['shop.northwind.example']),
    proxy,
  })
  closers.push(() => session[Symbol.asyncDispose]())
  return { session, engine }
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((error: unknown) => error)
  if (!(error instanceof NetworkError)) throw new Error(`no NetworkError: ${String(error)}`)
  return error.reason
}

const hello: RequestListener = (request, response) => response.end(`hello ${request.headers.host}`)

describe.each(['http', 'socks'] as const)('an %s proxy', (kind) => {
  const scheme = kind === 'http' ? 'http' : 'socks5h'

  test('is given names, nothing is resolved here', async () => {
    const { port, asked } = await openProxy(kind, hello)
    const { session, engine } = open(`${scheme}://127.0.0.1:${port}`)
    const answer = await testTask(session).request(get('http://www.northwind.example/'), never)
    expect(Buffer.from(answer.body).toString()).toBe('hello www.northwind.example')
    expect(answer.address).toBe('')
    expect(asked).toEqual(['www.northwind.example:80'])
    expect(engine.asked).toEqual([])
  })

  test('is given user and password', async () => {
    const { port, asked } = await openProxy(kind, hello)
    const { session } = open(`${scheme}://jane:p%40ss@127.0.0.1:${port}`)
    await testTask(session).request(get('http://www.northwind.example/'), never)
    expect(asked).toEqual(['www.northwind.example:80 jane:p@ss'])
  })

  test('opens nothing that the guard refuses', async () => {
    const { port, asked } = await openProxy(kind, hello)
    const { session } = open(`${scheme}://127.0.0.1:${port}`)
    const task = testTask(session)
    const stored = { contact: 'stored' } as const
    expect(await reasonOf(task.request(get('http://127.9.9.9/', stored), never))).toBe('special-address')
    expect(await reasonOf(task.request(get('http://169.254.169.254/', stored), never))).toBe('special-address')
    expect(await reasonOf(task.request(get('http://localhost/', stored), never))).toBe('special-name')
    expect(await reasonOf(task.request(get('http://other.example/'), never))).toBe('not-in-scope')
    expect(await reasonOf(task.request(get('http://shop.northwind.example/'), never))).toBe('excluded')
    expect(
      await reasonOf(task.request(get('http://www.northwind.example/', { address: '93.184.216.34' }), never)),
    ).toBe('not-in-scope')
    expect(asked).toEqual([])
  })

  test('that is away closes the way out: nothing goes around it, DNS neither', async () => {
    const { port, asked } = await openProxy(kind, hello)
    for (const close of closers.splice(0)) await close()
    const { session, engine } = open(`${scheme}://127.0.0.1:${port}`)
    const task = testTask(session)
    expect(await reasonOf(task.request(get('http://www.northwind.example/'), never))).toBe('proxy')
    expect(await reasonOf(task.dns.resolve('www.northwind.example', 'A'))).toBe('proxy')
    expect(await reasonOf(task.tls.peer('www.northwind.example', 443))).toBe('proxy')
    expect(asked).toEqual([])
    expect(engine.asked).toEqual([])
  })

  test('behind which a host takes no connection: it is given up long before one that takes its time to answer', async () => {
    const { port, asked } = await openProxy(kind, hello, async (socket) => {
      await new Promise((resolve) => socket.once('data', resolve))
      asked.push('asked')
      return new Promise(() => {})
    })
    const { session } = open(`${scheme}://127.0.0.1:${port}`, { proxyPatienceMs: 200 })
    const task = testTask(session)
    const slow = get('http://www.northwind.example/', { timeoutMs: 3_600_000 })
    const reasons = [task.request(slow, never), task.tls.peer('www.northwind.example', 443)].map(reasonOf)
    expect(await Promise.all(reasons)).toEqual(['timed-out', 'timed-out'])
    expect(asked).toEqual(['asked', 'asked'])
    const ports = await Array.fromAsync(task.tcp.scan('93.184.216.35', [443]))
    expect(ports).toMatchObject([{ port: 443, state: 'filtered' }])
    expect(asked, 'a silent port is asked about once').toHaveLength(3)
  })
})

test.each([
  ['http', (socket: Socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')],
  ['http', (socket: Socket) => socket.end(Buffer.alloc(100_000, 'x'))],
  ['http', (socket: Socket) => socket.end()],
  ['socks', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['socks', (socket: Socket) => socket.end(Uint8Array.of(5, 255))],
  ['socks', (socket: Socket) => socket.end(Uint8Array.of(5, 0, 5, 1, 0, 1, 0, 0, 0, 0, 0, 0))],
] as const)('a broken %s proxy is an error, not a way around', async (kind, say) => {
  const { port } = await openProxy(kind, hello, async (socket) => {
    say(socket)
    throw new Error('said')
  })
  const { session } = open(`${kind === 'http' ? 'http' : 'socks5h'}://127.0.0.1:${port}`)
  const error: unknown = await testTask(session)
    .request(get('http://www.northwind.example/'), never)
    .catch((error: unknown) => error)
  expect(error).toMatchObject({ outcome: 'unreachable' })
})

test.each(['socks5://127.0.0.1:9050', 'socks4://127.0.0.1', 'https://127.0.0.1', '127.0.0.1:8080', 'nonsense', ''])(
  '“%s” is not a proxy this can use',
  (text) => {
    expect(() => parseProxy(text)).toThrow(NetworkError)
  },
)

test('onion names are reached through a proxy only', async () => {
  const { port, asked } = await openProxy('socks', hello)
  const onion = 'duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion'
  const { session } = open(`socks5h://127.0.0.1:${port}`)
  const answer = await testTask(session).request(get(`http://${onion}/`, { contact: 'stored' }), never)
  expect(answer.status).toBe(200)
  expect(asked).toEqual([`${onion}:80`])
})
