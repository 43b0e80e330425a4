import { isIP } from 'node:net'
import type { DnsAnswer, DnsQuestion } from '@mirage/model/exchange.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { AnswerStream } from './answer-stream.ts'
import type { Questions } from './answer-stream.ts'
import { isEngineFailure } from './engine-failure.ts'
import { endpointOf, isLoopback, labelOf } from './endpoint.ts'
import type { LaneOptions, LaneStats, ProbeOptions } from './lane-options.ts'
import type { AnswerChunk } from './packing.ts'
import type { LaneEvents, Link, WorkerLaneOptions, WorkerResolver } from './protocol.ts'

/**
 * The look-ups of one run. Every method that is given a signal throws its reason when it aborts, and nothing is sent
 * for it from then on. A question that is no DNS name is answered `FORMERR` by no server.
 */
export interface DnsLane extends AsyncDisposable {
  /** The resolvers, as answers name them. */
  readonly servers: readonly string[]
  /** The thread that carried it died: nothing is answered any more, and another lane is to be opened. */
  readonly isLost: boolean
  /** Answers as they arrive, in no order, each question once. Questions are drawn as answers are read. */
  resolve(questions: Questions, signal?: AbortSignal): AsyncGenerator<DnsAnswer, void, void>
  /** The same in blocks that are decoded when read; what a recorder keeps, and the fast way. */
  resolveChunks(questions: Questions, signal?: AbortSignal): AsyncGenerator<AnswerChunk, void, void>
  /** One answer. */
  ask(question: DnsQuestion & { via?: number }, signal?: AbortSignal): Promise<DnsAnswer>
  /** Nothing is sent until `resume`, retries and tests of resolvers included. */
  pause(): void
  resume(): void
  stats(): Promise<LaneStats>
}

/** Names with addresses that do not move, and suffixes that refuse what nobody registered. */
const usualProbes: ProbeOptions = {
  missing: ['com', 'net'],
  known: [
    { name: 'a.root-servers.net', type: 'A', data: ['198.41.0.4'] },
    { name: 'dns.google', type: 'A', data: ['8.8.8.8', '8.8.4.4'] },
  ],
}

/** One byte names the resolver a question is for. */
const mostResolvers = 254

export function openLane(
  id: number,
  options: LaneOptions,
  link: Link,
  closed: () => void,
): { lane: DnsLane; events: LaneEvents } {
  const settings = workerOptions(options)
  const servers = settings.resolvers.map((resolver) => resolver.label)
  const streams = new Map<number, AnswerStream>()
  const calls = new Map<number, (stats: LaneStats | undefined) => void>()
  let lastStream = 0
  let lastCall = 0
  let opened = false
  let failure: MirageError | undefined

  function open(): void {
    if (failure !== undefined) throw failure
    if (opened) return
    opened = true
    link.post({ kind: 'open', lane: id, options: settings })
  }

  function call(kind: 'stats' | 'close'): Promise<LaneStats | undefined> {
    const number = ++lastCall
    return new Promise((resolve) => {
      link.hold()
      calls.set(number, (stats) => {
        link.release()
        resolve(stats)
      })
      link.post({ kind, lane: id, call: number })
    })
  }

  async function* resolveChunks(questions: Questions, signal?: AbortSignal): AsyncGenerator<AnswerChunk, void, void> {
    // Who was told to stop hears that, and not that the lane is gone as well.
    signal?.throwIfAborted()
    open()
    const number = ++lastStream
    const stream = new AnswerStream(
      {
        ask: (count, block) => link.post({ kind: 'ask', lane: id, stream: number, count, block }, [block.buffer]),
        end() {
          streams.delete(number)
          link.release()
          if (failure === undefined) link.post({ kind: 'cancel', lane: id, stream: number })
        },
      },
      servers,
    )
    link.hold()
    streams.set(number, stream)
    yield* stream.chunks(questions, signal)
  }

  async function* resolve(questions: Questions, signal?: AbortSignal): AsyncGenerator<DnsAnswer, void, void> {
    for await (const chunk of resolveChunks(questions, signal)) yield* chunk.answers()
  }

  const lane: DnsLane = {
    servers,
    get isLost() {
      return isEngineFailure(failure)
    },
    resolve,
    resolveChunks,
    async ask(question, signal) {
      for await (const chunk of resolveChunks([question], signal)) return chunk.answers()[0]!
      throw new Error('a question was left without its answer')
    },
    pause() {
      open()
      link.post({ kind: 'pause', lane: id })
    },
    resume() {
      open()
      link.post({ kind: 'resume', lane: id })
    },
    async stats() {
      open()
      const stats = await call('stats')
      if (stats === undefined) throw failure ?? new Error('the lane is closed')
      return stats
    },
    async [Symbol.asyncDispose]() {
      if (failure !== undefined) return
      const done = opened ? call('close') : undefined
      events.failed(new MirageError({ code: 'dns.lane_closed', status: 500, detail: 'The DNS lane was closed.' }))
      await done
      closed()
    },
  }

  const events: LaneEvents = {
    message(message) {
      if (message.kind === 'answers') return streams.get(message.stream)?.received(message.count, message.block)
      const answer = calls.get(message.call)
      calls.delete(message.call)
      answer?.(message.kind === 'stats' ? message.stats : undefined)
    },
    failed(error) {
      failure = error
      for (const stream of streams.values()) stream.fail(error)
      if (error.code === 'dns.lane_closed') return
      for (const answer of calls.values()) answer(undefined)
      calls.clear()
    },
  }
  return { lane, events }
}

function workerOptions(options: LaneOptions): WorkerLaneOptions {
  if (options.resolvers.length === 0 || options.resolvers.length > mostResolvers)
    throw new MirageError({
      code: 'dns.no_resolver',
      status: 400,
      detail: `${options.resolvers.length} resolvers were given; between 1 and ${mostResolvers} are needed.`,
    })
  const resolvers = options.resolvers.map(({ address, port = 53 }): WorkerResolver => {
    const dialled = endpointOf(options.dial?.[endpointOf({ address, port }).text] ?? { address, port })
    if (isIP(dialled.address) === 0)
      throw new MirageError({
        code: 'dns.bad_resolver',
        status: 400,
        detail: `“${dialled.address}” is not an IP address; a resolver is given as one, for example 9.9.9.9.`,
      })
    options.allow?.(dialled.address, dialled.port)
    return {
      label: labelOf(address, port),
      address: dialled.address,
      port: dialled.port,
      perSecond: options.perResolverPerSecond ?? (isLoopback(dialled.address) ? Infinity : 500),
    }
  })
  const local = resolvers.every((resolver) => isLoopback(resolver.address))
  return {
    resolvers,
    queriesPerSecond: options.queriesPerSecond ?? (local ? Infinity : 5_000),
    timeoutMs: options.timeoutMs ?? 3_000,
    attempts: options.attempts ?? 4,
    recursion: options.recursion ?? true,
    edns: options.edns ?? true,
    mixedCase: options.zeroX20 ?? true,
    cacheBytes: options.cacheBytes ?? 16 * 1024 * 1024,
    probes: options.probes === false ? undefined : { ...usualProbes, ...options.probes },
  }
}
