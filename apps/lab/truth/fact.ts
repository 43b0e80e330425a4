import type { EntityType } from '@mirage/model/entity.ts'
import type { RelationshipKind } from '@mirage/model/relationship.ts'
import { normalise } from '@mirage/model/registry.ts'
import type { Contact } from '@mirage/model/contact.ts'
import type { World } from '../world/world.ts'

/** An entity of the truth; the value is canonical. */
export interface Thing {
  type: EntityType
  value: string
}

/** What a module can learn: from `source`, the entity at the other end of an edge. */
export interface Fact {
  source: Thing
  entity: Thing
  kind: RelationshipKind
  /** The record type of `dns_record`, else empty. */
  qualifier: string
  /** `out`: source → entity; `in`: entity → source. */
  direction: 'out' | 'in'
}

/** What one module can see of a world, derived from the world and the table in README.md alone. */
export interface Oracle {
  /** The module's id. */
  id: string
  contact: Contact
  /** Asked about what is at distance 0 only, whatever the contact. */
  onlyInScope?: boolean
  /** True for what the module is asked about. */
  consumes(thing: Thing, world: World): boolean
  facts(thing: Thing, world: World): Iterable<Fact>
}

/** The thing of this type and raw value. Throws for a value that the model does not read: the world or an oracle is wrong. */
export function thing(type: EntityType, raw: string): Thing {
  const value = normalise(type, raw)
  if (value === undefined) throw new Error(`the world has a ${type} that is none: ${raw}`)
  return { type, value }
}

/** `source` –kind→ `type:raw`. */
export function saw(source: Thing, kind: RelationshipKind, type: EntityType, raw: string, qualifier = ''): Fact {
  return { source, entity: thing(type, raw), kind, qualifier, direction: 'out' }
}

/** `type:raw` –kind→ `source`. */
export function sawFrom(source: Thing, kind: RelationshipKind, type: EntityType, raw: string): Fact {
  return { source, entity: thing(type, raw), kind, qualifier: '', direction: 'in' }
}

export function keyOf({ type, value }: Thing): string {
  return `${type}:${value}`
}

/** True for a DNS name that an entity can be made of: not the root, no address, nothing with blanks. */
export function isName(text: string): boolean {
  return /^[a-z\d_]([a-z\d_-]*\.)+[a-z][a-z\d-]*$/.test(text)
}

/** A name of a certificate without its leading `*.`. */
export function bare(name: string): string {
  return name.startsWith('*.') ? name.slice(2) : name
}
