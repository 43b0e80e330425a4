import type { DeliveredEvent, Subscription, SubscriptionOptions } from '@mirage/ports/bus.ts'
import { type Database, flushFiles } from '../files/database.ts'
import { storeFull } from '../files/errors.ts'
import { roomBeside } from '../files/room.ts'
import { eventsAfter, headOf, lettersOf, withoutSequence } from './log.ts'
import { readOffset, writeOffset } from './offsets.ts'

/** A subscription's place is written at most this often while it is busy: what a crash repeats is bounded by it. */
const persistEveryMs = 250
/** A quiet subscription writes its place this long after its last event: each write is a flush of two files. */
const persistQuietMs = 100
/** Passing over events of other names is worth a write only now and then: it merely lets the log be trimmed. */
const persistPassedMs = 5_000

export interface Running extends Subscription {
  /** Resolves when the place is known and delivery has begun. */
  started: Promise<void>
  wake(): void
  /** Writes its place down: first in the consumer's file, then in the log. */
  persist(): Promise<void>
}

interface Files {
  database: Database
  offsets: Database | undefined
  retryMs: number
}

/** Delivers from where the consumer's own file says, until it is disposed; then `ended` is called. */
export function startSubscription(
  { database, offsets, retryMs }: Files,
  { name, events, maxEvents = 100, maxBytes = 4 << 20, onLost }: SubscriptionOptions,
  handle: (events: DeliveredEvent[]) => Promise<void>,
  ended: () => void,
): Running {
  const drains: { at: number; resolve: () => void }[] = []
  let epoch = ''
  let position = 0
  let persisted = 0
  let persistedAt = 0
  /** Events were handled since the place was written. */
  let handled = false
  let persisting: Promise<void> | undefined
  const stop = new AbortController()
  let woken = false
  let wake = (): void => {
    woken = true
  }

  /** Resolves when something may have been published, at the end, or after `ms`. */
  async function idle(ms?: number): Promise<void> {
    if (!woken && !stop.signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = () => {
        woken = true
        resolve()
      }
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
      await promise
      clearTimeout(timer)
    }
    woken = false
  }

  async function pause(ms: number): Promise<void> {
    const until = performance.now() + ms
    for (let left = ms; left > 0 && !stop.signal.aborted; left = until - performance.now()) await idle(left)
  }

  /** Tries until it works or the end: a store that is full, locked or away is nobody's fault and passes. */
  async function insist<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (let ms = retryMs; !stop.signal.aborted; ms = Math.min(ms * 2, retryMs * 50)) {
      try {
        return await work()
      } catch {
        await pause(ms)
      }
    }
    return undefined
  }

  async function writePlace(): Promise<void> {
    const at = position
    if (offsets !== undefined) {
      await flushFiles(offsets)
      await writeOffset(offsets, name, { epoch, sequence: at })
    }
    await database.write(() => {
      database.prepare('update subscription set position = max(position, ?) where name = ?').run(at, name)
    })
    persisted = at
    handled = handled && position > at
    persistedAt = performance.now()
  }

  async function persist(): Promise<void> {
    await persisting
    if (persisted === position) return
    persisting ??= writePlace().finally(() => {
      persisting = undefined
    })
    await persisting
  }

  async function deliverLetter(): Promise<boolean> {
    const [letter] = await database.read(() => lettersOf(database, name, { again: true, after: 0, limit: 1 }))
    if (letter === undefined) return false
    await insist(async () => {
      await handle([letter.event])
      await database.write(() => database.prepare('delete from letter where place = ?').run(letter.place))
    })
    return true
  }

  /** One step; answers whether there may be more at once. */
  async function step(): Promise<boolean> {
    if (await deliverLetter()) return true
    const { batch, head } = await database.read(() => ({
      // In this order: what is published in between is left for the next step.
      head: headOf(database),
      batch: eventsAfter(database, events, position, { maxEvents, maxBytes }),
    }))
    if (head.trimmed > position) {
      // Cut off while it was behind.
      position = head.trimmed
      onLost?.()
      return true
    }
    const last = batch.at(-1)?.sequence
    if (last === undefined) {
      position = Math.max(position, head.last)
      const sinceMs = performance.now() - persistedAt
      if (sinceMs > (handled ? persistEveryMs : persistPassedMs)) await persist()
      settle()
      return false
    }
    await insist(() => {
      if (roomBeside(database.path).room < 0) throw storeFull(database.path)
      return handle(batch.map(withoutSequence))
    })
    if (stop.signal.aborted) return false
    position = last
    handled = true
    if (performance.now() - persistedAt > persistEveryMs) await persist()
    settle()
    return true
  }

  function settle(): void {
    for (const drain of drains.splice(0)) {
      if (drain.at <= position) drain.resolve()
      else drains.push(drain)
    }
  }

  async function loop(): Promise<void> {
    while (!stop.signal.aborted) if (!(await insist(step))) await idle(handled ? persistQuietMs : undefined)
    try {
      await persist()
    } catch {
      // The events since the last place come once more, which every consumer bears.
    }
    for (const drain of drains) drain.resolve()
  }

  async function start(): Promise<void> {
    const place = await findPlace(database, offsets, name, events)
    epoch = place.epoch
    position = place.position
    persisted = place.position
    if (place.lost) onLost?.()
  }

  const started = start()
  const done = started.then(loop, () => {})
  return {
    started,
    wake: () => wake(),
    persist,
    async drained() {
      const { last } = await database.read(() => headOf(database))
      if (stop.signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      drains.push({ at: last, resolve })
      wake()
      await promise
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      wake()
      await done
      ended()
    },
  }
}

/**
 * Where to go on. The log knows the subscription and the consumer's file knows its offset; when the two cannot both be
 * true (a log made anew or restored, a consumer's file lost, events trimmed that its file has not seen), events were
 * lost: it starts at the oldest that is kept and must rebuild.
 */
async function findPlace(
  database: Database,
  offsets: Database | undefined,
  name: string,
  events: string[],
): Promise<{ epoch: string; position: number; lost: boolean }> {
  const own = offsets && (await readOffset(offsets, name))
  const place = await database.write(() => {
    const { epoch, last, trimmed } = headOf(database)
    const row = database.prepare('select position, rebuild from subscription where name = ?').get(name) as unknown as
      | [number, number]
      | undefined
    const read = offsets === undefined ? row?.[0] : own?.epoch === epoch ? own.sequence : undefined
    const isNew = row === undefined && own === undefined
    const lost = !isNew && (read === undefined || read > last || read < trimmed)
    const position = lost || read === undefined ? trimmed : read
    database
      .prepare(
        `insert into subscription (name, events, position, rebuild) values (?1, ?2, ?3, ?4)
         on conflict (name) do update set events = ?2, position = ?3, rebuild = max(rebuild, ?4)`,
      )
      .run(name, JSON.stringify(events), position, lost ? 1 : 0)
    return { epoch, position, lost: lost || row?.[1] === 1 }
  })
  if (offsets !== undefined) await writeOffset(offsets, name, { epoch: place.epoch, sequence: place.position })
  return place
}
