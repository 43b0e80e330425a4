import type { EntityType } from './entity.ts'
import { type EntityDefinition, maxValueLength } from './entities/definition.ts'
import { keyword } from './entities/free/keyword.ts'
import { text } from './entities/free/text.ts'
import { account } from './entities/identity/account.ts'
import { bankAccount } from './entities/identity/bank-account.ts'
import { cryptoAddress } from './entities/identity/crypto-address.ts'
import { email } from './entities/identity/email.ts'
import { geoPoint } from './entities/identity/geo-point.ts'
import { organization } from './entities/identity/organization.ts'
import { person } from './entities/identity/person.ts'
import { phone } from './entities/identity/phone.ts'
import { postalAddress } from './entities/identity/postal-address.ts'
import { username } from './entities/identity/username.ts'
import { asn } from './entities/infrastructure/asn.ts'
import { certificate } from './entities/infrastructure/certificate.ts'
import { cloudBucket } from './entities/infrastructure/cloud-bucket.ts'
import { cloudTenant } from './entities/infrastructure/cloud-tenant.ts'
import { codeRepository } from './entities/infrastructure/code-repository.ts'
import { dnsRecord } from './entities/infrastructure/dns-record.ts'
import { domain } from './entities/infrastructure/domain.ts'
import { file } from './entities/infrastructure/file.ts'
import { fingerprint } from './entities/infrastructure/fingerprint.ts'
import { ipAddress } from './entities/infrastructure/ip-address.ts'
import { mobileApp } from './entities/infrastructure/mobile-app.ts'
import { netblock } from './entities/infrastructure/netblock.ts'
import { openPort } from './entities/infrastructure/open-port.ts'
import { service } from './entities/infrastructure/service.ts'
import { technology } from './entities/infrastructure/technology.ts'
import { url } from './entities/infrastructure/url.ts'
import { webForm } from './entities/infrastructure/web-form.ts'
import { autnumRegistration } from './entities/registration/autnum-registration.ts'
import { domainRegistration } from './entities/registration/domain-registration.ts'
import { networkRegistration } from './entities/registration/network-registration.ts'
import { breach } from './entities/threat/breach.ts'
import { credentialLeak } from './entities/threat/credential-leak.ts'
import { hash } from './entities/threat/hash.ts'
import { onionService } from './entities/threat/onion-service.ts'
import { paste } from './entities/threat/paste.ts'
import { vulnerability } from './entities/threat/vulnerability.ts'

/** Every entity type and what is known about it, in the order in which people meet them. */
export const definitions: Record<EntityType, EntityDefinition> = {
  domain,
  'ip-address': ipAddress,
  netblock,
  asn,
  url,
  'open-port': openPort,
  service,
  certificate,
  'dns-record': dnsRecord,
  technology,
  fingerprint,
  'cloud-bucket': cloudBucket,
  'cloud-tenant': cloudTenant,
  'code-repository': codeRepository,
  'mobile-app': mobileApp,
  'web-form': webForm,
  file,
  organization,
  person,
  email,
  phone,
  username,
  account,
  'postal-address': postalAddress,
  'geo-point': geoPoint,
  'crypto-address': cryptoAddress,
  'bank-account': bankAccount,
  'domain-registration': domainRegistration,
  'network-registration': networkRegistration,
  'autnum-registration': autnumRegistration,
  vulnerability,
  hash,
  breach,
  'credential-leak': credentialLeak,
  paste,
  'onion-service': onionService,
  keyword,
  text,
}

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

const readers = Object.values(definitions).flatMap(({ type, fromUrl }) => (fromUrl ? [{ type, fromUrl }] : []))

/** What a canonical URL names by itself: the profile, the repository, the bucket it leads to. */
export function namedByUrl(url: string): { type: EntityType; value: string }[] {
  return readers.flatMap(({ type, fromUrl }) => {
    const value = fromUrl(url)
    return value === undefined ? [] : [{ type, value }]
  })
}

/** True for a URL on a platform of many: its owner is not the owner of the host. */
export function isOnPlatform(url: string): boolean {
  return readers.some(({ fromUrl }) => fromUrl(url) !== undefined)
}
