import { normalise } from '@mirage/model/registry.ts'
import { type Sighting, observe } from './observe.ts'

/** The types that a contact can become. A module that yields `sightingsOfContact` declares them in `produces`. */
export const contactEntityTypes = ['organization', 'person', 'email', 'phone', 'postal-address'] as const

export type RegistrationType = 'domain-registration' | 'network-registration' | 'autnum-registration'

export interface Registration {
  type: RegistrationType
  value: string
}

export type ContactSighting = Sighting<(typeof contactEntityTypes)[number]>

const edges = {
  registrant: 'registrant_contact',
  administrative: 'admin_contact',
  technical: 'technical_contact',
  abuse: 'abuse_contact',
} as const

export type ContactRole = keyof typeof edges

/** What a contact is called, where it is and how it is reached, wherever it was read. */
export interface Contact {
  organization?: string | undefined
  /** Parts of the organization, the larger first. */
  units?: string[]
  person?: string | undefined
  emails: string[]
  phones: string[]
  /** Lines of the postal address; see `addToAddress`. */
  address?: string[]
}

/** Text that stands where a value was taken out. */
const redaction =
  /^(?:\W*|n\/?a|none|unknown|hidden|not shown|\(not shown\))$|redacted|not disclosed|data protected|statutory masking|withheld|gdpr masked|hidden upon/i

export function isRedacted(text: string): boolean {
  return redaction.test(text)
}

/** Services that stand in for a registrant: names, phones and addresses are theirs, and those of millions of domains. */
const standInNames =
  /^(?:whois |domain )?privacy protect|privacy services? provided by|withheld for privacy|^(?:whois |domain )privacy|domains by proxy|registration private|private registration|contact privacy inc|perfect privacy|private by design|privacyprotect\.org|privacyguardian|whoisguard|whois agent|identity protection service|proxy protection llc|domain protection services|super privacy service|jewella privacy|knock knock whois/i
const standInMail =
  /@(?:.+\.)?(?:domainsbyproxy\.com|withheldforprivacy\.com|contactprivacy\.com|privacyprotect\.org|privacyguardian\.org|whoisguard\.com|whoisprivacyprotect\.com|domainprivacygroup\.com|identity-protect\.org|privatewho\.is|contact\.gandi\.net|anonymised\.email)$/i

/** True when the contact is that of a privacy service: nothing of it is the registrant's. */
function isStandIn({ organization = '', person = '', emails }: Contact): boolean {
  return (
    standInNames.test(organization) ||
    standInNames.test(person) ||
    emails.some((email) => email.length <= 320 && standInMail.test(email))
  )
}

/**
 * Adds a line to a contact's address. Street and city make one; what is wider (`isWide`: region, code, country) is added to
 * one only, because registries show it of contacts whose address they hide.
 */
export function addToAddress(contact: Contact, line: string, isWide: boolean): void {
  const text = line.trim()
  if (isRedacted(text) || (isWide && !contact.address)) return
  contact.address = [...(contact.address ?? []), text]
}

/** The edges from a registration to what one of its contacts names; what is redacted or stands in says nothing. */
export function* sightingsOfContact(
  registration: Registration,
  role: ContactRole,
  contact: Contact,
): Generator<ContactSighting, void, void> {
  if (isStandIn(contact)) return
  const place = { via: edges[role], from: registration }
  const named = (name: string): string => `${namespaceOf(registration)}|${name}`
  const organization = shown(contact.organization)
  const person = shown(contact.person)
  const { units = [], emails, phones, address } = contact
  if (organization !== undefined) {
    yield observe('organization', named(organization), place)
    let above = organization
    for (const unit of units.filter((name) => !isRedacted(name) && name !== organization)) {
      const from = { type: 'organization', value: named(above) } as const
      yield observe('organization', named(unit), { via: 'org_unit', from })
      above = unit
    }
  }
  if (person !== undefined) yield observe('person', named(person), place)
  for (const email of emails) if (!isRedacted(email)) yield observe('email', email, place)
  for (const phone of phones) if (!isRedacted(phone)) yield observe('phone', phone, place)
  if (!address) return
  const from =
    organization !== undefined
      ? ({ type: 'organization', value: named(organization) } as const)
      : person !== undefined
        ? ({ type: 'person', value: named(person) } as const)
        : registration
  yield observe('postal-address', named(address.join('\n')), { via: 'location', from })
}

/** The edge from a registration to its registrar. */
export function sightingOfRegistrar(
  registration: Registration,
  name: string,
  attributes: Record<string, unknown> = {},
): ContactSighting {
  return observe('organization', `${namespaceOf(registration)}|${name}`, {
    via: 'registrar',
    from: registration,
    attributes,
  })
}

function shown(name: string | undefined): string | undefined {
  return name === undefined || name === '' || isRedacted(name) ? undefined : name
}

/** Whoever a registration names is told apart by it: its type and canonical value. */
function namespaceOf({ type, value }: Registration): string {
  return `${type}:${normalise(type, value) ?? value}`
}
