import { formatAddress } from './address.ts'
import { apexOf } from './domain-name.ts'
import type { EntityType } from './entity.ts'
import { type Located, type Place, placeOf } from './place.ts'
import type { RelationshipKind } from './relationship.ts'
import { sharedInfrastructure } from './shared-infrastructure.ts'

/** Kinds that lead from a thing to somebody else, whatever stands at the other end. */
const toOthers = new Set<RelationshipKind>([
  'looks_like',
  'co_hosted_with',
  'registrar',
  'abuse_contact',
  'provider',
  'subsidiary',
])

/** Kinds that say "this is there", not "this is ours". */
const mere = new Set<RelationshipKind>(['mentions', 'links_to'])

/** Things on platforms of others: ours where a relation says so, anybody's where a page merely mentions them. */
const onPlatforms = new Set<EntityType>(['account', 'code-repository', 'cloud-bucket', 'mobile-app', 'onion-service'])

/**
 * 0 when both ends have one owner, else 1, as far as the two entities and the kind of the edge tell. The direction of the
 * edge does not matter: `source` is where the pivot starts. `isShared` is what else is known of an address (a provider's
 * PTR name, more than twenty unrelated registrable domains on it).
 *
 * An entity that has no place of its own (a certificate, a technology, a phone number) belongs to what it was seen on.
 */
export function ownerChanges(
  source: Located,
  entity: Located,
  kind: RelationshipKind | undefined,
  isShared = false,
): 0 | 1 {
  if (kind !== undefined && toOthers.has(kind)) return 1
  const to = placeOf(entity)
  if (!to) return onPlatforms.has(entity.type) && kind !== undefined && mere.has(kind) ? 1 : 0
  const from = placeOf(source)
  if (!from) return 1
  switch (to.at) {
    case 'name':
      return from.at === 'name' && ownerOf(from.name) === ownerOf(to.name) ? 0 : 1
    case 'address':
      return toAddress(from, to, kind, isShared)
    case 'block':
      return toBlock(from, to)
    case 'network':
      return (from.at === 'network' && from.asn === to.asn) || isProviders(from) ? 0 : 1
  }
}

function ownerOf(name: string): string {
  return apexOf(name) ?? name
}

/**
 * From a name to an address it resolves to the owner stays, unless many share that address; from an address to itself
 * (a port, a service) it stays, and from a block to an address inside it. Everything else leads to somebody else.
 */
function toAddress(
  from: Place,
  to: Place & { at: 'address' },
  kind: RelationshipKind | undefined,
  isShared: boolean,
): 0 | 1 {
  if (from.at === 'address') return sameBytes(from.bytes, to.bytes) ? 0 : 1
  if (from.at === 'block') return isWithin(from, to.bytes, to.bytes) ? 0 : 1
  if (from.at !== 'name' || (kind !== 'dns_record' && kind !== 'port')) return 1
  return isShared || sharedInfrastructure(formatAddress(to.bytes)) !== undefined ? 1 : 0
}

/** From a block to one inside it the owner stays; from an address to the block around it only where both are a provider's. */
function toBlock(from: Place, to: Place & { at: 'block' }): 0 | 1 {
  if (from.at === 'block') return isWithin(from, to.first, to.last) ? 0 : 1
  return isProviders(from) ? 0 : 1
}

/** A shared address is its provider's already, as are the block and the network around it. */
function isProviders(place: Place): boolean {
  return place.at === 'address' && sharedInfrastructure(formatAddress(place.bytes)) !== undefined
}

function isWithin(outer: Place & { at: 'block' }, first: Uint8Array, last: Uint8Array): boolean {
  return (
    outer.first.length === first.length &&
    Buffer.compare(outer.first, first) <= 0 &&
    Buffer.compare(last, outer.last) <= 0
  )
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
