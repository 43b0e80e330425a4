import { MirageError } from '@mirage/kit/errors.ts'
import {
  alreadySubscribed,
  type Bus,
  type DeadLetter,
  type DeliveredEvent,
  type Subscription,
  type SubscriptionOptions,
} from '@mirage/ports/bus.ts'

type Handle = (events: DeliveredEvent[]) => Promise<void>

interface Logged extends DeliveredEvent {
  sequence: number
}

/** A letter lies in `letters` until it is replayed, then in `again` until it is handled. */
interface Place {
  options: SubscriptionOptions
  /** Everything up to here was handled, or is none of its events. */
  position: number
  rebuild: boolean
  again: DeadLetter[]
  running: Running | undefined
}

interface Running extends Subscription {
  wake(): void
}

export interface MemoryBusOptions {
  now: () => number
  /** Bytes of event bodies it holds before the slowest subscription loses some. */
  limitBytes?: number
  /** The pause after a handler has rejected, milliseconds; doubled each time up to a hundred times this. */
  retryMs?: number
}

/** A bus of this thread, for tests: what is published dies with it. */
export function openMemoryBus({ now, limitBytes = 256 << 20, retryMs = 100 }: MemoryBusOptions): Bus {
  const places = new Map<string, Place>()
  const letters = new Map<string, DeadLetter[]>()
  let log: Logged[] = []
  let head = 0
  let bytes = 0
  let lastLetter = 0
  let closed = false

  function assertOpen(): void {
    if (closed) throw new MirageError({ code: 'store.closed', status: 503, detail: 'The bus was closed.' })
  }

  function waiting(place: Place): Logged[] {
    return log.filter((event) => event.sequence > place.position && place.options.events.includes(event.name))
  }

  function trim(): void {
    const slowest =
      bytes > limitBytes ? cutOff() : Math.min(head, ...[...places.values()].map((place) => place.position))
    while (places.size > 0 && log[0] !== undefined && log[0].sequence <= slowest) bytes -= log.shift()!.body.length
  }

  /** Gives up the oldest events down to half of the limit, whoever still waits for them. */
  function cutOff(): number {
    let left = bytes
    let last = 0
    for (const event of log) {
      if (left <= limitBytes / 2) break
      left -= event.body.length
      last = event.sequence
    }
    for (const place of places.values()) {
      if (!waiting(place).some((event) => event.sequence <= last)) continue
      place.position = last
      if (!place.rebuild) place.options.onLost?.()
      place.rebuild = true
    }
    return last
  }

  function nextBatch(place: Place): Logged[] {
    const { maxEvents = 100, maxBytes = 4 << 20 } = place.options
    const batch: Logged[] = []
    let size = 0
    for (const event of waiting(place)) {
      size += event.body.length
      if (batch.length > 0 && (batch.length >= maxEvents || size > maxBytes)) break
      batch.push(event)
    }
    return batch
  }

  function run(place: Place, handle: Handle): Running {
    const drains: { at: number; resolve: () => void }[] = []
    const stop = new AbortController()
    let wake = (): void => {}

    /** Resolves at the next publish, at the end, or after `ms`. */
    async function idle(ms?: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
      await promise
      clearTimeout(timer)
    }

    async function deliver(events: DeliveredEvent[]): Promise<boolean> {
      let pauseMs = retryMs
      while (!stop.signal.aborted) {
        try {
          await handle(events)
          return true
        } catch {
          // The handler reports its own failures; here one only means: again.
          await idle(pauseMs)
          pauseMs = Math.min(pauseMs * 2, retryMs * 100)
        }
      }
      return false
    }

    async function loop(): Promise<void> {
      while (!stop.signal.aborted) {
        const letter = place.again[0]
        if (letter !== undefined) {
          if (await deliver([letter.event])) place.again.shift()
          continue
        }
        const until = head
        const batch = nextBatch(place)
        const last = batch.at(-1)?.sequence ?? until
        if (batch.length > 0 && !(await deliver(batch.map(withoutSequence)))) break
        place.position = Math.max(place.position, last)
        for (const drain of drains.splice(0)) {
          if (drain.at <= place.position) drain.resolve()
          else drains.push(drain)
        }
        if (place.position >= head && place.again.length === 0 && !stop.signal.aborted) await idle()
      }
      for (const drain of drains) drain.resolve()
    }

    const done = loop()
    return {
      wake: () => wake(),
      async drained() {
        if (stop.signal.aborted || (place.position >= head && place.again.length === 0)) return
        const { promise, resolve } = Promise.withResolvers<void>()
        drains.push({ at: head, resolve })
        wake()
        await promise
      },
      async [Symbol.asyncDispose]() {
        stop.abort()
        wake()
        await done
        place.running = undefined
      },
    }
  }

  return {
    can: { shared: false, durable: false },

    async publish(events) {
      assertOpen()
      const publishedAt = now()
      for (const event of events) {
        log.push({ ...event, publishedAt, sequence: ++head })
        bytes += event.body.length
      }
      trim()
      for (const place of places.values()) place.running?.wake()
    },

    async subscribe(options, handle) {
      assertOpen()
      const place: Place = places.get(options.name) ?? {
        options,
        position: 0,
        rebuild: false,
        again: [],
        running: undefined,
      }
      if (place.running) throw alreadySubscribed(options.name)
      place.options = options
      places.set(options.name, place)
      place.running = run(place, handle)
      return place.running
    },

    async rebuilt(name) {
      const place = places.get(name)
      if (place) place.rebuild = false
    },

    async drop(name) {
      await places.get(name)?.running?.[Symbol.asyncDispose]()
      places.delete(name)
      letters.delete(name)
    },

    async states() {
      return [...places].map(([name, place]) => {
        const events = waiting(place)
        const oldest = events[0]
        return { name, lag: events.length, ageMs: oldest ? now() - oldest.publishedAt : 0, rebuild: place.rebuild }
      })
    },

    async setAside(subscription, event, reason) {
      assertOpen()
      const kept = letters.get(subscription) ?? []
      letters.set(subscription, kept)
      kept.push({ place: ++lastLetter, event, reason, setAsideAt: now() })
    },

    async deadLetters(subscription, { after = 0, limit }) {
      return (letters.get(subscription) ?? []).filter(({ place }) => place > after).slice(0, limit)
    },

    async replay(subscription, chosen) {
      const place = places.get(subscription)
      const kept = letters.get(subscription) ?? []
      const taken = kept.filter((letter) => chosen.includes(letter.place))
      if (place === undefined || taken.length === 0) return 0
      letters.set(
        subscription,
        kept.filter((letter) => !taken.includes(letter)),
      )
      place.again.push(...taken)
      place.running?.wake()
      return taken.length
    },

    async pressure() {
      return Math.min(1, bytes / limitBytes)
    },

    async [Symbol.asyncDispose]() {
      closed = true
      for (const place of places.values()) await place.running?.[Symbol.asyncDispose]()
      log = []
    },
  }
}

function withoutSequence({ name, workspace, id, body, publishedAt }: Logged): DeliveredEvent {
  return { name, workspace, id, body, publishedAt }
}
