import { AnswerPacker, questionHeaderBytes } from '../packing.ts'
import type { Verdict } from '../packing.ts'
import { Query } from './query.ts'
import type { Sink } from './query.ts'

const fullCount = 256
const fullBytes = 48 * 1024
const averageAnswerBytes = 128

export type Post = (stream: number, count: number, block: Uint8Array<ArrayBuffer>) => void

/** The questions that one caller asks, block by block, and the answers that go back to it, packed. */
export class Stream implements Sink {
  readonly id: number
  open = true
  /** Questions accepted and not yet answered. */
  outstanding = 0
  readonly #blocks: Buffer[] = []
  #at = 0
  readonly #packer = new AnswerPacker()
  readonly #post: Post
  readonly #flushSoon: (stream: Stream) => void

  constructor(id: number, post: Post, flushSoon: (stream: Stream) => void) {
    this.id = id
    this.#post = post
    this.#flushSoon = flushSoon
  }

  accept(block: Uint8Array<ArrayBuffer>, count: number): void {
    this.#blocks.push(Buffer.from(block.buffer, block.byteOffset, block.byteLength))
    this.outstanding += count
  }

  /** The next question, or undefined when all that were accepted have been taken. */
  next(): Query | undefined {
    const block = this.#blocks[0]
    if (block === undefined) return undefined
    const at = this.#at
    const from = at + questionHeaderBytes
    const to = from + block[at + 7]!
    const query = new Query(this, block.readUInt32LE(at), block.readUInt16LE(at + 5), block, from, to, block[at + 4]!)
    this.#at = to
    if (to >= block.length) {
      this.#blocks.shift()
      this.#at = 0
    }
    return query
  }

  deliver(query: Query, verdict: Verdict, cached: boolean, server: number, ttl: number, message: Uint8Array): void {
    this.outstanding--
    if (!this.open) return
    this.#packer.add(query.reference, verdict, cached, server, ttl, message)
    if (this.#packer.count >= fullCount || this.#packer.size >= fullBytes) this.flush()
    else if (this.#packer.count === 1) this.#flushSoon(this)
  }

  /** True when waiting for more answers would hold up somebody. */
  get due(): boolean {
    return this.outstanding === 0
  }

  flush(): void {
    if (!this.open || this.#packer.count === 0) return
    const expected = Math.min(this.outstanding, fullCount) * averageAnswerBytes
    const count = this.#packer.count
    this.#post(this.id, count, this.#packer.take(Math.max(256, expected)))
  }

  cancel(): void {
    this.open = false
    this.#blocks.length = 0
  }
}
