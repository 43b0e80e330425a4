import { type Contact, type ContactRole, addToAddress } from '@mirage/module-sdk/contact.ts'
import { type Field, localKeys, wideKeys } from './fields.ts'

const references: Record<string, ContactRole> = {
  registrant: 'registrant',
  'holder c': 'registrant',
  'owner c': 'registrant',
  'admin c': 'administrative',
  'tech c': 'technical',
}

const handleKeys = new Set(['nic hdl', 'nic hdl br', 'contact'])

/**
 * The contacts of a text whose objects name each other: the first block, or one of the name servers, says `tech-c: X`, and
 * the block with `nic-hdl: X` (or `contact: X`) says who X is.
 */
export function contactsOfObjects(fields: readonly Field[]): Map<ContactRole, Contact> {
  const blocks = new Map<string, Field[]>()
  for (const [, block] of Map.groupBy(fields, (field) => field.block)) {
    // Afnic writes the name in `contact` and the handle in `nic-hdl`, cz.nic the handle in `contact`.
    const handle = block.find(({ key }) => key.startsWith('nic hdl')) ?? block.find(({ key }) => handleKeys.has(key))
    if (handle) blocks.set(handle.value, block)
  }
  const contacts = new Map<ContactRole, Contact>()
  for (const { key, value } of fields) {
    const role = references[key]
    const block = blocks.get(value)
    if (role && block && !contacts.has(role)) contacts.set(role, contactOf(block))
  }
  return contacts
}

function contactOf(block: readonly Field[]): Contact {
  const all = (...keys: string[]): string[] => block.filter(({ key }) => keys.includes(key)).map(({ value }) => value)
  const isOrganization = all('type').some((type) => /^organi[sz]ation$/i.test(type))
  // Where a handle of its own stands beside it, `contact` is the name.
  const name = all('person', 'personname', 'name', 'role', ...(all('nic hdl').length > 0 ? ['contact'] : []))[0]
  const organization = all('organization', 'org')[0]
  const person = isOrganization ? undefined : name
  const contact: Contact = { emails: all('e mail', 'email'), phones: all('phone').map(withoutDot) }
  if (organization ?? (isOrganization && name)) contact.organization = organization ?? name
  if (person !== undefined) contact.person = person
  for (const line of all(...localKeys)) addToAddress(contact, line, false)
  for (const line of all(...wideKeys)) addToAddress(contact, line, true)
  return contact
}

/** True for what names an object and nothing in the world: `NTL1234567-NICAT`, `mmr8008-53808`, `NSS:ORCHARD:1`. */
export function isHandle(value: string): boolean {
  return /^(?=.*\d)[a-z\d]+(?:[-_:][a-z\d]+)+$|^[A-Z]+\d+$/i.test(value)
}

/** A number as registries print it, `+44.2079460100` (RFC 5733 §2.5), as E.164. */
export function withoutDot(phone: string): string {
  return phone.replace(/^\+(\d+)\./, '+$1')
}
