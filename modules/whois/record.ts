import { type Contact, type ContactRole, addToAddress } from '@mirage/module-sdk/contact.ts'
import { type Field, contactRoleOf, fieldsOf, linesOf, localKeys, wideKeys } from './fields.ts'
import { contactsOfObjects, isHandle, withoutDot } from './objects.ts'

/** What the text of a WHOIS server says of a domain. */
export interface WhoisRecord {
  registrar?: string
  ianaId?: string
  registeredAt?: string
  changedAt?: string
  expiresAt?: string
  status: string[]
  nameServers: string[]
  contacts: Map<ContactRole, Contact>
  /** The WHOIS server of the registrar, which may say more. */
  referral?: string
}

type Said = 'registrar' | 'ianaId' | 'registeredAt' | 'changedAt' | 'expiresAt' | 'referral'

const said: Record<string, Said> = {
  registrar: 'registrar',
  'registrar name': 'registrar',
  'sponsoring registrar': 'registrar',
  'authorized agency': 'registrar',
  'registration service provider': 'registrar',
  'registrar iana id': 'ianaId',
  'creation date': 'registeredAt',
  created: 'registeredAt',
  'created on': 'registeredAt',
  'record created': 'registeredAt',
  'domain name commencement date': 'registeredAt',
  registered: 'registeredAt',
  'registered on': 'registeredAt',
  'registered date': 'registeredAt',
  'registration date': 'registeredAt',
  'registration time': 'registeredAt',
  'updated date': 'changedAt',
  'last update': 'changedAt',
  'last updated': 'changedAt',
  'last updated date': 'changedAt',
  'last modified': 'changedAt',
  modified: 'changedAt',
  changed: 'changedAt',
  'registry expiry date': 'expiresAt',
  'registrar registration expiration date': 'expiresAt',
  'expiration date': 'expiresAt',
  'expiration time': 'expiresAt',
  'expiry date': 'expiresAt',
  'expire date': 'expiresAt',
  'renewal date': 'expiresAt',
  expire: 'expiresAt',
  expires: 'expiresAt',
  'expires on': 'expiresAt',
  'paid till': 'expiresAt',
  'registrar whois server': 'referral',
}

const nameServerKeys = new Set(['name server', 'nserver', 'nameserver', 'name servers', 'nameservers', 'host name'])

const organizationKeys = new Set(['organization', 'organisation', 'org', 'organization name', 'org name', 'company'])

/** What the first word of a line says of a name that nobody has. */
const nothingKnown = [
  /^(?:no match|not found|no (?:data|object|record)s? found|no entries found|nothing found|object[ _]not[ _]found)\b/i,
  /^(?:domain(?: name)? )?["']?[\w.-]*["']?:? ?(?:was )?(?:not found|is free|no match|no existe)\b/i,
  /^(?:the |above )*domain(?: name)?(?: \S+)? (?:has not been|is not) registered\b/i,
  /^(?:no matching record|no such domain|no information available about domain|we do not have an entry in our database)/i,
  /^(?:the queried object|object) does not exist/i,
  /^(?:domain )?status:\s*(?:free|available|not registered|no object found)\b/i,
]

const refusals = /(query rate|rate limit|limit exceeded|quota exceeded|too many (?:requests|queries)|try again later)/i

const walls = /(requests of this client are not permitted|is not authori[sz]ed|access (?:is )?(?:denied|restricted))/i

/** True when the text says that the domain is not registered. */
export function saysNothing(text: string): boolean {
  const isSaid = linesOf(text).some((line) => {
    const words = line.replace(/^[^\w"']+/, '')
    return nothingKnown.some((sentence) => sentence.test(words))
  })
  return isSaid && !holdsRegistration(readWhois(text))
}

/** True when the text asks for fewer queries instead of answering; a record may quote the same rules below itself. */
export function refuses(text: string): boolean {
  return refusals.test(text) && !holdsRegistration(readWhois(text))
}

/** True when the server answers only clients that it knows, as those of .es and .ch. */
export function isWall(text: string): boolean {
  return walls.test(text) && !holdsRegistration(readWhois(text))
}

/** True when the record says anything of a registration. */
export function holdsRegistration({ registeredAt, registrar, nameServers }: WhoisRecord): boolean {
  return registeredAt !== undefined || registrar !== undefined || nameServers.length > 0
}

/**
 * Reads what a registry or registrar writes. RFC 3912 prescribes no form; four are in use and read here: the fields that
 * ICANN prescribes (RDDS in the Registry Agreement, specification 4), sections below headings (.uk, .nl, .it, .eu, .de),
 * names in brackets (.jp), and objects that name each other by handle (.at, .fr, .cz, .br).
 */
export function readWhois(text: string): WhoisRecord {
  const fields = fieldsOf(text)
  const record: WhoisRecord = { status: [], nameServers: [], contacts: contactsOfObjects(fields) }
  for (const field of fields) readField(record, field)
  return record
}

function readField(record: WhoisRecord, field: Field): void {
  const { key, value, section } = field
  const name = said[key]
  if (name && !contactRoleOf(section)) record[name] ??= name === 'registrar' ? withoutTag(value) : value
  else if (nameServerKeys.has(key) || section === 'name servers') readNameServer(record, value)
  else if (key === 'domain status' || key === 'status') record.status.push(value.split(' http', 1)[0]!)
  else if (section === 'registrar') readRegistrar(record, field)
  else readContact(record, field)
}

/** A line may also name the zone and the type (`google.pt NS ns1…`), addresses or a state. */
function readNameServer(record: WhoisRecord, value: string): void {
  const [first = '', type, third] = value.toLowerCase().split(/[\s,;]+/)
  const host = (type === 'ns' && third ? third : first).replace(/\.$/, '')
  if (/^[^\s:.]+\.[^\s:]+$/.test(host) && /[a-z]/.test(host.slice(host.indexOf('.')))) record.nameServers.push(host)
}

/** In a section of its own the name is a field or the first line. */
function readRegistrar(record: WhoisRecord, { key, value }: Field): void {
  if (organizationKeys.has(key)) record.registrar = value
  else if (key === 'name' || key === '') record.registrar ??= withoutTag(value)
}

/** Nominet writes `Name [Tag = NAME]`, others an address behind the name. */
function withoutTag(value: string): string {
  return value.replace(/\s*(?:\[Tag\s*=.*|\(\s*https?:.*)$/i, '')
}

function readContact(record: WhoisRecord, { key, value, section }: Field): void {
  const [role, what] = roleAndFieldOf(key, section)
  if (!role) return
  // Registries with objects write a handle here, and the object has told who that is.
  if (key === 'registrant' && (isHandle(value) || (record.contacts.has(role) && !value.includes(' ')))) return
  const contact = record.contacts.get(role) ?? { emails: [], phones: [] }
  if (what === 'name') contact.person ??= value
  else if (organizationKeys.has(what)) contact.organization ??= value
  else if (what === 'phone' || what === 'phone number') contact.phones.push(withoutDot(value))
  else if (/^e ?mail(?: address)?$/.test(what)) contact.emails.push(value)
  else if (localKeys.has(what)) addToAddress(contact, value, false)
  else if (wideKeys.has(what)) addToAddress(contact, value, true)
  else return
  record.contacts.set(role, contact)
}

/** Whom a field is about: its own name says it (`Tech Email`), or the section that it stands in. */
function roleAndFieldOf(key: string, section: string): [ContactRole | undefined, string] {
  // A registry that prints no type of holder names one here, mostly an organisation.
  if (key === 'registrant' || key === 'owner' || (key === 'org' && section === ''))
    return ['registrant', 'organization']
  const [, who, what] = /^(registrant|registrar abuse|[a-z]+(?: contact)?) (\S.*)$/.exec(key) ?? []
  const named = who === undefined ? undefined : contactRoleOf(who)
  if (named && what !== undefined) return [named, what.replace(/^contact /, '')]
  return [contactRoleOf(section), key]
}
