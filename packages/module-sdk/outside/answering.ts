import type { DnsQuestion, HttpRequest, RecordType } from '@mirage/model/exchange.ts'
import type { Contact } from '@mirage/model/contact.ts'
import type { Transport } from '../context.ts'
import { failureOf } from '../error.ts'
import type { RawItem } from '../run.ts'
import { wrongCall } from './called.ts'
import type { FromChild, ToChild } from './messages.ts'

/** Whatever the module asks for, an answer is not larger and does not take longer. */
const mostBytes = 64 << 20
const mostMs = 120_000
const mostRedirects = 10
/** Calls under way, and bytes that their answers may have together: then the process waits. */
const mostCalls = 256
const mostBytesUnderWay = 2 * mostBytes

/**
 * Answers the calls of a process by the task's own transport, which checks scope, ceiling and limits. The values are
 * what a stranger says: `called.ts` looks at them, and the contact is what the module declares.
 */
export class Answering {
  readonly #transport: Transport
  readonly #contact: Contact
  readonly #signal: AbortSignal
  readonly #say: (message: ToChild) => void
  readonly #streams = new Map<number, AsyncIterator<unknown>>()
  /** The recorded answers it was given. */
  readonly #given = new Set<string>()
  #calls = 0
  #bytes = 0

  constructor(options: { transport: Transport; contact: Contact; signal: AbortSignal; say(message: ToChild): void }) {
    this.#transport = options.transport
    this.#contact = options.contact
    this.#signal = options.signal
    this.#say = options.say
  }

  /** As much is under way for this process as may be. */
  get isBusy(): boolean {
    return this.#calls >= mostCalls || this.#bytes >= mostBytesUnderWay
  }

  /** What it yielded, whose evidence is an answer that it was given in this task or none. */
  withEvidence({ item, exchange }: RawItem): RawItem {
    const { exchange: named, ...rest } = item as { exchange?: string } & typeof item // a finding has none
    const isGiven = named !== undefined && this.#given.has(named)
    return {
      item: isGiven ? item : rest,
      exchange: exchange !== undefined && this.#given.has(exchange) ? exchange : undefined,
    }
  }

  async asked(message: Extract<FromChild, { kind: 'ask' | 'more' | 'enough' }>): Promise<void> {
    const bytes = bytesOf(message)
    this.#calls++
    this.#bytes += bytes
    try {
      await this.#answer(message)
    } finally {
      this.#calls--
      this.#bytes -= bytes
    }
  }

  async #answer(message: Extract<FromChild, { kind: 'ask' | 'more' | 'enough' }>): Promise<void> {
    const { id } = message
    try {
      if (message.kind === 'enough') return await this.#close(id)
      if (message.kind === 'ask') {
        const answer = this.#call(message.call, message.values)
        if (answer instanceof Promise) return this.#give(id, { value: await answer })
        if (this.#streams.size >= mostCalls) throw new Error('too many calls are being answered')
        this.#streams.set(id, answer[Symbol.asyncIterator]())
      }
      const step = await this.#streams.get(id)?.next()
      if (!step || step.done) this.#streams.delete(id)
      this.#give(id, step && !step.done ? { value: step.value } : { done: true })
    } catch (error) {
      this.#streams.delete(id)
      this.#say({ kind: 'answer', id, failure: failureOf(error) })
    }
  }

  #give(id: number, answer: { value: unknown } | { done: true }): void {
    const exchange = 'value' in answer ? (answer.value as { exchange?: unknown } | undefined)?.exchange : undefined
    if (typeof exchange === 'string') this.#given.add(exchange)
    this.#say({ kind: 'answer', id, ...answer })
  }

  async end(): Promise<void> {
    for (const id of this.#streams.keys()) await this.#close(id).catch(() => undefined)
  }

  async #close(id: number): Promise<void> {
    const stream = this.#streams.get(id)
    this.#streams.delete(id)
    await stream?.return?.()
  }

  #call(call: string, values: unknown[]): Promise<unknown> | AsyncIterable<unknown> {
    const wrong = wrongCall(call, values)
    if (wrong !== undefined) throw new Error(wrong)
    const { dns, tcp, tls, whois } = this.#transport
    // `wrongCall` has looked at them; what was left out comes as null.
    const [first, second, third] = values.map((value) => value ?? undefined) as [string, string, object?]
    switch (call) {
      case 'request':
        return this.#transport.request(this.#bounded(values[0] as HttpRequest), this.#signal)
      case 'recorded':
        return this.#transport.recorded(first, this.#signal)
      case 'dns.resolve':
        return dns.resolve(first, second as RecordType)
      case 'dns.resolveMany':
        return dns.resolveMany(values[0] as DnsQuestion[])
      case 'dns.guess':
        return dns.guess(first, values[1] as string[])
      case 'dns.isWildcard':
        return dns.isWildcard(first, second as RecordType)
      case 'dns.transfer':
        return dns.transfer(first, second)
      case 'tcp.scan':
        return tcp.scan(first, values[1] as number[], third)
      case 'tls.peer':
        return tls.peer(first, values[1] as number, third)
      case 'whois.query':
        return whois.query(first, second)
      default:
        return Promise.reject(new Error(`there is no call “${call}”`))
    }
  }

  #bounded({ refusedBy, maxAgeMs, ...request }: HttpRequest): HttpRequest {
    return {
      ...request,
      // A pattern of somebody else's is not run here; without it no answer may be used again.
      ...(maxAgeMs === undefined || refusedBy !== undefined ? {} : { maxAgeMs }),
      contact: this.#contact,
      maxBytes: Math.min(request.maxBytes, mostBytes),
      timeoutMs: Math.min(request.timeoutMs, mostMs),
      redirects: Math.min(request.redirects, mostRedirects),
    }
  }
}

/** The most that its answer can have, as far as it says; a page of some sort else. */
function bytesOf(message: Extract<FromChild, { kind: 'ask' | 'more' | 'enough' }>): number {
  if (message.kind !== 'ask' || message.call !== 'request') return 1 << 16
  const request = (message.values as [{ maxBytes?: unknown }] | undefined)?.[0]
  return Math.min(Number(request?.maxBytes) || 0, mostBytes)
}
