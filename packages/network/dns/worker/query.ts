import { noServer } from '../packing.ts'
import type { Verdict } from '../packing.ts'
import type { Upstream } from './upstream.ts'

/** Where the answer to a query goes. */
export interface Sink {
  /** False once nobody waits any more; its queries are then not sent again. */
  readonly open: boolean
  /** `ttl`: seconds for which the answer holds, 0 where that is not known. */
  deliver(query: Query, verdict: Verdict, cached: boolean, server: number, ttl: number, message: Uint8Array): void
}

const nobody: readonly Upstream[] = []

/** One question on its way through the resolvers. */
export class Query {
  readonly sink: Sink
  readonly reference: number
  readonly type: number
  /** Holds the wire name, lower case, at `[from, to)`. */
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
  /** Index of the only resolver that may answer, or `anyResolver`. */
  via: number
  /** What cache and joining go by; empty for a query that uses neither. */
  key = ''
  attempts = 0
  sentAt = 0
  caseBits = 0
  edns = true
  /** It answered this question with a format error while it carried EDNS. */
  refusedEdns: Upstream | undefined
  /** The next attempt goes to this resolver over TCP: its answer was cut, or repeated the name in another case. */
  overTcp: Upstream | undefined
  otherCase = false
  /** Asked before, in order; the last one is being asked or was asked last. */
  tried: readonly Upstream[] = nobody
  /** Those who asked the same while this was under way. */
  followers: Query[] | undefined
  /** The best so far of what does not settle the question: an error, or a cut answer. */
  fallback: Uint8Array | undefined
  fallbackServer = noServer

  constructor(sink: Sink, reference: number, type: number, bytes: Buffer, from: number, to: number, via: number) {
    this.sink = sink
    this.reference = reference
    this.type = type
    this.bytes = bytes
    this.from = from
    this.to = to
    this.via = via
  }

  get wanted(): boolean {
    if (this.sink.open) return true
    return this.followers !== undefined && this.followers.some((follower) => follower.sink.open)
  }

  /** A response without records for a question nobody answered. */
  empty(): Uint8Array {
    const length = this.to - this.from
    const message = new Uint8Array(12 + length + 4)
    message[2] = 0x80
    message[5] = 1
    message.set(this.bytes.subarray(this.from, this.to), 12)
    message[12 + length] = this.type >> 8
    message[12 + length + 1] = this.type & 255
    message[12 + length + 3] = 1
    return message
  }
}
