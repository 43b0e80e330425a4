import { MirageError } from '@mirage/kit/errors.ts'

/** The bus: durable facts, at least once, in no promised order. */

export interface BusEvent {
  /** The event's name: `observations.collected`. */
  name: string
  workspace: string
  /** Derived from what caused it, so that a repeat carries the same id. */
  id: string
  /** JSON text. */
  body: string
}

export interface DeliveredEvent extends BusEvent {
  /** The log's time, milliseconds. */
  publishedAt: number
}

export interface SubscriptionOptions {
  /** Names the subscription for ever: `<service>:<purpose>`. It lives until `drop`. */
  name: string
  events: string[]
  /** At most this many events, or this many bytes of body, reach the handler at once. */
  maxEvents?: number
  maxBytes?: number
  /** Called when events were lost to this subscription and its state shows `rebuild`; deliveries go on meanwhile. */
  onLost?: () => void
}

export interface SubscriptionState {
  name: string
  /** Events published and not yet acknowledged. */
  lag: number
  /** How long the oldest of them has waited, milliseconds. */
  ageMs: number
  /** Set when events were lost to this subscription (cut off, log restored): it must rebuild from the owner of the data. */
  rebuild: boolean
}

export interface DeadLetter {
  place: number
  event: DeliveredEvent
  reason: string
  setAsideAt: number
}

export interface Subscription extends AsyncDisposable {
  /** Resolves when everything published before the call has been handled. */
  drained(): Promise<void>
}

export interface Bus extends AsyncDisposable {
  readonly can: {
    /** Other processes see what is published here. */
    shared: boolean
    /** What is published survives the death of the process. */
    durable: boolean
  }
  /** Resolves when the events are durable. All of one call, or none. */
  publish(events: BusEvent[]): Promise<void>
  /**
   * Calls `handle` with batches, one at a time; what it resolves is acknowledged. When it rejects, the same events come
   * again after a pause, so the caller decides what poison is. A new name starts at the oldest event still kept.
   * Throws `alreadySubscribed`.
   */
  subscribe(options: SubscriptionOptions, handle: (events: DeliveredEvent[]) => Promise<void>): Promise<Subscription>
  /** To be called when the subscriber has rebuilt itself from the owner of the data: clears `rebuild`. */
  rebuilt(name: string): Promise<void>
  /** Forgets the subscription and its place. */
  drop(name: string): Promise<void>
  states(): Promise<SubscriptionState[]>
  /** Keeps an event that a subscription cannot handle, with the reason; resolves when it is durable. Never trimmed. */
  setAside(subscription: string, event: DeliveredEvent, reason: string): Promise<void>
  /** What was set aside, oldest first, from `after` (a letter's `place`) on. */
  deadLetters(subscription: string, page: { after?: number; limit: number }): Promise<DeadLetter[]>
  /** Delivers letters to the subscription once more and forgets them here. */
  replay(subscription: string, places: number[]): Promise<number>
  /** Share of the log's size limit in use, 0 to 1. At half, no new work should be given out. */
  pressure(): Promise<number>
}

/** What `subscribe` throws where a subscription of this name is open already. */
export function alreadySubscribed(name: string): MirageError {
  return new MirageError({
    code: 'bus.subscribed',
    status: 409,
    detail: `“${name}” is already subscribed here. Close the first subscription, or give the second its own name.`,
  })
}
