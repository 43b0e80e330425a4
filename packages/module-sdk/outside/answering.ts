import type { DnsQuestion, HttpRequest, RecordType } from '@mirage/model/exchange.ts'
import type { Contact } from '@mirage/model/contact.ts'
import type { Transport } from '../context.ts'
import { failureOf } from '../error.ts'
import type { FromChild, ToChild } from './messages.ts'

/** Whatever the module asks for, an answer is not larger and does not take longer. */
const mostBytes = 64 << 20
const mostMs = 120_000
const mostRedirects = 10

/**
 * Answers the calls of a process by the task's own transport, which checks scope, ceiling and limits. The values are
 * what a stranger says: they are given on to code that takes any text, and the contact is what the module declares.
 */
export class Answering {
  readonly #transport: Transport
  readonly #contact: Contact
  readonly #signal: AbortSignal
  readonly #say: (message: ToChild) => void
  readonly #streams = new Map<number, AsyncIterator<unknown>>()

  constructor(options: { transport: Transport; contact: Contact; signal: AbortSignal; say(message: ToChild): void }) {
    this.#transport = options.transport
    this.#contact = options.contact
    this.#signal = options.signal
    this.#say = options.say
  }

  async asked(message: Extract<FromChild, { kind: 'ask' | 'more' | 'enough' }>): Promise<void> {
    const { id } = message
    try {
      if (message.kind === 'enough') return await this.#close(id)
      if (message.kind === 'ask') {
        const answer = this.#call(message.call, message.values)
        if (answer instanceof Promise) return this.#say({ kind: 'answer', id, value: await answer })
        this.#streams.set(id, answer[Symbol.asyncIterator]())
      }
      const step = await this.#streams.get(id)?.next()
      if (!step || step.done) this.#streams.delete(id)
      this.#say({ kind: 'answer', id, ...(step && !step.done ? { value: step.value } : { done: true }) })
    } catch (error) {
      this.#streams.delete(id)
      this.#say({ kind: 'answer', id, failure: failureOf(error) })
    }
  }

  async end(): Promise<void> {
    for (const id of this.#streams.keys()) await this.#close(id).catch(() => undefined)
  }

  async #close(id: number): Promise<void> {
    const stream = this.#streams.get(id)
    this.#streams.delete(id)
    await stream?.return?.()
  }

  /** The types are what our half of the child sends; another half is answered by the errors of what cannot be done. */
  #call(call: string, values: unknown[]): Promise<unknown> | AsyncIterable<unknown> {
    const { dns, tcp, tls, whois } = this.#transport
    const [first, second, third] = values as [string, string, object?]
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
