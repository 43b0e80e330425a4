import type { HttpAnswer, HttpRequest, TlsPeer } from '@mirage/model/exchange.ts'
import { decodeBody } from './decode.ts'
import type { Dialer, Peer } from '../dial/dialer.ts'
import { stopped, toNetworkError } from '../error.ts'
import { openGate } from '../limits/gate.ts'
import { requestHead } from './request.ts'
import { HungUp, type Line, openLine } from './line.ts'

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

/** A line nobody uses, closed when its time is over. */
interface Kept {
  line: Line
  timer: NodeJS.Timeout
}

const maxIdle = 512
const maxPerOrigin = 8

export function openHttpClient(dialer: Dialer): HttpClient {
  const idle = new Map<string, Kept[]>()
  let idleCount = 0
  const gate = openGate(maxPerOrigin)
  const lines = new Set<Line>()
  let closed = false

  /** A kept connection to one of the addresses that were checked for this very request; the others are no use to it. */
  function takeIdle(hop: Hop): Line | undefined {
    const addresses: string[] = hop.peer.addresses.length === 0 ? [''] : hop.peer.addresses
    for (const address of addresses) {
      const kept = idle.get(keyOf(hop, address))?.at(-1)
      if (kept !== undefined) {
        forget(kept)
        return kept.line
      }
    }
    return undefined
  }

  function keep(line: Line, forMs: number): void {
    if (!line.isOpen) return
    const kept: Kept = { line, timer: setTimeout(() => line.close(), forMs).unref() }
    const others = idle.get(line.key)
    if (others === undefined) idle.set(line.key, [kept])
    else others.push(kept)
    if (++idleCount > maxIdle) idle.values().next().value![0]!.line.close()
  }

  function forget(kept: Kept): void {
    clearTimeout(kept.timer)
    const { key } = kept.line
    const others = idle.get(key)!
    if (others.length === 1) idle.delete(key)
    else others.splice(others.indexOf(kept), 1)
    idleCount--
  }

  function onEnd(line: Line): void {
    lines.delete(line)
    const kept = idle.get(line.key)?.find((kept) => kept.line === line)
    if (kept !== undefined) forget(kept)
  }

  async function open(hop: Hop, signal: AbortSignal): Promise<Line> {
    const { anyCertificate, url, peer } = hop
    const isSecure = url.protocol === 'https:'
    const connection = await dialer.connect(peer, Number(url.port) || (isSecure ? 443 : 80), signal)
    const secured = isSecure ? await dialer.secure(connection, peer.host, { anyCertificate, signal }) : undefined
    const { address } = connection
    const line = openLine(secured?.socket ?? connection.socket, {
      key: keyOf(hop, address),
      address,
      ...(secured && { tls: secured.tls }),
      onEnd,
    })
    lines.add(line)
    if (closed) line.close()
    return line
  }

  async function sendOn(line: Line, head: string, hop: Hop, signal: AbortSignal): Promise<HopAnswer> {
    const { method, body: content, maxBytes } = hop
    const asked = { method, head, ...(content !== undefined && { body: content }), maxBytes }
    const { status, headers, truncated: isCut, keepMs, ...raw } = await line.send(asked, signal)
    if (keepMs > 0) keep(line, keepMs)
    const coding = String(headers['content-encoding'] ?? '')
    const { body, truncated } = await decodeBody(raw.body, coding, maxBytes)
    return {
      status,
      headers,
      body,
      truncated: truncated || isCut,
      address: line.address,
      ...(line.tls && { tls: line.tls }),
    }
  }

  return {
    enter: (url, signal) => gate.enter(url.origin, signal),
    async send(hop, signal) {
      const title = hop.url.host
      const head = requestHead(hop)
      try {
        const kept = takeIdle(hop)
        if (kept !== undefined)
          try {
            return await sendOn(kept, head, hop, signal)
          } catch (error) {
            // A server may close a kept connection at any time; what it cannot have acted on twice is sent once more.
            if (signal.aborted || !isRepeatable(hop.method) || !isHangUp(error)) throw error
          }
        return await sendOn(await open(hop, signal), head, hop, signal)
      } catch (error) {
        throw signal.aborted ? stopped(signal) : toNetworkError(error, title)
      }
    },
    [Symbol.dispose]() {
      closed = true
      for (const line of lines) line.close()
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
  if (error instanceof HungUp) return true
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}
