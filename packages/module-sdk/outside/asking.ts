import type { DnsAnswer, DnsQuestion, TcpBanner } from '@mirage/model/exchange.ts'
import type { Transport } from '../context.ts'
import { type Failure, ModuleError } from '../error.ts'
import type { FromChild } from './messages.ts'

/** More are not handed over in one call. */
const mostItems = 1_000_000

export interface Asking {
  transport: Transport
  /** To be called with every answer of the host. */
  answered(answer: { id: number; value?: unknown; failure?: Failure; done?: boolean }): void
}

/** A transport whose every call is asked of the host. */
export function askHost(say: (message: FromChild) => void): Asking {
  const waiting = new Map<number, (answer: { value?: unknown; failure?: Failure; done?: boolean }) => void>()
  let lastId = 0

  function heard(id: number): Promise<{ value?: unknown; done?: boolean }> {
    return new Promise((resolve, reject) => {
      waiting.set(id, ({ failure, ...answer }) => {
        if (failure) reject(new ModuleError(failure.outcome, failure.reason, { exchange: failure.exchange }))
        else resolve(answer)
      })
    })
  }

  async function once<T>(call: string, ...values: unknown[]): Promise<T> {
    const id = ++lastId
    const answer = heard(id)
    say({ kind: 'ask', id, call, values })
    return (await answer).value as T // the host answers what the transport of this call answers
  }

  async function* stream<T>(call: string, ...values: unknown[]): AsyncIterable<T> {
    const id = ++lastId
    let answer = heard(id)
    say({ kind: 'ask', id, call, values })
    let isOpen = true
    try {
      for (;;) {
        const { value, done } = await answer.catch((error: unknown) => {
          isOpen = false
          throw error
        })
        if (done) {
          isOpen = false
          return
        }
        yield value as T // as above
        answer = heard(id)
        say({ kind: 'more', id })
      }
    } finally {
      if (isOpen) say({ kind: 'enough', id })
      waiting.delete(id)
    }
  }

  return {
    transport: {
      request: (request) => once('request', request),
      recorded: (url) => once('recorded', url),
      dns: {
        resolve: (name, type) => once('dns.resolve', name, type),
        async *resolveMany(questions) {
          yield* stream<DnsAnswer>('dns.resolveMany', await allOf<DnsQuestion>(questions))
        },
        async *guess(parent, labels) {
          yield* stream<DnsAnswer>('dns.guess', parent, await allOf(labels))
        },
        isWildcard: (parent, type) => once('dns.isWildcard', parent, type),
        transfer: (zone, server) => once('dns.transfer', zone, server),
      },
      tcp: {
        async *scan(address, ports, options) {
          yield* stream<TcpBanner>('tcp.scan', address, await allOf(ports), options)
        },
      },
      tls: { peer: (host, port, options) => once('tls.peer', host, port, options) },
      whois: { query: (server, text) => once('whois.query', server, text) },
    },
    answered({ id, ...answer }) {
      const tell = waiting.get(id)
      waiting.delete(id)
      tell?.(answer)
    },
  }
}

async function allOf<T>(items: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) {
    if (all.length >= mostItems)
      throw new ModuleError('failed', `More than ${mostItems} questions were asked in one call; ask in several.`)
    all.push(item)
  }
  return all
}
