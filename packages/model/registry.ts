import type { EntityType } from './entity.ts'
import { type EntityDefinition, maxValueLength } from './entities/definition.ts'
import { email } from './entities/identity/email.ts'
import { asn } from './entities/infrastructure/asn.ts'
import { domain } from './entities/infrastructure/domain.ts'
import { ipAddress } from './entities/infrastructure/ip-address.ts'
import { netblock } from './entities/infrastructure/netblock.ts'
import { url } from './entities/infrastructure/url.ts'

/** Every entity type and what is known about it, in the order in which people meet them. */
export const definitions = {
  domain,
  'ip-address': ipAddress,
  netblock,
  asn,
  url,
  email,
} as unknown as Record<EntityType, EntityDefinition> // the other types follow

export function definitionOf(type: EntityType): EntityDefinition {
  return definitions[type]
}

/** The canonical value of `raw` read as one entity of this type, or undefined when it is none. */
export function normalise(type: EntityType, raw: string): string | undefined {
  return raw.length > maxValueLength ? undefined : definitions[type].normalise(raw)
}

/** True when `value` is exactly what `normalise` would answer for it. */
export function isCanonical(type: EntityType, value: string): boolean {
  return normalise(type, value) === value
}

/** A canonical value as people read it. */
export function display(type: EntityType, value: string): string {
  return definitions[type].display(value)
}
