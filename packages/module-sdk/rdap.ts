import { contains, parseNetblock } from '@mirage/model/netblock.ts'
import { type Static, type TSchema, Type as t } from 'typebox'
import { textOf } from './body.ts'
import {
  type ContactRole,
  type ContactSighting,
  type Registration,
  isRedacted,
  sightingOfRegistrar,
  sightingsOfContact,
} from './contact.ts'
import type { Http } from './context.ts'
import { readJcard } from './jcard.ts'
import { readAs } from './permissive.ts'

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

/** What of an object is read here that says where more of it is. */
export const rdapLinks = t.Optional(
  t.Array(t.Object({ rel: t.Optional(t.String()), type: t.Optional(t.String()), href: t.String() })),
)

/**
 * The same object as the registrar has it, to whom a registry such as that of .com leaves the contacts: its link
 * `related` (RFC 9083 §4.2; ICANN, gTLD RDAP Response Profile). Undefined where there is none, or the registrar gives
 * no answer that can be read: what the registry says stays true.
 */
export async function askRelated<S extends TSchema>(
  http: Http,
  links: readonly { rel?: string; type?: string; href: string }[] = [],
  schema: S,
): Promise<Static<S> | undefined> {
  const related = links.find(({ rel, type, href }) => {
    return rel === 'related' && type === 'application/rdap+json' && href.startsWith('https:')
  })
  if (!related) return undefined
  const answer = await http.look(related.href, { headers: { accept: 'application/rdap+json, application/json' } })
  if (answer?.status !== 200 || answer.truncated) return undefined
  try {
    return readAs(schema, JSON.parse(textOf(answer))).value
  } catch {
    return undefined
  }
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

/** The fields of an entity object (RFC 9083 §5.1) that are read here. */
interface RdapEntity {
  roles?: unknown
  vcardArray?: unknown
  entities?: unknown
  publicIds?: unknown
}

const maxDepth = 4

const contactRoles: readonly ContactRole[] = ['registrant', 'administrative', 'technical', 'abuse']

/** Every contact of an RDAP object and of the entities inside its entities, each by its own roles. */
export function* contactsOf(
  registration: Registration,
  entities: unknown,
  depth = 0,
): Generator<ContactSighting, void, void> {
  if (!Array.isArray(entities) || depth >= maxDepth) return
  for (const item of entities as unknown[]) {
    if (typeof item !== 'object' || item === null) continue
    // Every field of it is checked where it is read.
    const entity = item as RdapEntity
    const roles = Array.isArray(entity.roles) ? (entity.roles as unknown[]) : []
    const { name, ...contact } = readJcard(entity.vcardArray)
    for (const role of contactRoles) {
      if (roles.includes(role)) yield* sightingsOfContact(registration, role, contact)
    }
    if (roles.includes('registrar') && name && !isRedacted(name)) {
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
