import type { DnsAnswer, DnsQuestion } from '@mirage/model/exchange.ts'
import { QuestionPacker, answerChunk, anyResolver } from './packing.ts'
import type { AnswerChunk } from './packing.ts'
import { typeCodes } from './wire/codes.ts'
import { maxNameBytes, writeName } from './wire/name.ts'

/** A question, and the resolver (index in the lane's list) that is to answer it, as long as that one is well. */
export interface LaneQuestion extends DnsQuestion {
  via?: number
}

export type Questions = Iterable<LaneQuestion> | AsyncIterable<LaneQuestion>

/** Questions accepted and not yet read by the consumer: enough to keep the thread busy while main is not. */
const credit = 16_384
const largestBlock = 1_024

export interface StreamLink {
  ask(count: number, block: Uint8Array<ArrayBuffer>): void
  /** Called once, when the stream needs the thread no more. */
  end(): void
}

/**
 * One flow of questions and its answers. Questions are drawn from their source as the consumer reads answers, so that
 * neither side piles up more than `credit`.
 */
export class AnswerStream {
  readonly #link: StreamLink
  readonly #servers: readonly string[]
  readonly #packer = new QuestionPacker()
  readonly #name = Buffer.allocUnsafe(maxNameBytes + 1)
  readonly #ready: AnswerChunk[] = []
  #refused: DnsAnswer[] = []
  #source: Iterator<LaneQuestion> | undefined
  #asyncSource: AsyncIterator<LaneQuestion> | undefined
  /** Taken from the source, and read by the consumer. */
  #taken = 0
  #read = 0
  #exhausted = false
  #failure: { error: unknown } | undefined
  #ended = false
  #wake: (() => void) | undefined
  #roomFreed: (() => void) | undefined
  #flushing = false

  constructor(link: StreamLink, servers: readonly string[]) {
    this.#link = link
    this.#servers = servers
  }

  /** The answers, in blocks. Ends when every question has its answer; throws the reason when `signal` aborts. */
  async *chunks(questions: Questions, signal?: AbortSignal): AsyncGenerator<AnswerChunk, void, void> {
    const abort = (): void => this.fail(signal?.reason)
    signal?.throwIfAborted()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      if (Symbol.iterator in questions) this.#source = questions[Symbol.iterator]()
      else {
        this.#asyncSource = questions[Symbol.asyncIterator]()
        void this.#drawAsync()
      }
      for (;;) {
        this.#draw()
        if (this.#failure !== undefined) throw this.#failure.error
        const chunk = this.#takeReady()
        if (chunk !== undefined) {
          this.#read += chunk.count
          this.#roomFreed?.()
          yield chunk
        } else if (this.#exhausted && this.#read === this.#taken) return
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#finish()
    }
  }

  received(count: number, block: Uint8Array): void {
    if (this.#ended) return
    this.#ready.push(answerChunk(block, count, this.#servers))
    this.#wake?.()
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#end()
    this.#wake?.()
    this.#roomFreed?.()
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#link.end()
  }

  #finish(): void {
    this.#end()
    this.#roomFreed?.()
    if (this.#exhausted) return
    this.#exhausted = true
    this.#source?.return?.()
    void this.#asyncSource?.return?.()?.then(undefined, () => {})
  }

  get #room(): number {
    return credit - (this.#taken - this.#read)
  }

  #takeReady(): AnswerChunk | undefined {
    const chunk = this.#ready.shift()
    if (chunk !== undefined || this.#refused.length === 0) return chunk
    const refused = this.#refused
    this.#refused = []
    return { count: refused.length, bytes: new Uint8Array(), servers: this.#servers, answers: () => refused }
  }

  #draw(): void {
    const source = this.#source
    if (source === undefined || this.#exhausted || this.#ended) return
    // Refilled in blocks: a message for every question that was read would be one too many.
    if (this.#room < largestBlock && this.#taken > 0) return
    try {
      while (this.#room > 0) {
        const next = source.next()
        if (next.done === true) {
          this.#exhausted = true
          break
        }
        this.#add(next.value)
      }
    } catch (error) {
      this.#exhausted = true
      this.fail(error)
    }
    this.#flush()
  }

  async #drawAsync(): Promise<void> {
    const source = this.#asyncSource!
    try {
      while (!this.#ended) {
        if (this.#room <= 0) {
          await new Promise<void>((resolve) => (this.#roomFreed = resolve))
          this.#roomFreed = undefined
          continue
        }
        const next = await source.next()
        if (this.#ended) return
        if (next.done === true) break
        this.#add(next.value)
        this.#flushSoon()
      }
      this.#exhausted = true
      this.#flush()
      this.#wake?.()
    } catch (error) {
      this.#exhausted = true
      this.fail(error)
    }
  }

  #add(question: LaneQuestion): void {
    this.#taken++
    const length = writeName(question.name, this.#name, 0)
    if (length < 0) {
      this.#refused.push({ name: question.name, type: question.type, status: 'FORMERR', records: [], server: '' })
      this.#wake?.()
      return
    }
    this.#packer.add(this.#taken - 1, typeCodes[question.type], question.via ?? anyResolver, this.#name, length)
    if (this.#packer.count >= largestBlock) this.#flush()
  }

  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    setImmediate(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  #flush(): void {
    const count = this.#packer.count
    if (count === 0 || this.#ended) return
    this.#link.ask(count, this.#packer.take())
  }
}
