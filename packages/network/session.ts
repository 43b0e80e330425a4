import type { Log } from '@mirage/kit/log.ts'
import type { Contact } from '@mirage/model/contact.ts'
import type { DialMap } from './dial/dial-map.ts'
import { type Dialer, openDialer } from './dial/dialer.ts'
import { cancelled } from './error.ts'
import type { Recorder } from './record/exchange.ts'
import { type GuardScope, type Policy, ownAddresses } from './guard.ts'
import { type HttpClient, openHttpClient } from './http/client.ts'
import type { Limiter } from './limits/limiter.ts'
import type { DnsEngine } from './dns/engine.ts'
import { type Lanes, openLanes } from './lanes.ts'
import { openLifeline } from './dial/lifeline.ts'
import { type LookUps, openLookUps } from './look-ups.ts'
import { parseProxy } from './dial/proxy.ts'
import { type Task, type TaskOptions, openTask } from './task.ts'

/** What the network of a process is made of. */
export interface NetworkOptions {
  recorder: Recorder
  limiter: Limiter
  /** Starts its thread with the first question. The owner disposes it. */
  engine: DnsEngine
  now: () => number
  log: Log
  /** From 0 up to but not 1: jitters retries. */
  random: () => number
  /** How a retry waits; resolves after so many milliseconds or when the signal aborts. Default: in real time. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  /** How long a host behind a proxy may take until it is connected, milliseconds. Default 20,000. */
  proxyPatienceMs?: number
  /** The installation lets seeds name private ranges as targets. Default false. */
  allowPrivate?: boolean
}

export interface SessionOptions {
  workspace: string
  run: string
  /** Raised whenever the run's policy changes; nothing of one generation is used by the next. */
  generation: number
  scope: GuardScope
  /** The strongest contact the run allows. */
  ceiling: Contact
  dialMap?: DialMap
  /** Names the world that `dialMap` leads to: what was answered in one is never reused in another, nor on the internet. */
  world?: string
  /** Recursive resolvers, `address` or `address:port`. Default: public ones. */
  resolvers?: string[]
  /** `http://…` or `socks5h://…`: everything goes through it or not at all. */
  proxy?: string
  userAgent: string
  /** Sent to targets only, such as `X-Bug-Bounty`. */
  targetHeaders?: Record<string, string>
  /** Requests a second, over all tasks of the run. */
  maxRate?: number
}

/** One run under one policy. Disposing it stops everything at once: what is under way ends as `cancelled`, every socket closes. */
export interface Session extends AsyncDisposable {
  /** The ways out for one attempt of one task. Dispose it when the attempt ends. */
  task(options: TaskOptions): Task
  /** The lab went away since the session was opened, though it may be back: everything here ended as `cancelled`. */
  isCut(): boolean
  /** It was disposed: what a task of it says of its end is the stop's doing, whatever it says. */
  isOver(): boolean
}

/** What tasks share with their session. */
export interface SessionContext {
  options: SessionOptions
  network: NetworkOptions
  policy: Policy
  dialer: Dialer
  http: HttpClient
  lanes: Lanes
  lookUps: LookUps
  signal: AbortSignal
  /** Resolves when the way out is whole, so that what came back is the peer's doing. Throws `cancelled` otherwise. */
  confirm(): Promise<void>
}

/** The way out of this process. Only what a session's policy lets through leaves, and only what is recorded is answered. */
export interface Network {
  /** Throws a NetworkError when the proxy cannot be used. */
  session(options: SessionOptions): Session
}

export function openNetwork(network: NetworkOptions): Network {
  const own = ownAddresses(() => performance.now())
  return { session: (options) => openSession(network, options, own) }
}

function openSession(network: NetworkOptions, options: SessionOptions, own: () => ReadonlySet<string>): Session {
  const { dialMap, scope, ceiling } = options
  const proxy = options.proxy === undefined ? undefined : parseProxy(options.proxy)
  const stop = new AbortController()
  let isOver = false
  const { proxyPatienceMs } = network
  const dialer = openDialer({ ...(dialMap && { dialMap }), ...(proxy && { proxy }), proxyPatienceMs })
  const http = openHttpClient(dialer)
  const lanes = openLanes(network.engine, options, own)
  const policy: Policy = {
    scope,
    ceiling,
    allowPrivate: network.allowPrivate ?? false,
    ...(dialMap && { lab: { networks: dialMap.networks } }),
    proxied: proxy !== undefined,
    ownAddresses: own,
    isTargetNameServer: lanes.isTargetNameServer,
  }
  const lifeline = dialMap && openLifeline(dialMap, () => stop.abort(cancelled('The lab went away.')))
  const confirm = async (): Promise<void> => lifeline?.confirm()
  const lookUps = openLookUps({
    workspace: options.workspace,
    run: options.run,
    recorder: network.recorder,
    now: network.now,
    wantsIpv6: lanes.wantsIpv6,
    laneOf: lanes.of,
    confirm,
  })
  const { signal } = stop
  const context: SessionContext = { options, network, policy, dialer, http, lanes, lookUps, signal, confirm }
  return {
    task: (task) => openTask(context, task),
    isCut: () => lifeline?.isCut ?? false,
    isOver: () => isOver,
    async [Symbol.asyncDispose]() {
      isOver = true
      lifeline?.[Symbol.dispose]()
      stop.abort(cancelled('The run was stopped or its policy changed.'))
      http[Symbol.dispose]()
      dialer[Symbol.dispose]()
      await lanes[Symbol.asyncDispose]()
    },
  }
}
