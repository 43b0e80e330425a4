import type { DnsAnswer, DnsStatus } from '@mirage/model/exchange.ts'
import { decodeAnswer } from './wire/message.ts'

/**
 * The two block formats that cross the thread boundary: many questions, or many answers, in one transferred buffer.
 * A message per answer would cost more than the answer itself.
 */

/** reference u32 · via u8 · type u16 · name length u8 · name in wire form, lower case. */
export const questionHeaderBytes = 8

/** `via` of a question that any resolver may answer. */
export const anyResolver = 255

export class QuestionPacker {
  #bytes = Buffer.allocUnsafeSlow(512)
  #at = 0
  count = 0

  /** Adds a question; `name[0..length)` is its wire form. */
  add(reference: number, type: number, via: number, name: Uint8Array, length: number): void {
    if (this.#at + questionHeaderBytes + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2)
      this.#bytes.copy(larger)
      this.#bytes = larger
    }
    const bytes = this.#bytes
    const at = this.#at
    bytes.writeUInt32LE(reference, at)
    bytes[at + 4] = via
    bytes.writeUInt16LE(type, at + 5)
    bytes[at + 7] = length
    for (let i = 0; i < length; i++) bytes[at + questionHeaderBytes + i] = name[i]!
    this.#at = at + questionHeaderBytes + length
    this.count++
  }

  /** The block so far, in a buffer of its own that may be transferred; the packer starts anew. */
  take(): Uint8Array<ArrayBuffer> {
    const block = new Uint8Array(this.#bytes.buffer, 0, this.#at)
    this.#bytes = Buffer.allocUnsafeSlow(512)
    this.#at = 0
    this.count = 0
    return block
  }
}

/** What two questions have in common that ask the same, as one text: type and name of the one whose name begins at `from`. */
export function questionKey(block: Buffer, from: number, to: number): string {
  return block.toString('latin1', from - 3, to)
}

/** What the engine says of an answer beyond the answer itself. */
export const verdicts = { asItSays: 0, timeout: 1, lied: 2, malformed: 3 } as const

export type Verdict = (typeof verdicts)[keyof typeof verdicts]

/** `server` of an answer that no resolver gave. */
export const noServer = 65_535

/** reference u32 · verdict u8 · flags u8 (1: from the cache) · server u16 · ttl u32 · length u16 · the message as it came. */
const answerHeaderBytes = 14

export class AnswerPacker {
  #bytes = Buffer.allocUnsafeSlow(1_024)
  #at = 0
  count = 0

  get size(): number {
    return this.#at
  }

  /** `ttl`: seconds for which the answer holds, 0 where that is not known. */
  add(reference: number, verdict: Verdict, cached: boolean, server: number, ttl: number, message: Uint8Array): void {
    const length = message.length
    if (this.#at + answerHeaderBytes + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow((this.#bytes.length + length) * 2)
      this.#bytes.copy(larger)
      this.#bytes = larger
    }
    const bytes = this.#bytes
    const at = this.#at
    bytes.writeUInt32LE(reference, at)
    bytes[at + 4] = verdict
    bytes[at + 5] = cached ? 1 : 0
    bytes.writeUInt16LE(server, at + 6)
    bytes.writeUInt32LE(ttl, at + 8)
    bytes.writeUInt16LE(length, at + 12)
    bytes.set(message, at + answerHeaderBytes)
    this.#at = at + answerHeaderBytes + length
    this.count++
  }

  /** The block so far, as for questions; the next one is expected to need `expectedBytes`. */
  take(expectedBytes: number): Uint8Array<ArrayBuffer> {
    const block = new Uint8Array(this.#bytes.buffer, 0, this.#at)
    this.#bytes = Buffer.allocUnsafeSlow(expectedBytes)
    this.#at = 0
    this.count = 0
    return block
  }
}

/** A block of answers, decoded only when they are read. `bytes` is what a recorder keeps. */
export interface AnswerChunk {
  count: number
  bytes: Uint8Array
  /** Names of the servers that the block refers to. */
  servers: readonly string[]
  /** Decodes all of them. */
  answers(): DnsAnswer[]
}

export interface PackedAnswer {
  reference: number
  cached: boolean
  verdict: Verdict
  server: string
  ttl: number
  message: Buffer
}

/** Walks a block of answers without decoding the messages in it. */
export function* packedAnswers(block: Uint8Array, servers: readonly string[]): Generator<PackedAnswer> {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
  for (let at = 0; at < bytes.length; at = endOf(bytes, at)) yield packedAt(bytes, at, servers)
}

function packedAt(bytes: Buffer, at: number, servers: readonly string[]): PackedAnswer {
  return {
    reference: bytes.readUInt32LE(at),
    // Written by AnswerPacker above, from a Verdict.
    verdict: bytes[at + 4] as Verdict,
    cached: bytes[at + 5] === 1,
    server: servers[bytes.readUInt16LE(at + 6)] ?? '',
    ttl: bytes.readUInt32LE(at + 8),
    message: bytes.subarray(at + answerHeaderBytes, endOf(bytes, at)),
  }
}

function endOf(bytes: Buffer, at: number): number {
  return at + answerHeaderBytes + bytes.readUInt16LE(at + 12)
}

const statusOfVerdict: (DnsStatus | undefined)[] = [undefined, 'TIMEOUT', 'LIED', 'FORMERR']

/** Decodes a block of answers as `AnswerPacker` wrote it; also for blocks that a recorder kept. */
export function unpackAnswers(block: Uint8Array, servers: readonly string[]): DnsAnswer[] {
  const answers: DnsAnswer[] = []
  for (const packed of packedAnswers(block, servers)) answers.push(answerOf(packed))
  return answers
}

export function answerOf(packed: PackedAnswer): DnsAnswer {
  const answer = decodeAnswer(packed.message, packed.server)
  const status = statusOfVerdict[packed.verdict]
  if (status !== undefined) answer.status = status
  if (packed.ttl > 0) answer.ttl = packed.ttl
  return answer
}

export function answerChunk(block: Uint8Array, count: number, servers: readonly string[]): AnswerChunk {
  return { count, bytes: block, servers, answers: () => unpackAnswers(block, servers) }
}
