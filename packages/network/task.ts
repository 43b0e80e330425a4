import type { Contact } from '@mirage/model/contact.ts'
import { isWithinContact } from '@mirage/model/contact.ts'
import type {
  DnsAnswer,
  DnsQuestion,
  DnsRecord,
  HttpAnswer,
  HttpRequest,
  RecordType,
  TcpBanner,
  TlsPeer,
} from '@mirage/model/exchange.ts'
import { cancelled, isUnanswered, NetworkError, refused } from './error.ts'
import { type Exchange, type Frame, type TaskKey, exchangeId, openKeys } from './record/exchange.ts'
import { type Pair, decodeFrame, encodeFrame } from './record/frame.ts'
import { type Host, type Policy, hostOf, policyForUrl } from './guard.ts'
import { bucketOf } from './limits/limiter.ts'
import { quotasOf } from './limits/quota.ts'
import { type Redactor, openRedactor } from './record/redact.ts'
import { type Route, routeTo } from './dial/route.ts'
import type { SessionContext } from './session.ts'
import { recordedPage, requestHttp } from './task-http.ts'
import { openTaskDns } from './task-dns.ts'
import { withFailure, withRecorder } from './task-failure.ts'
import { scanPorts } from './tcp.ts'
import { peekTls } from './tls.ts'
import { queryWhois } from './whois.ts'

export interface TaskOptions {
  module: string
  task: string
  /** 1 for the first; from 2 on what earlier attempts recorded is read instead of asked again. */
  attempt: number
  /** What the module declares: no request of it may declare more. */
  contact: Contact
  /** `group` is whose limits these are: modules of one source share them. */
  limits: { group: string; perMinute?: number; perSecond?: number; perHour?: number; perDay?: number }
  /** Values that are never recorded, logged or thrown: the module's keys. */
  secrets: string[]
  /** Hosts in scope for this task beyond the run's scope: what it was leased for. Canonical. */
  admits?: string[]
  signal: AbortSignal
  /** Called before anything is sent; throws when the task's reserved budget is used up. */
  spend: (kind: 'request' | 'query', count: number) => void
}

/** The ways out of one attempt: what a module is given, before the face for authors. */
export interface Task extends AsyncDisposable {
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>
  /** The last page that answered for this URL in this run; sends nothing. */
  recorded(url: string, signal: AbortSignal): Promise<HttpAnswer | undefined>
  dns: {
    resolve(name: string, type: RecordType): Promise<DnsAnswer>
    resolveMany(questions: Iterable<DnsQuestion> | AsyncIterable<DnsQuestion>): AsyncIterable<DnsAnswer>
    guess(parent: string, labels: Iterable<string>): AsyncIterable<DnsAnswer>
    isWildcard(parent: string, type: RecordType): Promise<boolean>
    transfer(zone: string, server: string): Promise<{ records: DnsRecord[]; exchange: string } | undefined>
  }
  tcp: {
    scan(address: string, ports: Iterable<number>, options?: { onBehalfOf?: string }): AsyncIterable<TcpBanner>
  }
  tls: {
    peer(
      host: string,
      port: number,
      options?: { address?: string },
    ): Promise<(TlsPeer & { address: string; exchange: string }) | undefined>
  }
  whois: { query(server: string, text: string): Promise<{ text: string; exchange: string }> }
  /** The source has said that its quota is used up: its modules send nothing more until the next one begins. */
  exhausted(): Promise<void>
  /**
   * About what a question or a request brought no answer, so that what is missing there may be there all the same: names
   * that were asked for in the DNS, and `''` for anything else.
   */
  readonly unanswered: ReadonlySet<string>
  /**
   * What the recorder threw, or that the DNS thread died: the task was stopped then, and this attempt counts for nothing.
   * Undefined where nothing of that was.
   */
  readonly trouble: unknown
}

/** What the ways out of a task share. */
export interface TaskContext extends SessionContext {
  task: TaskOptions
  redactor: Redactor
  /** Stops the task and throws: a store or a thread of ours failed, so that this attempt counts for nothing. */
  fail(error: unknown): never
  /** Notes that a question about this name brought no answer; of anything else without one. */
  noAnswer(name?: string): void
  /** Checks a host for this task and finds the way to it; `pinned` is an address to ask on its behalf. */
  route(host: Host, declared: Contact, pinned: string | undefined, signal: AbortSignal): Promise<Route>
  /** The same for a URL, which rules may name too. */
  routeUrl(url: URL, declared: Contact, pinned: string | undefined, signal: AbortSignal): Promise<Route>
  /** Resolves when a request to this peer may leave; it is spent then. */
  admit(route: Route, signal: AbortSignal): Promise<void>
  /** The key that holds back requests to this peer: the source's group, or the target's host. */
  limitKey(route: Route): string
  /** What was recorded for this, or what `send` answers, recorded. */
  exchange(
    kind: Exchange['kind'],
    asked: object,
    send: () => Promise<Sent>,
    cache?: { maxAgeMs: number; credentials: boolean },
  ): Promise<Exchange>
  /** Answers of earlier attempts, by question. */
  remembered(kind: Frame['kind']): Promise<ReadonlyMap<string, Remembered>>
  /** Records pairs as a frame and answers its id. */
  recordFrame(kind: Frame['kind'], pairs: Pair[]): Promise<string>
}

/** A recorded answer (undefined: there was nothing) and the frame that holds it. */
export interface Remembered {
  answer: object | undefined
  exchange: string
  /** Of nothing: the seconds for which that held. */
  ttl?: number
}

export type Sent = Omit<Exchange, 'id' | 'key' | 'kind' | 'at' | 'elapsedMs'>

export function openTask(session: SessionContext, task: TaskOptions): Task {
  const stop = new AbortController()
  const signal = AbortSignal.any([session.signal, task.signal, stop.signal])
  let trouble: unknown
  /** Whatever the module makes of it: what cannot be recorded must not be asked. */
  function fail(error: unknown): never {
    trouble ??= error
    stop.abort(cancelled('What comes back cannot be read or recorded.'))
    throw error
  }
  const network = withRecorder(session.network, fail)
  const unanswered = new Set<string>()
  const noAnswer = (name = ''): void => void unanswered.add(name)
  const lookUps = withFailure(session.lookUps, fail, noAnswer)
  const opened = openContext({ ...session, network, lookUps }, task, signal)
  const underWay = new Set<Promise<Exchange>>()
  const context: TaskContext = {
    ...opened,
    fail,
    noAnswer,
    exchange(...given) {
      const exchange = opened.exchange(...given)
      underWay.add(exchange)
      const ended = (): boolean => underWay.delete(exchange)
      exchange.then(ended, (error: unknown) => {
        ended()
        if (error instanceof NetworkError && isUnanswered(error)) noAnswer()
      })
      return exchange
    },
  }
  const dns = openTaskDns(context)
  return {
    request: (request, signal) => requestHttp(context, request, signal),
    recorded: (url) => recordedPage(context, url),
    dns,
    tcp: { scan: (address, ports, options) => scanPorts(context, address, ports, options) },
    tls: { peer: (host, port, options) => peekTls(context, host, port, options) },
    whois: { query: (server, text) => queryWhois(context, server, text) },
    exhausted: () => network.limiter.exhaust(`source:${task.limits.group}`, quotasOf(task.limits)),
    unanswered,
    get trouble() {
      return trouble
    },
    async [Symbol.asyncDispose]() {
      stop.abort(cancelled('The task has ended.'))
      // What is being recorded is there when the next attempt begins.
      await Promise.allSettled(underWay)
    },
  }
}

function openContext(
  session: SessionContext,
  task: TaskOptions,
  signal: AbortSignal,
): Omit<TaskContext, 'fail' | 'noAnswer'> {
  const { network, options, lookUps } = session
  const { recorder, limiter, now } = network
  const key: TaskKey = { workspace: options.workspace, run: options.run, module: task.module, task: task.task }
  const policy: Policy = { ...session.policy, ...(task.admits && { admits: new Set(task.admits) }) }
  const nextKey = openKeys(key, options.world)
  const source = `source:${task.limits.group}`
  const bucket = bucketOf(task.limits)
  const quotas = quotasOf(task.limits)
  const runBucket = options.maxRate === undefined ? undefined : bucketOf({ perSecond: options.maxRate })
  let frames: Promise<Record<Frame['kind'], Map<string, Remembered>>> | undefined

  async function routeBy(
    policy: Policy,
    host: Host,
    declared: Contact,
    pinned: string | undefined,
    signal: AbortSignal,
  ): Promise<Route> {
    if (!isWithinContact(declared, task.contact) || task.contact === 'none') {
      const detail = `${task.module} declares “${task.contact}” contact and asked for “${declared}” to ${host.name ?? host.address}.`
      throw refused('contact-ceiling', detail)
    }
    return routeTo(policy, host, declared, { pinned, resolve: lookUps.resolveHost, signal })
  }

  function limitKey({ contact, peer }: Route): string {
    return contact === 'target' ? `host:${peer.host.name ?? peer.host.address}` : source
  }

  return {
    ...session,
    policy,
    task,
    signal,
    redactor: openRedactor(task.secrets, []),
    limitKey,

    route: (host, declared, pinned, signal) => routeBy(policy, host, declared, pinned, signal),
    routeUrl: async (url, declared, pinned, signal) =>
      routeBy(policyForUrl(policy, url), hostOf(url), declared, pinned, signal),

    async admit(route, signal) {
      // What is held back costs the run nothing.
      await limiter.admit(limitKey(route), undefined, 1, signal)
      if (quotas.length > 0) await limiter.count(source, quotas, signal)
      task.spend('request', 1)
      if (runBucket !== undefined) await limiter.admit(`run:${options.run}`, runBucket, 1, signal)
      if (bucket !== undefined) await limiter.admit(source, bucket, 1, signal)
      await limiter.admit(limitKey(route), undefined, 1, signal)
    },

    async exchange(kind, asked, send, cache) {
      const exchangeKey = nextKey(kind, asked)
      const id = exchangeId(exchangeKey)
      if (task.attempt > 1) {
        const recalled = await recorder.recall(exchangeKey)
        if (recalled !== undefined) return recalled
      }
      const at = now()
      const old =
        cache &&
        (await recorder.cached?.({
          workspace: options.workspace,
          module: task.module,
          request: exchangeKey.request,
          credentials: cache.credentials,
          notBefore: at - cache.maxAgeMs,
        }))
      // A reused answer keeps the moment at which it was really given, and is not itself looked for: what there is to
      // look through would grow with every use.
      const exchange: Exchange =
        old === undefined
          ? { ...(await send()), id, key: exchangeKey, kind, at, elapsedMs: now() - at }
          : { ...old, id, key: exchangeKey, reusable: false }
      await session.confirm()
      await recorder.record(exchange)
      signal.throwIfAborted()
      return exchange
    },

    async remembered(kind) {
      frames ??= task.attempt > 1 ? recall() : Promise.resolve({ dns: new Map(), tcp: new Map() })
      return (await frames)[kind]
    },

    async recordFrame(kind, pairs) {
      const frame = encodeFrame(key, kind, pairs, now())
      await session.confirm()
      await recorder.recordFrame(frame)
      return frame.id
    },
  }

  async function recall(): Promise<Record<Frame['kind'], Map<string, Remembered>>> {
    const known = { dns: new Map<string, Remembered>(), tcp: new Map<string, Remembered>() }
    for (const frame of await recorder.recallFrames(key))
      for (const { question, ...found } of decodeFrame(frame))
        known[frame.kind].set(question, { ...found, exchange: frame.id })
    return known
  }
}
