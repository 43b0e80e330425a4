import { anyResolver, questionKey, verdicts } from '../packing.ts'
import type { Cache } from './cache.ts'
import type { Query } from './query.ts'
import { Stream } from './streams.ts'
import type { Post } from './streams.ts'
import type { Upstream } from './upstream.ts'

const flushAfterMs = 2

/**
 * The questions that wait: those of each stream in turn, those to be asked again first. What the cache knows is
 * answered here, and what is being asked already is joined, so that a question comes out only when it must be sent.
 */
export class Intake {
  readonly #post: Post
  readonly #cache: Cache
  readonly #upstreams: readonly Upstream[]
  readonly #streams = new Map<number, Stream>()
  /** Streams that may have questions, the next to be served first. */
  readonly #turns: Stream[] = []
  readonly #again: Query[] = []
  /** Who asks a question first is in here; who asks the same meanwhile follows. */
  readonly #leaders = new Map<string, Query>()
  #flushing: Stream[] = []
  asked = 0
  answered = 0
  fromCache = 0

  constructor(upstreams: readonly Upstream[], cache: Cache, post: Post) {
    this.#upstreams = upstreams
    this.#cache = cache
    this.#post = post
  }

  get waiting(): boolean {
    return this.#again.length > 0 || this.#turns.length > 0
  }

  accept(id: number, count: number, block: Uint8Array<ArrayBuffer>): void {
    let stream = this.#streams.get(id)
    if (stream === undefined) {
      stream = new Stream(id, this.#post, (due) => this.#flushSoon(due))
      this.#streams.set(id, stream)
    }
    stream.accept(block, count)
    this.asked += count
    if (!this.#turns.includes(stream)) this.#turns.push(stream)
  }

  cancel(id: number): void {
    this.#streams.get(id)?.cancel()
    this.#streams.delete(id)
  }

  cancelAll(): void {
    for (const id of this.#streams.keys()) this.cancel(id)
  }

  /** It is to be asked again, before what is new. */
  giveBack(query: Query): void {
    const only = this.#upstreams[query.via]
    if (!query.wanted) this.#leaders.delete(query.key)
    else if (only === undefined) this.#again.push(query)
    else only.own.push(query)
  }

  /** The next question that must be sent. One that names a resolver goes into the queue of that one instead. */
  next(now: number): Query | undefined {
    for (;;) {
      const again = this.#again.pop()
      if (again !== undefined) {
        if (again.wanted) return again
        this.#leaders.delete(again.key)
        continue
      }
      const stream = this.#turns[0]
      if (stream === undefined) return undefined
      const query = stream.open ? stream.next() : undefined
      if (query === undefined) {
        this.#turns.shift()
        continue
      }
      if (this.#turns.length > 1) this.#turns.push(this.#turns.shift()!)
      if (query.via !== anyResolver) {
        const only = this.#upstreams[query.via]
        if (only?.state === 'good') {
          only.own.push(query)
          continue
        }
        query.via = anyResolver
      }
      if (!this.#answerOrJoin(query, now)) return query
    }
  }

  #answerOrJoin(query: Query, now: number): boolean {
    query.key = questionKey(query.bytes, query.from, query.to)
    const kept = this.#cache.get(query.key, now)
    if (kept !== undefined) {
      this.fromCache++
      this.answered++
      const ttl = Math.floor((kept.until - now) / 1000)
      query.sink.deliver(query, verdicts.asItSays, true, kept.server, ttl, kept.message)
      return true
    }
    const leader = this.#leaders.get(query.key)
    if (leader === undefined) {
      this.#leaders.set(query.key, query)
      return false
    }
    leader.followers ??= []
    leader.followers.push(query)
    return true
  }

  /** A question has its answer: it is no longer joined. */
  settled(query: Query): void {
    if (query.key !== '') this.#leaders.delete(query.key)
    if (query.sink instanceof Stream) this.answered++
    this.answered += query.followers?.length ?? 0
  }

  /** Answers leave in blocks: full ones at once, others when nothing more is on its way, or after a moment. */
  #flushSoon(stream: Stream): void {
    this.#flushing.push(stream)
    if (this.#flushing.length > 1) return
    setImmediate(() => {
      const waiting = this.#flushing
      this.#flushing = []
      const later: Stream[] = []
      for (const due of waiting) {
        if (due.due) due.flush()
        else later.push(due)
      }
      if (later.length > 0) setTimeout(() => later.forEach((due) => due.flush()), flushAfterMs)
    })
  }
}
