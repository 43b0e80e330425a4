import type { ResolverState, ResolverStats } from '../lane-options.ts'
import type { WorkerResolver } from '../protocol.ts'
import type { Port, PortEvents } from './port.ts'
import type { Query } from './query.ts'
import { random16 } from '../random.ts'
import type { Rate } from './rate.ts'
import { openTcpPort } from './tcp-port.ts'
import { openUdpPort, packetTrueSize } from './udp-port.ts'
import { Window } from './window.ts'

const largestWindow = 1_024
/** One of them is chosen at random for each query, so that its answer is harder to forge (RFC 5452 §9.2). */
const sourcePorts = 4
/** Time-outs in a row, with no answer between them, that set a resolver aside. */
const patience = 16
const firstAsideMs = 1_000
const longestAsideMs = 60_000

/** One resolver as one lane sees it: its sockets, how many queries it bears, and whether it can be believed. */
export class Upstream {
  readonly index: number
  readonly resolver: WorkerResolver
  readonly rate: Rate
  /** Itself: what was tried by a query that only it was asked. */
  readonly alone: readonly Upstream[] = [this]
  window = new Window(largestWindow)
  state: ResolverState = 'untested'
  reason: string | undefined
  probing = false
  testedAt = -Infinity
  open = 0
  /** Queries that only this resolver may answer: probes, and questions that name it. */
  readonly own: Query[] = []
  /** False once it has shown that it does not repeat the case of names. */
  repeatsCase = true
  /** False once it has answered only without EDNS. */
  knowsEdns = true
  /** Addresses it gives for names that do not exist. */
  lies = new Set<string>()
  /** It gave a known name other addresses: nothing it says can be believed. */
  falsifies = false
  sent = 0
  answered = 0
  timedOut = 0
  failed = 0
  strays = 0
  lowered = 0
  receiveBufferBytes = 0
  retryAt = 0
  /** REFUSED in a row. */
  refusals = 0
  /** Queries not answered since the last that was. */
  silent = 0
  readonly #events: PortEvents
  #ports: Port[] = []
  #tcp: Port | undefined
  #tcpUsedAt = 0
  #openAgainAt = 0
  #heardAt = -Infinity
  #asideMs = firstAsideMs

  constructor(index: number, resolver: WorkerResolver, rate: Rate, events: PortEvents) {
    this.index = index
    this.resolver = resolver
    this.rate = rate
    this.#events = events
  }

  /** True when a query may go to it now. Opens its sockets when it has none. */
  canTake(now: number): boolean {
    if (this.open >= this.window.size || !this.rate.has(now)) return false
    if (this.#ports.length < sourcePorts && now >= this.#openAgainAt) this.#openPorts()
    for (const port of this.#ports) if (port.ready) return true
    return false
  }

  #openPorts(): void {
    const { address, port } = this.resolver
    while (this.#ports.length < sourcePorts) {
      this.#ports.push(
        openUdpPort(address, port, this.#events, (bytes) => {
          if (this.receiveBufferBytes !== 0) return
          this.receiveBufferBytes = bytes
          const room = Math.floor((bytes * sourcePorts) / packetTrueSize)
          if (room < largestWindow) this.window = new Window(room)
        }),
      )
    }
  }

  /** A ready UDP port chosen at random. Only after `canTake`. */
  udpPort(): Port {
    const start = random16() % this.#ports.length
    for (let i = 0; i < this.#ports.length; i++) {
      const port = this.#ports[(start + i) % this.#ports.length]!
      if (port.ready) return port
    }
    throw new Error('a resolver without a ready port was chosen')
  }

  tcpPort(now: number): Port {
    this.#tcpUsedAt = now
    return (this.#tcp ??= openTcpPort(this.resolver.address, this.resolver.port, this.#events))
  }

  /** Gives up the connection when it has been idle for a while. */
  rest(now: number): void {
    if (this.#tcp !== undefined && this.#tcp.pending.size === 0 && now - this.#tcpUsedAt > 2_000) this.dropTcp()
  }

  /** Closes the connection; what was pending on it is answered. */
  dropTcp(): Query[] {
    const tcp = this.#tcp
    if (tcp === undefined) return []
    this.#tcp = undefined
    tcp.close()
    return [...tcp.pending.values()]
  }

  /** A port that failed is closed; UDP gets a fresh one, on another source port, after a moment. */
  replace(port: Port, now: number): void {
    this.#openAgainAt = now + firstAsideMs
    port.close()
    if (port === this.#tcp) this.#tcp = undefined
    this.#ports = this.#ports.filter((other) => other !== port)
  }

  *ports(): Generator<Port> {
    yield* this.#ports
    if (this.#tcp !== undefined) yield this.#tcp
  }

  heard(now: number, rttMs: number): void {
    this.silent = 0
    this.#heardAt = now
    this.#asideMs = firstAsideMs
    this.answered++
    this.window.answered(rttMs)
  }

  /** A query was not answered in time. It counts as silence only when nothing else was heard since it was sent. */
  unheard(now: number, sentAt: number): void {
    this.timedOut++
    this.window.lost()
    if (this.#heardAt >= sentAt) return
    if (++this.silent >= patience) this.setAside(now, 'does not answer')
  }

  /** It does not want to resolve for us. A single refusal may be about one name. */
  refusedUs(now: number): void {
    if (++this.refusals >= patience) this.setAside(now, 'refuses')
  }

  setAside(now: number, reason: string): void {
    if (this.state === 'lying') return
    if (this.state === 'aside' && now < this.retryAt) return
    this.state = 'aside'
    this.reason = reason
    this.retryAt = now + this.#asideMs
    this.#asideMs = Math.min(longestAsideMs, this.#asideMs * 2)
  }

  stats(): ResolverStats {
    const { state, reason, sent, answered, timedOut, failed, strays, receiveBufferBytes } = this
    const stats: ResolverStats = {
      resolver: this.resolver.label,
      state,
      sent,
      answered,
      timedOut,
      failed,
      strays,
      window: this.window.size,
      receiveBufferBytes,
    }
    if (reason !== undefined) stats.reason = reason
    if (this.window.rttMs !== undefined) stats.rttMs = this.window.rttMs
    return stats
  }

  close(): void {
    for (const port of this.ports()) port.close()
    this.#ports = []
    this.#tcp = undefined
  }
}
