import type { LaneStats } from '../lane-options.ts'
import { anyResolver, noServer, verdicts } from '../packing.ts'
import type { Verdict } from '../packing.ts'
import type { WorkerLaneOptions } from '../protocol.ts'
import { isReadable, skimMessage } from '../wire/message.ts'
import { echoOf } from '../wire/query.ts'
import { Cache } from './cache.ts'
import { chooseUpstream } from './choice.ts'
import { Intake } from './intake.ts'
import type { Port } from './port.ts'
import { mayBeLie, probe, retestAfterMs } from './probe.ts'
import type { Query } from './query.ts'
import { Rate } from './rate.ts'
import type { SharedRates } from './rate.ts'
import { sendQuery } from './sender.ts'
import type { Post } from './streams.ts'
import { Upstream } from './upstream.ts'

const tickMs = 10

/** The questions of one run: its resolvers, its limits, its cache. Runs in the thread of the engine. */
export class WorkerLane {
  readonly #options: WorkerLaneOptions
  readonly #rates: SharedRates
  readonly #now: () => number
  readonly #upstreams: Upstream[]
  readonly #rate: Rate
  readonly #cache: Cache
  readonly #intake: Intake
  #paused = false
  #timer: NodeJS.Timeout | undefined
  #pumping = false
  #lastUpstream = 0
  #timedOut = 0
  #overTcp = 0

  constructor(options: WorkerLaneOptions, rates: SharedRates, now: () => number, post: Post) {
    this.#options = options
    this.#rates = rates
    this.#now = now
    this.#rate = new Rate(options.queriesPerSecond)
    this.#cache = new Cache(options.cacheBytes)
    this.#upstreams = options.resolvers.map((resolver, index) => {
      const rate = rates.join(`${resolver.address} ${resolver.port}`, resolver.perSecond)
      const upstream = new Upstream(index, resolver, rate, {
        message: (port, message) => this.#received(upstream, port, message),
        refused: (_, reason) => this.#refused(upstream, reason),
        broken: (port, reason) => this.#broken(upstream, port, reason),
        ready: () => this.#pumpSoon(),
      })
      if (options.probes === undefined) upstream.state = 'good'
      return upstream
    })
    this.#intake = new Intake(this.#upstreams, this.#cache, post)
  }

  ask(id: number, count: number, block: Uint8Array<ArrayBuffer>): void {
    this.#intake.accept(id, count, block)
    this.#startTimer()
    this.#pumpSoon()
  }

  cancel(id: number): void {
    this.#intake.cancel(id)
  }

  /** Nothing is sent from now on, and connections are closed; answers to what was sent are still taken. */
  pause(): void {
    this.#paused = true
    for (const upstream of this.#upstreams) {
      for (const query of upstream.dropTcp()) {
        upstream.open--
        this.#intake.giveBack(query)
      }
    }
  }

  resume(): void {
    this.#paused = false
    this.#startTimer()
    this.#pumpSoon()
  }

  stats(): LaneStats {
    return {
      asked: this.#intake.asked,
      answered: this.#intake.answered,
      fromCache: this.#intake.fromCache,
      sent: this.#upstreams.reduce((sum, upstream) => sum + upstream.sent, 0),
      timedOut: this.#timedOut,
      overTcp: this.#overTcp,
      cacheBytes: this.#cache.bytes,
      resolvers: this.#upstreams.map((upstream) => upstream.stats()),
    }
  }

  close(): void {
    this.#paused = true
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#intake.cancelAll()
    for (const upstream of this.#upstreams) {
      upstream.close()
      const { address, port, perSecond } = upstream.resolver
      this.#rates.leave(`${address} ${port}`, perSecond)
    }
  }

  #pumpSoon(): void {
    if (this.#pumping) return
    this.#pumping = true
    setImmediate(() => {
      this.#pumping = false
      this.#pump()
    })
  }

  /** Sends as much as windows and rates allow. */
  #pump(): void {
    if (this.#paused) return
    const now = this.#now()
    this.#testUpstreams(now)
    for (const upstream of this.#upstreams) this.#sendOwn(upstream, now)
    while (this.#rate.has(now)) {
      const query = this.#intake.next(now)
      if (query === undefined) break
      const upstream = query.overTcp ?? chooseUpstream(this.#upstreams, query, this.#lastUpstream, now)
      if (upstream === undefined) {
        this.#intake.giveBack(query)
        break
      }
      this.#lastUpstream = upstream.index
      this.#send(query, upstream, now)
    }
    for (const upstream of this.#upstreams) this.#sendOwn(upstream, now)
  }

  /** Probes, and questions that name this resolver; the intake may have brought some of those. */
  #sendOwn(upstream: Upstream, now: number): void {
    while (upstream.own.length > 0 && upstream.canTake(now) && this.#rate.has(now)) {
      const query = upstream.own.shift()!
      if (query.wanted) this.#send(query, upstream, now)
    }
  }

  #send(query: Query, upstream: Upstream, now: number): void {
    const tcp = query.overTcp !== undefined
    query.overTcp = undefined
    if (tcp) this.#overTcp++
    this.#rate.take()
    upstream.rate.take()
    sendQuery(query, upstream, tcp ? upstream.tcpPort(now) : upstream.udpPort(), this.#options, now)
  }

  #received(upstream: Upstream, port: Port, message: Buffer): void {
    const id = (message[0]! << 8) | message[1]!
    const query = message.length < 12 || message[2]! < 0x80 ? undefined : port.pending.get(id)
    if (query === undefined) {
      upstream.strays++
      return
    }
    const rcode = message[3]! & 15
    const echo = echoOf(message, query.bytes, query.from, query.to, query.type, query.caseBits)
    if (echo === 'other' || (echo === 'none' && rcode === 0)) {
      upstream.strays++
      return
    }
    const now = this.#now()
    port.pending.delete(id)
    upstream.open--
    upstream.heard(now, now - query.sentAt)
    if (!this.#paused) this.#pumpSoon()
    if (echo === 'other-case' && !port.tcp) {
      // Forged, or a server that does not repeat the case: over TCP nobody can forge it.
      query.otherCase = true
      return this.#repeatOverTcp(query, upstream)
    }
    if (echo === 'other-case' && query.otherCase && ++upstream.lowered >= 3) upstream.repeatsCase = false
    if ((message[2]! & 2) !== 0 && !port.tcp) {
      query.fallback = Buffer.from(message)
      query.fallbackServer = upstream.index
      return this.#repeatOverTcp(query, upstream)
    }
    if (rcode !== 0 && rcode !== 3) return this.#refusedBy(upstream, query, message, echo === 'none')
    upstream.refusals = 0
    const skim = skimMessage(message, 12 + query.to - query.from + 4)
    if (!skim.wellFormed || (!skim.plain && !isReadable(message))) return this.#malformed(upstream, query)
    if (query.refusedEdns === upstream) upstream.knowsEdns = false
    if (upstream.state === 'lying' && mayBeLie(upstream, message))
      return this.#finish(query, verdicts.lied, upstream.index, message)
    if (query.key !== '' && skim.ttl > 0 && this.#options.cacheBytes > 0)
      this.#cache.set(query.key, Buffer.from(message), upstream.index, now + skim.ttl * 1000)
    this.#finish(query, verdicts.asItSays, upstream.index, message, skim.ttl)
  }

  #repeatOverTcp(query: Query, upstream: Upstream): void {
    query.overTcp = upstream
    this.#intake.giveBack(query)
    this.#pumpSoon()
  }

  /** An error code: perhaps EDNS is not understood, else another resolver may know better. */
  #refusedBy(upstream: Upstream, query: Query, message: Buffer, bare: boolean): void {
    upstream.failed++
    const rcode = message[3]! & 15
    if (query.edns && (rcode === 1 || rcode === 4)) {
      query.edns = false
      query.refusedEdns = upstream
      query.tried = query.tried.slice(0, -1)
      return this.#intake.giveBack(query)
    }
    if (query.fallback === undefined) {
      if (bare) {
        const whole = query.empty()
        whole[3] = rcode
        query.fallback = whole
      } else query.fallback = Buffer.from(message)
      query.fallbackServer = upstream.index
    }
    if (rcode === 5 && this.#options.recursion) upstream.refusedUs(this.#now())
    if (this.#othersFor(query)) this.#retry(query)
    else this.#giveUp(query)
  }

  #malformed(upstream: Upstream, query: Query): void {
    upstream.failed++
    if (query.attempts < this.#options.attempts && this.#othersFor(query)) this.#retry(query)
    else this.#finish(query, verdicts.malformed, upstream.index, query.empty())
  }

  #othersFor(query: Query): boolean {
    if (query.via !== anyResolver) return false
    return this.#upstreams.some((other) => other.state === 'good' && !query.tried.includes(other))
  }

  /** One attempt brought nothing: another one, or the best there was. */
  #retry(query: Query): void {
    if (query.wanted && query.attempts >= this.#options.attempts) return this.#giveUp(query)
    this.#intake.giveBack(query)
    this.#pumpSoon()
  }

  #giveUp(query: Query): void {
    if (query.fallback !== undefined)
      return this.#finish(query, verdicts.asItSays, query.fallbackServer, query.fallback)
    this.#timedOut++
    this.#finish(query, verdicts.timeout, noServer, query.empty())
  }

  #finish(query: Query, verdict: Verdict, server: number, message: Uint8Array, ttl = 0): void {
    this.#intake.settled(query)
    query.sink.deliver(query, verdict, false, server, ttl, message)
    if (query.followers === undefined) return
    for (const follower of query.followers) follower.sink.deliver(follower, verdict, true, server, ttl, message)
  }

  /** No way to the peer: if somebody else can answer, what waits for it goes there at once. */
  #refused(upstream: Upstream, reason: string): void {
    if (!this.#upstreams.some((other) => other !== upstream && other.state === 'good')) return
    upstream.setAside(this.#now(), reason)
    for (const port of upstream.ports()) this.#abandon(upstream, port)
  }

  #broken(upstream: Upstream, port: Port, reason: string): void {
    const now = this.#now()
    upstream.replace(port, now)
    if (!port.tcp) upstream.setAside(now, reason)
    this.#abandon(upstream, port)
  }

  #abandon(upstream: Upstream, port: Port): void {
    const queries = [...port.pending.values()]
    port.pending.clear()
    for (const query of queries) {
      upstream.open--
      this.#retry(query)
    }
  }

  #testUpstreams(now: number): void {
    const { probes } = this.#options
    for (const upstream of this.#upstreams) {
      if (upstream.probing) continue
      if (upstream.state === 'aside' && now >= upstream.retryAt)
        upstream.state = probes === undefined ? 'good' : 'untested'
      if (probes === undefined) continue
      if (upstream.state === 'untested' || now - upstream.testedAt > retestAfterMs)
        probe(upstream, probes, this.#now, () => this.#pumpSoon())
    }
  }

  #startTimer(): void {
    this.#timer ??= setInterval(() => this.#tick(), tickMs)
  }

  #tick(): void {
    const now = this.#now()
    const overdue = now - this.#options.timeoutMs
    let busy = this.#intake.waiting
    for (const upstream of this.#upstreams) {
      upstream.rest(now)
      busy ||= upstream.open > 0 || upstream.own.length > 0 || upstream.probing
      const lateBefore = now - upstream.window.lateAfterMs
      let late = 0
      for (const port of upstream.ports()) {
        busy ||= port.tcp
        for (const [id, query] of port.pending) {
          if (query.sentAt < lateBefore) late++
          if (query.sentAt > overdue) continue
          port.pending.delete(id)
          upstream.open--
          upstream.unheard(now, query.sentAt)
          this.#retry(query)
        }
      }
      upstream.window.late(late)
    }
    if (busy) return this.#pump()
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
