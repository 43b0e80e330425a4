import type { Socket } from 'node:net'
import type { HttpAnswer, HttpRequest, TlsPeer } from '@mirage/model/exchange.ts'
import { Client, type Dispatcher } from 'undici'
import { acceptedEncodings, decodeBody } from './decode.ts'
import type { Dialer, Peer } from './dialer.ts'
import { stopped, toNetworkError } from './error.ts'
import { openGate } from './gate.ts'

/** One request to one checked peer, and no other: redirects, retries and limits stand above this. */
export interface Hop {
  method: HttpRequest['method']
  url: URL
  headers: Record<string, string>
  body?: string | Uint8Array
  peer: Peer
  anyCertificate: boolean
  /** Of the encoded body, and again of the decoded one. */
  maxBytes: number
}

export interface HopAnswer {
  status: number
  headers: HttpAnswer['headers']
  body: Uint8Array
  truncated: boolean
  address: string
  tls?: TlsPeer
}

/** An HTTP/1.1 client of one session: its pools are never shared with another policy, and end with it. */
export interface HttpClient extends Disposable {
  /** A place at this origin: a host sees a handful of connections at a time. Taken before the clock of a request starts. */
  enter(url: URL, signal: AbortSignal): Promise<Disposable>
  /** Throws a NetworkError, `cancelled` when the signal aborts for a reason that is none. */
  send(hop: Hop, signal: AbortSignal): Promise<HopAnswer>
}

/** A connection and the one client that owns it: the client can never open another. */
interface Line {
  key: string
  client: Client
  address: string
  tls?: TlsPeer
}

/** One for all: a stack for every connection that ends would cost more than ending it. */
const gone = new Error('the connection was given up')

const idleMs = 4_000
const maxIdle = 512
const maxPerOrigin = 8

export function openHttpClient(dialer: Dialer): HttpClient {
  const idle = new Map<string, Line[]>()
  let idleCount = 0
  const gate = openGate(maxPerOrigin)
  const lines = new Set<Line>()
  let closed = false

  /** A kept connection to one of the addresses that were checked for this very request; the others are no use to it. */
  function takeIdle(hop: Hop): Line | undefined {
    const addresses: string[] = hop.peer.addresses.length === 0 ? [''] : hop.peer.addresses
    for (const address of addresses) {
      const line = idle.get(keyOf(hop, address))?.at(-1)
      if (line !== undefined) {
        forget(line)
        return line
      }
    }
    return undefined
  }

  function keep(line: Line): void {
    if (closed || line.client.destroyed || !lines.has(line)) return drop(line)
    const kept = idle.get(line.key)
    if (kept === undefined) idle.set(line.key, [line])
    else kept.push(line)
    if (++idleCount > maxIdle) drop(idle.values().next().value![0]!)
  }

  function forget(line: Line): void {
    const kept = idle.get(line.key)
    const at = kept?.indexOf(line) ?? -1
    if (kept === undefined || at < 0) return
    kept.splice(at, 1)
    idleCount--
    if (kept.length === 0) idle.delete(line.key)
  }

  function drop(line: Line): void {
    forget(line)
    lines.delete(line)
    line.client.destroy(gone).catch(() => {})
  }

  async function openLine(hop: Hop, signal: AbortSignal): Promise<Line> {
    const secure = hop.url.protocol === 'https:'
    const port = Number(hop.url.port) || (secure ? 443 : 80)
    const { host } = hop.peer
    const connection = await dialer.connect(hop.peer, port, signal)
    const { anyCertificate } = hop
    const secured = secure ? await dialer.secure(connection, host, { anyCertificate, signal }) : undefined
    let socket: Socket | undefined = secured?.socket ?? connection.socket
    const client = new Client(hop.url.origin, {
      connect(_options, done) {
        if (socket === undefined) return done(new Error('the connection is gone'), null)
        const given = socket
        socket = undefined
        queueMicrotask(() => done(null, given)) // undici does not notice a connection that is there at once
      },
      allowH2: false,
      pipelining: 1,
      maxHeaderSize: 65_536,
      headersTimeout: 0, // the caller's signal bounds the whole exchange, a slow trickle included
      bodyTimeout: 0,
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: idleMs,
    })
    const { address } = connection
    const line: Line = { key: keyOf(hop, address), client, address, ...(secured && { tls: secured.tls }) }
    lines.add(line)
    client.on('disconnect', () => drop(line))
    if (closed) drop(line)
    return line
  }

  async function sendOn(line: Line, hop: Hop, signal: AbortSignal): Promise<HopAnswer> {
    try {
      const raw = await dispatch(line.client, hop, signal)
      if (raw.truncated) drop(line)
      else keep(line)
      const { body, truncated } = await decodeBody(
        raw.body,
        String(raw.headers['content-encoding'] ?? ''),
        hop.maxBytes,
      )
      return {
        status: raw.status,
        headers: raw.headers,
        body,
        truncated: truncated || raw.truncated,
        address: line.address,
        ...(line.tls && { tls: line.tls }),
      }
    } catch (error) {
      drop(line)
      throw error
    }
  }

  return {
    enter: (url, signal) => gate.enter(url.origin, signal),
    async send(hop, signal) {
      const title = hop.url.host
      try {
        const kept = takeIdle(hop)
        if (kept !== undefined)
          try {
            return await sendOn(kept, hop, signal)
          } catch (error) {
            // A server may close a kept connection at any time; what it cannot have acted on twice is sent once more.
            if (signal.aborted || !isRepeatable(hop.method) || !isHangUp(error)) throw error
          }
        return await sendOn(await openLine(hop, signal), hop, signal)
      } catch (error) {
        throw signal.aborted ? stopped(signal) : toNetworkError(error, title)
      }
    },
    [Symbol.dispose]() {
      closed = true
      for (const line of lines) drop(line)
    },
  }
}

/** Session, policy generation and proxy are the client itself. */
function keyOf({ url, anyCertificate }: Hop, address: string): string {
  return `${url.origin} ${address} ${anyCertificate}`
}

function isRepeatable(method: HttpRequest['method']): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

function isHangUp(error: unknown): boolean {
  // A line that ends while a request waits on it is dropped, and the request with it, before anything was sent.
  if (error === gone) return true
  if (!(error instanceof Error) || !('code' in error)) return false
  return (
    error.code === 'UND_ERR_SOCKET' ||
    error.code === 'ECONNRESET' ||
    error.code === 'EPIPE' ||
    error.code === 'UND_ERR_DESTROYED'
  )
}

interface RawAnswer {
  status: number
  headers: HttpAnswer['headers']
  body: Buffer
  truncated: boolean
}

function dispatch(client: Client, hop: Hop, signal: AbortSignal): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let status = 0
    let headers: HttpAnswer['headers'] = {}
    const chunks: Buffer[] = []
    let size = 0
    function finish(act: () => void): void {
      signal.removeEventListener('abort', abort)
      act()
    }
    function answer(truncated: boolean): void {
      finish(() => resolve({ status, headers, body: Buffer.concat(chunks), truncated }))
    }
    function abort(): void {
      // Aborts in this package carry an Error.
      const reason = signal.reason as Error
      controller?.abort(reason)
      client.destroy(reason).catch(() => {})
      finish(() => reject(reason))
    }
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) return abort()
    client.dispatch(
      {
        method: hop.method,
        path: hop.url.pathname + hop.url.search,
        headers: { 'accept-encoding': acceptedEncodings, ...hop.headers },
        body: hop.body ?? null,
      },
      {
        onRequestStart(given) {
          controller = given
        },
        onResponseStart(_controller, code, given) {
          if (code < 200) return
          status = code
          headers = cleanHeaders(given)
        },
        onResponseData(given, chunk) {
          chunks.push(chunk.length > hop.maxBytes - size ? chunk.subarray(0, hop.maxBytes - size) : chunk)
          size += chunk.length
          if (size <= hop.maxBytes) return
          answer(true)
          given.abort(new Error('read enough'))
        },
        onResponseEnd() {
          answer(false)
        },
        onResponseError(_controller, error) {
          finish(() => reject(error))
        },
      },
    )
  })
}

function cleanHeaders(given: Record<string, string | string[] | undefined>): HttpAnswer['headers'] {
  const headers: HttpAnswer['headers'] = {}
  for (const [name, value] of Object.entries(given)) if (value !== undefined) headers[name] = value
  return headers
}
