import { contains, parseNetblock } from '@mirage/model/netblock.ts'
import { normalise } from '@mirage/model/registry.ts'
import { type Static, type TSchema, Type as t } from 'typebox'
import type { Http } from './context.ts'
import { type Sighting, observe } from './observe.ts'

/** IANA's tables of who answers for what (RFC 9224): `services` pairs keys with base URLs. */
const Bootstrap = t.Object({ services: t.Array(t.Tuple([t.Array(t.String()), t.Array(t.String())])) })

export type RdapKind = 'domain' | 'ip' | 'autnum'

/** What every RDAP object has that is read here (RFC 9083 §4, §5). */
export const rdapFields = {
  handle: t.Optional(t.String()),
  status: t.Optional(t.Array(t.String())),
  events: t.Optional(t.Array(t.Object({ eventAction: t.String(), eventDate: t.String() }))),
  entities: t.Optional(t.Array(t.Unknown())),
}

/**
 * The RDAP object of a domain name, an address or an AS number (`64500`), from whom IANA's bootstrap tables name;
 * undefined where nobody is named or nothing is known.
 */
export async function askRdap<S extends TSchema>(
  http: Http,
  kind: RdapKind,
  key: string,
  schema: S,
): Promise<Static<S> | undefined> {
  const base = await findServer(http, kind, key)
  if (base === undefined) return undefined
  const address = `${base.replace(/\/?$/, '/')}${kind}/${encodeURIComponent(key).replaceAll('%3A', ':')}`
  return http.json(address, schema, { missing: [404], headers: { accept: 'application/rdap+json, application/json' } })
}

async function findServer(http: Http, kind: RdapKind, key: string): Promise<string | undefined> {
  const table = kind === 'domain' ? 'dns' : kind === 'autnum' ? 'asn' : key.includes(':') ? 'ipv6' : 'ipv4'
  const bootstrap = await http.json(`https://data.iana.org/rdap/${table}.json`, Bootstrap, { cacheFor: '24h' })
  let best: { length: number; urls: string[] } | undefined
  for (const [keys, urls] of bootstrap?.services ?? []) {
    for (const one of keys) {
      const length = matchLength(kind, one, key)
      if (length > (best?.length ?? -1)) best = { length, urls }
    }
  }
  return best?.urls.find((url) => url.startsWith('https:')) ?? best?.urls[0]
}

/** How exactly a key of a table fits, the longer the better; -1 where it does not. */
function matchLength(kind: RdapKind, entry: string, key: string): number {
  if (kind === 'domain') {
    const suffix = entry.toLowerCase()
    return suffix === '' || key === suffix || key.endsWith(`.${suffix}`) ? suffix.length : -1
  }
  if (kind === 'autnum') {
    const [first, last] = entry.split('-').map(Number)
    return Number(key) >= first! && Number(key) <= (last ?? first!) ? 0 : -1
  }
  const block = parseNetblock(entry)
  return block && contains(block, key) ? block.prefix : -1
}

/** The date of an event such as `registration`, `last changed`, `expiration`. */
export function eventOf(
  object: { events?: { eventAction: string; eventDate: string }[] },
  action: string,
): string | undefined {
  return object.events?.find(({ eventAction }) => eventAction === action)?.eventDate
}

/** The types that a contact can become. A module that yields `contactsOf` declares them in `produces`. */
export const contactEntityTypes = ['organization', 'person', 'email', 'phone'] as const

export type RegistrationType = 'domain-registration' | 'network-registration' | 'autnum-registration'

type ContactSighting = Sighting<(typeof contactEntityTypes)[number]>

const edges = {
  registrant: 'registrant_contact',
  administrative: 'admin_contact',
  technical: 'technical_contact',
  abuse: 'abuse_contact',
} as const

export type ContactRole = keyof typeof edges

/** What a contact is called and how it is reached, wherever it was read. */
export interface Contact {
  organization?: string | undefined
  person?: string | undefined
  emails: string[]
  phones: string[]
}

/** Text that stands where a value was taken out. */
const redaction =
  /^(?:\W*|n\/?a|none|unknown)$|redacted|not disclosed|data protected|statutory masking|withheld|gdpr masked|hidden upon/i

/** The edges from a registration to what one of its contacts names; what is redacted says nothing. */
export function* sightingsOfContact(
  registration: { type: RegistrationType; value: string },
  role: ContactRole,
  contact: Contact,
): Generator<ContactSighting, void, void> {
  const place = { via: edges[role], from: registration }
  const namespace = namespaceOf(registration)
  const { organization, person, emails, phones } = contact
  if (organization && !redaction.test(organization))
    yield observe('organization', `${namespace}|${organization}`, place)
  if (person && !redaction.test(person)) yield observe('person', `${namespace}|${person}`, place)
  for (const email of emails) if (!redaction.test(email)) yield observe('email', email, place)
  for (const phone of phones) if (!redaction.test(phone)) yield observe('phone', phone, place)
}

/** Whoever a registration names is told apart by it: its type and canonical value. */
function namespaceOf({ type, value }: { type: RegistrationType; value: string }): string {
  return `${type}:${normalise(type, value) ?? value}`
}

/** The edge from a registration to its registrar. */
export function sightingOfRegistrar(
  registration: { type: RegistrationType; value: string },
  name: string,
  attributes: Record<string, unknown> = {},
): ContactSighting {
  return observe('organization', `${namespaceOf(registration)}|${name}`, {
    via: 'registrar',
    from: registration,
    attributes,
  })
}

/** The fields of an entity object (RFC 9083 §5.1) that are read here. */
interface RdapEntity {
  roles?: unknown
  vcardArray?: unknown
  entities?: unknown
  publicIds?: unknown
}

const maxDepth = 4

/** Every contact of an RDAP object and of the entities inside its entities, each by its own roles. */
export function* contactsOf(
  registration: { type: RegistrationType; value: string },
  entities: unknown,
  depth = 0,
): Generator<ContactSighting, void, void> {
  if (!Array.isArray(entities) || depth >= maxDepth) return
  for (const item of entities as unknown[]) {
    if (typeof item !== 'object' || item === null) continue
    // Every field of it is checked where it is read.
    const entity = item as RdapEntity
    const roles = Array.isArray(entity.roles) ? (entity.roles as unknown[]) : []
    const { name, ...contact } = readVcard(entity.vcardArray)
    for (const role of Object.keys(edges) as ContactRole[]) {
      if (roles.includes(role)) yield* sightingsOfContact(registration, role, contact)
    }
    if (roles.includes('registrar') && name && !redaction.test(name)) {
      yield sightingOfRegistrar(registration, name, { ianaId: ianaIdOf(entity.publicIds) })
    }
    yield* contactsOf(registration, entity.entities, depth + 1)
  }
}

function ianaIdOf(ids: unknown): string | undefined {
  if (!Array.isArray(ids)) return undefined
  const own = (ids as { type?: unknown; identifier?: unknown }[]).find((id) => id?.type === 'IANA Registrar ID')
  return typeof own?.identifier === 'string' ? own.identifier : undefined
}

/** What a jCard says (RFC 7095): `['vcard', [[name, parameters, type, value], …]]`; anything else says nothing. */
function readVcard(vcard: unknown): Contact & { name?: string } {
  const contact: Contact & { name?: string } = { emails: [], phones: [] }
  const properties = Array.isArray(vcard) && Array.isArray(vcard[1]) ? (vcard[1] as unknown[]) : []
  let kind = 'individual'
  for (const property of properties) {
    if (!Array.isArray(property)) continue
    const [name, , , given] = property as unknown[]
    const value = textOfValue(given)
    if (value === '') continue
    if (name === 'kind') kind = value.toLowerCase()
    else if (name === 'fn') contact.name ??= value
    else if (name === 'org') contact.organization ??= value
    else if (name === 'email') contact.emails.push(value)
    else if (name === 'tel') contact.phones.push(value.replace(/;ext=.*$/, ''))
  }
  if (kind === 'individual') contact.person = contact.name
  else if (kind === 'org') contact.organization ??= contact.name
  return contact
}

function textOfValue(value: unknown): string {
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first.trim() : ''
}
