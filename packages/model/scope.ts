import { type Static, Type as t } from 'typebox'
import { type Contact, contacts } from './contact.ts'
import { type EntityType, entityTypes } from './entity.ts'
import { formatNetblock } from './netblock.ts'
import { type Located, atHost, placeOf } from './place.ts'
import { isCanonical } from './registry.ts'
import type { RelationshipKind } from './relationship.ts'
import { compileRules } from './scope-rules.ts'
import { seedCover } from './seed-cover.ts'
import { sharedInfrastructure } from './shared-infrastructure.ts'
import { type SpecialRange, specialRange } from './special-range.ts'
import { ownerChanges } from './step.ts'

export const ScopeDefinition = t.Object(
  {
    /** Canonical. */
    seeds: t.Array(t.Object({ type: t.Enum([...entityTypes] as EntityType[]), value: t.String({ minLength: 1 }) })),
    /** What matches is in scope at any distance. Rules as `rules.ts` reads them. */
    include: t.Array(t.String(), { default: [] }),
    /** What matches is out of scope, whatever else says. */
    exclude: t.Array(t.String(), { default: [] }),
    /** The farthest an entity may be for contact that never reaches it. */
    distance: t.Integer({ minimum: 0, maximum: 10, default: 1 }),
    /** The farthest an entity may be for packets from us. */
    targetDistance: t.Integer({ minimum: 0, maximum: 10, default: 0 }),
    /** The installation allows targets in private ranges; a seed must still name the range. */
    allowPrivate: t.Boolean({ default: false }),
  },
  { additionalProperties: false },
)
export type ScopeDefinition = Static<typeof ScopeDefinition>

/** What a run may look at and whom it may contact. Pure: the same question has the same answer for the whole run. */
export interface Scope {
  /** The id of the seed that puts the entity at distance 0, if one does. */
  covers(entity: Located): string | undefined
  /**
   * How much farther `entity` is than `source`: 0 within one owner and into what a seed covers, else 1. It depends on
   * nothing but its arguments, so the distance of an entity is the length of a shortest path, whatever the order in which
   * edges arrive. `isShared` is what is known of an address beyond the lists.
   */
  step(source: Located, entity: Located, kind: RelationshipKind | undefined, facts?: { isShared?: boolean }): 0 | 1
  /** True when an exclude rule matches. */
  excluded(entity: Located): boolean
  /** True when an include rule matches. */
  included(entity: Located): boolean
  /**
   * The contact classes whose modules may be run on the entity at this distance, weakest first. Names of shared infrastructure
   * are worked on only where a seed or an include rule says so.
   */
  admits(entity: Located, distance: number): readonly Contact[]
  /** True when `admits` has this class. */
  allows(entity: Located, distance: number, contact: Contact): boolean
  /** True when a host, a canonical name or address, is a target by a seed or an include rule and not excluded. */
  coversHost(host: string): boolean
  /** True when an exclude rule matches the host. */
  excludesHost(host: string): boolean
  /** True when a seed is this address or a block that holds it. */
  namesAddress(address: string): boolean
  /** True for a name under the registrable domain of a seed, or in the reverse zone of one: no question about it is passive. */
  isSeedZone(name: string): boolean
}

/** Ranges that are never looked at unless a seed names them and the installation allows it. */
const closed = new Set<SpecialRange>([
  'unspecified',
  'loopback',
  'private',
  'carrier-nat',
  'link-local',
  'metadata',
  'multicast',
  'broadcast',
  'reserved',
])

/** Limits left out get their defaults. Throws a RangeError for a seed that is not canonical, a RuleError for wrong rules. */
export function compileScope(definition: Pick<ScopeDefinition, 'seeds'> & Partial<ScopeDefinition>): Scope {
  const {
    seeds,
    include = [],
    exclude = [],
    distance: limit = 1,
    targetDistance = 0,
    allowPrivate = false,
  } = definition
  for (const { type, value } of seeds) {
    if (!isCanonical(type, value)) throw new RangeError(`seed ${type}:${value} is not canonical; normalise it first`)
  }
  const cover = seedCover(seeds)
  const includes = compileRules(include)
  const excludes = compileRules(exclude)

  function step(
    source: Located,
    entity: Located,
    kind: RelationshipKind | undefined,
    facts?: { isShared?: boolean },
  ): 0 | 1 {
    if (cover.of(entity) !== undefined) return 0
    const announced = kind === 'announces' && source.type === 'asn' && entity.type === 'netblock'
    if (announced && cover.of(source) !== undefined) return 0
    if (leavesCover(source, entity)) return 1
    return ownerChanges(source, entity, kind, facts?.isShared)
  }

  /** From a covered name to one that is not covered it is a step, also within one registrable domain. */
  function leavesCover(source: Located, entity: Located): boolean {
    return placeOf(entity)?.at === 'name' && placeOf(source)?.at === 'name' && cover.of(source) !== undefined
  }

  function admits(entity: Located, distance: number): readonly Contact[] {
    if (excludes.matches(entity)) return []
    const open: readonly Contact[] = isClosed(entity) ? ['none'] : contacts
    if (includes.matches(entity)) return open
    if (cover.of(entity) === undefined && isOfProvider(entity)) return []
    return open.filter((contact) => distance <= (contact === 'target' ? targetDistance : limit))
  }

  /** A name of a CDN, cloud, mail, DNS or parking provider says nothing about the target: it is kept, not pivoted on. */
  function isOfProvider(entity: Located): boolean {
    const place = placeOf(entity)
    return place?.at === 'name' && sharedInfrastructure(place.name) !== undefined
  }

  function isClosed(entity: Located): boolean {
    const place = placeOf(entity)
    if (place?.at !== 'address' && place?.at !== 'block') return false
    const bounds = place.at === 'address' ? [place.bytes] : [place.first, place.last]
    const ranges = bounds.map(specialRange)
    const isSpecial = ranges.some((range) => range !== undefined && closed.has(range))
    return isSpecial && !(allowPrivate && cover.of(entity) !== undefined)
  }

  return {
    covers: cover.of,
    step,
    excluded: excludes.matches,
    included: includes.matches,
    admits,
    allows: (entity, distance, contact) => admits(entity, distance).includes(contact),
    coversHost: (host) => {
      const entity = hostEntity(host)
      return (cover.ofHost(host) !== undefined || includes.matches(entity)) && !excludes.matches(entity)
    },
    excludesHost: (host) => excludes.matches(hostEntity(host)),
    namesAddress: cover.namesAddress,
    isSeedZone: cover.isSeedZone,
  }
}

function hostEntity(host: string): Located {
  const place = atHost(host)
  if (place?.at === 'block' && place.prefix !== undefined) {
    return { type: 'netblock', value: formatNetblock({ bytes: place.first, prefix: place.prefix }) }
  }
  return { type: place?.at === 'address' ? 'ip-address' : 'domain', value: host }
}
