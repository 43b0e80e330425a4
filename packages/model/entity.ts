import { contentId } from './id.ts'

/** Every entity type. Role, scope and verdict are attributes, never types. */
export const entityTypes = [
  'domain',
  'ip-address',
  'netblock',
  'asn',
  'url',
  'open-port',
  'service',
  'certificate',
  'dns-record',
  'technology',
  'fingerprint',
  'cloud-bucket',
  'cloud-tenant',
  'code-repository',
  'mobile-app',
  'web-form',
  'file',
  'organization',
  'person',
  'email',
  'phone',
  'username',
  'account',
  'postal-address',
  'geo-point',
  'crypto-address',
  'bank-account',
  'domain-registration',
  'network-registration',
  'autnum-registration',
  'vulnerability',
  'hash',
  'breach',
  'credential-leak',
  'paste',
  'onion-service',
  'keyword',
  'text',
] as const

export type EntityType = (typeof entityTypes)[number]

/** An entity as it travels: `value` is canonical, `id` is `entityId(type, value)`. */
export interface EntityRef {
  id: string
  type: EntityType
  value: string
}

/** The id of an entity, the same in every workspace. `value` must be canonical. */
export function entityId(type: EntityType, value: string): string {
  return contentId(`${type}\n${value}`)
}

/** A reference to the entity of this type and canonical value. */
export function entityRef(type: EntityType, value: string): EntityRef {
  return { id: entityId(type, value), type, value }
}
