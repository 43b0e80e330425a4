import { contentId } from './id.ts'

/** Labels of the Open Asset Model where it has one, then Mirage's own. Edges are directed. */
export const relationshipKinds = [
  'dns_record',
  'ptr_record',
  'port',
  'contains',
  'announces',
  'registration',
  'registrant_contact',
  'admin_contact',
  'technical_contact',
  'abuse_contact',
  'name_server',
  'mail_server',
  'registrar',
  'certificate',
  'common_name',
  'san_dns_name',
  'issuing_certificate',
  'subsidiary',
  'org_unit',
  'member',
  'account',
  'location',
  'website',
  'social_media_profile',
  'product_used',
  'provider',
  'subdomain',
  'links_to',
  'redirects_to',
  'mentions',
  'co_hosted_with',
  'looks_like',
  'uses_fingerprint',
  'exposed_in',
  'affects',
  'same_as',
] as const

export type RelationshipKind = (typeof relationshipKinds)[number]

/** The id of the edge `from` → `to`, both entity ids. `qualifier` tells edges of one kind apart: the record type of `dns_record`, else empty. */
export function relationshipId(from: string, kind: RelationshipKind, qualifier: string, to: string): string {
  return contentId(`${from}\n${kind}\n${qualifier}\n${to}`)
}
