import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import type { ProviderReply } from '../../providers/provider.ts'
import type { Role } from '../../world/network.ts'
import { answerWeb } from '../../world/web.ts'
import type { World } from '../../world/world.ts'
import type { Failure, Failures } from '../failure.ts'
import type { Arrival } from '../tcp/hub.ts'
import type { TrafficLog } from '../traffic-log.ts'
import { answerHostile, isHostile } from './hostile.ts'

/** Every web server and provider API of the world, for connections that somebody else accepted. */
export interface HttpServers extends Disposable {
  serve(socket: Socket, arrival: Arrival): void
}

const maxBody = 1 << 20

/** Keys of providers in a URL: whoever asks the lab may have set a real one, and the log is kept and shown. */
const keyInQuery = /([?&](?:api_?)?key=)[^&]*/gi

export function makeHttpServers(world: World, log: TrafficLog, failures: Failures): HttpServers {
  const arrivals = new WeakMap<Socket, Arrival>()
  const server = createServer({ keepAliveTimeout: 15_000, requestTimeout: 60_000 }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      // A fault of the lab must be seen by whoever reads the answer, not end the lab.
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      response.end(`lab failure: ${error instanceof Error ? error.stack : String(error)}`)
    })
  })
  server.on('clientError', (_error, socket) => socket.destroy())

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrival = arrivals.get(request.socket)!
    const host = (request.headers.host ?? arrival.address)
      .toLowerCase()
      .replace(/:\d+$/, '')
      .replace(/\.$/, '')
      .replace(/^\[(.*)\]$/, '$1')
    const path = request.url ?? '/'
    log.record(
      'client',
      arrival.from,
      arrival.secure ? 'https' : 'http',
      host,
      roleOf(world, arrival, host),
      `${request.method} ${path.replace(keyInQuery, '$1[key]')}`,
    )
    const failure = failures.meet(arrival.provider?.provider?.id, host, arrival.address)
    if (failure?.delayMs !== undefined && !(await waited(failure.delayMs, response))) return
    if (failure?.silent) return
    if (failure?.down) return void request.socket.destroy()
    if (failure?.status !== undefined || failure?.body !== undefined)
      return send(
        response,
        {
          status: failure.status ?? 200,
          headers: { 'content-type': 'text/plain', ...failure.headers },
          body: failure.body ?? '',
        },
        request,
        failure,
      )
    if (arrival.provider?.provider) {
      const url = new URL(path, `${arrival.secure ? 'https' : 'http'}://${host}`)
      const body = await readBody(request)
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
      )
      send(
        response,
        await arrival.provider.provider.handle({ method: request.method ?? 'GET', url, headers, body }, world),
        request,
        failure,
      )
      return
    }
    if (isHostile(host)) return answerHostile(path, response)
    const page = answerWeb(world, { address: arrival.address, port: arrival.port, host, path })
    if (!page) return void request.socket.destroy()
    for (const [name, value] of Object.entries(page.headers)) response.setHeader(name, value)
    send(response, { status: page.status, body: page.body }, request, failure)
  }
  return {
    serve(socket, arrival) {
      arrivals.set(socket, arrival)
      server.emit('connection', socket)
    },
    [Symbol.dispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Sends a reply, compressed where the client takes it, cut short where a failure says so. */
function send(
  response: ServerResponse,
  reply: ProviderReply,
  request: IncomingMessage,
  failure: Failure | undefined,
): void {
  response.statusCode = reply.status
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value)
  if (request.method === 'HEAD') return void response.end()
  if (typeof reply.body !== 'string' && !(reply.body instanceof Uint8Array) && failure?.truncateAt === undefined)
    return void Readable.from(reply.body)
      .on('error', () => response.destroy())
      .pipe(response)
  let body =
    typeof reply.body === 'string'
      ? Buffer.from(reply.body, 'utf8')
      : reply.body instanceof Uint8Array
        ? Buffer.from(reply.body)
        : Buffer.from([...reply.body].join(''), 'utf8')
  if (failure?.truncateAt !== undefined) {
    response.setHeader('content-length', body.length)
    response.write(body.subarray(0, failure.truncateAt), () => response.socket?.destroy())
    return
  }
  if (body.length > 1024 && /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '')) {
    body = gzipSync(body)
    response.setHeader('content-encoding', 'gzip')
  }
  response.setHeader('content-length', body.length)
  response.end(body)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > maxBody) break
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** Resolves to false when the client left while it waited. */
async function waited(ms: number, response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(!response.destroyed), ms)
    response.once('close', () => {
      clearTimeout(timer)
      resolve(false)
    })
  })
}

/** A name of the demo group makes it the target, also on a machine that many share. */
function roleOf(world: World, { address, provider }: Arrival, host: string): Role {
  if (provider) return 'provider'
  for (let at = host; at !== ''; at = at.includes('.') ? at.slice(at.indexOf('.') + 1) : '') {
    const zone = world.zones.get(at)
    if (zone) return zone.role === 'target' ? 'target' : (world.machineAt(address)?.role ?? 'infrastructure')
  }
  return world.machineAt(address)?.role ?? world.networkOf(address)?.role ?? 'infrastructure'
}
