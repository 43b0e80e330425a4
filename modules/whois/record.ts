import type { Contact, ContactRole } from '@mirage/module-sdk/rdap.ts'

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

const fields: Record<string, 'registrar' | 'ianaId' | 'registeredAt' | 'changedAt' | 'expiresAt' | 'referral'> = {
  registrar: 'registrar',
  'registrar name': 'registrar',
  'sponsoring registrar': 'registrar',
  'registrar iana id': 'ianaId',
  'creation date': 'registeredAt',
  created: 'registeredAt',
  'created on': 'registeredAt',
  registered: 'registeredAt',
  'registered on': 'registeredAt',
  'updated date': 'changedAt',
  'last updated': 'changedAt',
  'last modified': 'changedAt',
  changed: 'changedAt',
  'registry expiry date': 'expiresAt',
  'registrar registration expiration date': 'expiresAt',
  'expiration date': 'expiresAt',
  'expiry date': 'expiresAt',
  expires: 'expiresAt',
  'paid-till': 'expiresAt',
  'registrar whois server': 'referral',
}

const contactFields: Record<string, ContactRole> = {
  registrant: 'registrant',
  admin: 'administrative',
  administrative: 'administrative',
  tech: 'technical',
  technical: 'technical',
  'registrar abuse': 'abuse',
}

const nothingKnown =
  /^\W*(no match\b|not found\b|no data found|no entries found|nothing found|domain not found|the queried object does not exist|no object found|object does not exist|status:\s*(?:free|available)\b)/im

const refusals = /(query rate|rate limit|limit exceeded|quota exceeded|too many (?:requests|queries)|try again later)/i

/** True when the text says that the domain is not registered. */
export function saysNothing(text: string): boolean {
  return nothingKnown.test(text)
}

/** True when the text asks for fewer queries instead of answering; a record may quote the same rules below itself. */
export function refuses(text: string): boolean {
  return refusals.test(text) && !holdsRegistration(readWhois(text))
}

/** True when the record says anything of a registration. */
export function holdsRegistration({ registeredAt, registrar, nameServers }: WhoisRecord): boolean {
  return registeredAt !== undefined || registrar !== undefined || nameServers.length > 0
}

/**
 * Reads `name: value` lines, the form that ICANN prescribes to registries and registrars (RDDS in the Registry
 * Agreement, specification 4) and that many country registries share; other lines are passed over.
 */
export function readWhois(text: string): WhoisRecord {
  const record: WhoisRecord = { status: [], nameServers: [], contacts: new Map() }
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:>>>|%|#)/.test(line)) continue
    const [, name = '', value = ''] = /^\s*([^:]{1,60}?)\.*\s*:\s+(\S.*?)\s*$/.exec(line) ?? []
    const key = name.toLowerCase()
    const field = fields[key]
    if (field) record[field] ??= value
    else if (key === 'name server' || key === 'nserver' || key === 'nameserver') {
      record.nameServers.push(value.split(/\s/, 1)[0]!.toLowerCase())
    } else if (key === 'domain status' || key === 'status') record.status.push(value.split(' http', 1)[0]!)
    else readContact(record, key, value)
  }
  return record
}

function readContact(record: WhoisRecord, key: string, value: string): void {
  const [, who = '', what = ''] =
    /^(registrant|admin(?:istrative)?|tech(?:nical)?|registrar abuse)(?: contact)? (name|organi[sz]ation|e-?mail|phone)$/.exec(
      key,
    ) ?? []
  const role = contactFields[who]
  if (!role) return
  let contact = record.contacts.get(role)
  if (!contact) record.contacts.set(role, (contact = { emails: [], phones: [] }))
  if (what === 'name') contact.person ??= value
  else if (what.startsWith('organi')) contact.organization ??= value
  else if (what === 'phone') contact.phones.push(value.replace(/^\+(\d+)\./, '+$1'))
  else contact.emails.push(value)
}
