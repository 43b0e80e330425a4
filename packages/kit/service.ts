import type { FastifyInstance } from 'fastify'
import type { Static, TObject, TSchema } from 'typebox'
import type { Clock } from './clock.ts'
import type { Client, Contract, Handlers } from './contract.ts'
import type { EventType, OutgoingEvent } from './event.ts'
import type { Log } from './log.ts'
import type { Metrics } from './telemetry.ts'

/** A name that carries the type of what stands behind it. */
export interface Port<T> {
  port: string
  /** Never set: only carries the type. */
  given?: T
}

export function definePort<T>(port: string): Port<T> {
  return { port }
}

/** What a service needs: ports, and contracts of other services. */
export type Needs = Record<string, Port<unknown> | Contract>

/** Ports as what they stand for, contracts as clients. */
export type Given<N extends Needs> = {
  [Name in keyof N]: N[Name] extends Contract ? Client<N[Name]> : N[Name] extends Port<infer T> ? T : never
}

/** What every service is given beside what it needs. */
export interface Surroundings<S extends TObject> {
  settings: Static<S>
  log: Log
  clock: Clock
  metrics: Metrics
  /** Aborts when the service is to stop. */
  signal: AbortSignal
  /** Resolves when the events are durable. */
  announce(events: OutgoingEvent[]): Promise<void>
  /**
   * Resolves when this service has handled every event of this type that was published before the call, and has rebuilt
   * what was lost to it. Throws when the service stops before.
   */
  caughtUp(event: EventType): Promise<void>
}

/** An event as a consumer gets it. */
export interface Incoming<T> {
  id: string
  workspace: string
  publishedAt: number
  payload: T
  /** A part of an event that as a whole could not be handled: apply it, but do not count the event as applied. */
  partial: boolean
}

export interface Consumer {
  event: EventType
  /** Names the subscription beside the service; needed where a service listens to one event twice. */
  purpose: string
  handle(events: Incoming<never>[]): Promise<void>
  /** Halves of a payload that holds many records; undefined when it holds one. */
  split?(payload: never): [unknown, unknown] | undefined
  /** What an event must have for `settle` to know which one it was, also when the rest of it makes no sense. */
  identity?: TSchema
  /** Called when an event was taken apart and some of its records, `lost` many, were set aside. */
  settle?(event: Incoming<never>, lost: number): Promise<void>
  /**
   * Called when events were lost to this subscription (the log was made anew, restored or cut off), until it resolves:
   * gets what they said from who owns the data, by convergent writes. Deliveries go on meanwhile.
   */
  rebuild?(): Promise<void>
  /** The service starts with nothing where it should have everything: it rebuilds as soon as it listens. */
  rebuildNow?: boolean
  /**
   * At most so many events at once, or so many bytes of them; at least one. What is handled together is in memory
   * together, and of more than some thousand observations the garbage collector copies what would soon be gone.
   */
  maxEvents: number
  maxBytes: number
}

/** Listens to an event: `handle` gets batches, applies them convergently, and may get each of them again. */
export function on<S extends TSchema>(
  event: EventType<S>,
  handle: (events: Incoming<Static<S>>[]) => Promise<void>,
  options: {
    purpose?: string
    split?: (payload: Static<S>) => [Static<S>, Static<S>] | undefined
    identity?: TSchema
    settle?: (event: Incoming<Static<S>>, lost: number) => Promise<void>
    rebuild?: () => Promise<void>
    rebuildNow?: boolean
    maxEvents?: number
    maxBytes?: number
  } = {},
): Consumer {
  // The consumer is stored without its payload's type; `consume` validates each payload against `event.schema` first.
  return { event, purpose: event.name, maxEvents: 100, maxBytes: 512 << 10, handle, ...options }
}

export interface Health {
  ready: boolean
  /** What is the matter, for a person. */
  detail?: string
}

export interface Running<C extends Contract> {
  handlers: Handlers<C>
  consumes?: Consumer[]
  health?(): Promise<Health>
  /** Routes beside the contract's: pages, and what a front door passes on. */
  mount?(app: FastifyInstance): void
  [Symbol.asyncDispose]?(): Promise<void>
}

export interface Service<C extends Contract = Contract, S extends TObject = TObject, N extends Needs = Needs> {
  contract: C
  settings: S
  needs: N
  start(given: Given<N> & Surroundings<S>): Promise<Running<C>>
}

/** A service: what it needs, what it answers, what it listens to. A missing handler does not compile. */
export function defineService<C extends Contract, S extends TObject, const N extends Needs>(
  service: Service<C, S, N>,
): Service<C, S, N> {
  return service
}
