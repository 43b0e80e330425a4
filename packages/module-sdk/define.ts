import type { Contact } from '@mirage/model/contact.ts'
import type { EntityRef, EntityType } from '@mirage/model/entity.ts'
import type { Static, TSchema } from 'typebox'
import type { Dns, Http, Tcp, Tls, Transport, Whois } from './context.ts'
import type { Finding, Sighting } from './observe.ts'
import type { RawItem, RunOptions, Spent, Task } from './run.ts'

export type UseCase = 'footprint' | 'investigate' | 'identity' | 'monitor'

export type Flag = 'invasive' | 'slow' | 'unofficial'

/**
 * A condition beyond the type. `isApex`: a registrable domain; `isPublic`: an address of the public internet, `isIpv4`:
 * such a one of version 4; `isPage`: a URL whose page this run has recorded, which the tag `page` on a sighting of it says, and
 * which may become true after the entity was first seen; `isFrontPage`: such a page at the root of a site over TLS.
 */
export const wheres = ['isApex', 'isPublic', 'isIpv4', 'isPage', 'isFrontPage'] as const

export type Where = (typeof wheres)[number]

export interface Consumes<C extends EntityType = EntityType> {
  type: C
  where?: Where
  /** Of open ports: those with one of these numbers. */
  ports?: number[]
}

export interface Limits {
  perMinute?: number
  perSecond?: number
  /** A quota of the source: so many requests in an hour or a day that begins with the first. Beyond it, tasks end as `quota`. */
  perHour?: number
  perDay?: number
  /** At most this many tasks of the module for URLs of one host in one run: what bounds a crawl of a site without end. */
  perHost?: number
  /** Tasks of this module at the same time in one process. */
  concurrency?: number
  /** Modules that name the same group share its limits. Default: the module's id. */
  group?: string
  /** How long an answer may be reused, as people write it: `6h`. */
  cacheFor?: string
  /** The longest one task may take. Default `2m`. */
  timeout?: string
}

export interface NeededKey {
  /** The name the key is stored under: `SHODAN_API_KEY`. */
  key: string
  /** Where a person gets one. */
  where: string
  tier: 'free' | 'tiered' | 'paid'
}

/** A key that a module works without. With it, the source counts by key, and these are its limits. */
export interface AcceptedKey extends NeededKey {
  limits?: Pick<Limits, 'perSecond' | 'perMinute' | 'perHour' | 'perDay'>
}

/** What `run` is given. No other way out of the process exists for a module. */
export interface Context<C extends EntityType = EntityType, S extends TSchema = TSchema> {
  entity: EntityRef & { type: C }
  http: Http
  dns: Dns
  tcp: Tcp
  tls: Tls
  whois: Whois
  settings: Static<S>
  /**
   * The key that `needs` or `accepts` names. Without one that it needs a module is planned as `no-key` and never run;
   * one that it accepts is empty where none is set.
   */
  key: string
  log: (message: string, fields?: Record<string, unknown>) => void
  signal: AbortSignal
}

export interface BatchContext<C extends EntityType = EntityType, S extends TSchema = TSchema> extends Omit<
  Context<C, S>,
  'entity'
> {
  entities: (EntityRef & { type: C })[]
}

export interface Module<
  C extends EntityType = EntityType,
  P extends EntityType = EntityType,
  S extends TSchema = TSchema,
> {
  /** The folder's name. */
  id: string
  /** Raised when the meaning of its output changes. */
  version: number
  title: string
  summary: string
  homepage: string
  documentation?: string
  terms?: string
  consumes: Consumes<C>[]
  produces: P[]
  /** The strongest contact it can cause: a ceiling that the network enforces. */
  contact: Contact
  /** The provider makes the query public or shares it. */
  discloses?: boolean
  /** Whose data it is; many providers resell one. */
  origin?: string
  useCases: UseCase[]
  flags?: Flag[]
  limits?: Limits
  /** The key it cannot do without, or one that gives it more: never both. */
  needs?: NeededKey
  accepts?: AcceptedKey
  settings?: S
  /** Attributes that change with every look; left out when two runs are compared. */
  volatile?: string[]
  /** Works only on what is itself in scope, whatever the run's distance: for a source that is asked much for one entity. */
  onlyInScope?: boolean
  /** An entity to try it with. */
  sample: string
  /**
   * At most this many entities in one task. With `run` it is called for one after the other, and what fails for one does
   * not stop the rest: for a module that only reads what is there, as a source that is in trouble would be asked on.
   */
  batch?: number
  run?(context: Context<C, S>): AsyncIterable<Sighting<P> | Finding>
  runBatch?(context: BatchContext<C, S>): AsyncIterable<Sighting<P> | Finding>
}

/** A module whose types are not known here: what a registry or a runner holds. */
export interface AnyModule extends Omit<Module, 'run' | 'runBatch'> {
  run?(context: Context): AsyncIterable<Sighting | Finding>
  runBatch?(context: BatchContext): AsyncIterable<Sighting | Finding>
  /** Instead of both, for a module that runs elsewhere: what `collect` of `run.ts` does. */
  collect?(task: Task, transport: Transport, options: RunOptions): AsyncGenerator<RawItem, Spent, void>
}

/**
 * Declares a module; what it yields must be of a type that it declares in `produces`.
 * `NoInfer` keeps `produces` the only place the types are taken from, so that an undeclared one is a compile error.
 */
export function defineModule<const C extends EntityType, const P extends EntityType, S extends TSchema>(
  module: Omit<Module<C, P, S>, 'run' | 'runBatch'> &
    (
      | { run(context: Context<C, S>): AsyncIterable<Sighting<NoInfer<P>> | Finding> }
      | { runBatch(context: BatchContext<C, S>): AsyncIterable<Sighting<NoInfer<P>> | Finding>; batch: number }
    ),
): Module<C, P, S> {
  return module
}

/** The key a module is run with, if it takes one. */
export function keyOf({ needs, accepts }: Pick<Module, 'needs' | 'accepts'>): NeededKey | undefined {
  return needs ?? accepts
}
