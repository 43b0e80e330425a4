import { type Contact, addToAddress } from './contact.ts'

/** More lines are no address. */
const maxLines = 20

/**
 * What a jCard says (RFC 7095): `['vcard', [[name, parameters, type, value], …]]`; anything else says nothing. `org` is the
 * organization and its units (RFC 6350 §6.6.4), `adr` seven parts or, where they are empty, the lines of its parameter
 * `label` (RFC 7095 §3.3.1.3). `name` is the formatted one, whatever it names.
 */
export function readJcard(vcard: unknown): Contact & { name?: string } {
  const contact: Contact & { name?: string } = { emails: [], phones: [] }
  const properties = Array.isArray(vcard) && Array.isArray(vcard[1]) ? (vcard[1] as unknown[]) : []
  let kind = 'individual'
  for (const property of properties) {
    if (!Array.isArray(property)) continue
    const [name, parameters, , given] = property as unknown[]
    if (name === 'adr') readAddress(contact, given, parameters)
    const [value = '', ...more] = textsOf(given)
    if (value === '') continue
    if (name === 'kind') kind = value.toLowerCase()
    else if (name === 'fn') contact.name ??= value
    else if (name === 'org') {
      if (contact.organization === undefined) contact.units = more.filter((unit) => unit !== '')
      contact.organization ??= value
    } else if (name === 'email') contact.emails.push(value)
    else if (name === 'tel') contact.phones.push(value.replace(/;ext=[^]*$/, ''))
  }
  if (kind === 'individual') contact.person = contact.name
  else if (kind === 'org') contact.organization ??= contact.name
  return contact
}

/** The first address that a card shows. */
function readAddress(contact: Contact, given: unknown, parameters: unknown): void {
  if (contact.address) return
  // Post office box, extension, street, city; then region, code, country. A part may have several values.
  const parts = Array.isArray(given) ? (given as unknown[]).slice(0, 7) : []
  for (const [index, part] of parts.entries()) {
    for (const line of textsOf(part).slice(0, maxLines)) addToAddress(contact, line, index > 3)
  }
  if (contact.address) return
  const label = typeof parameters === 'object' && parameters !== null ? (parameters as { label?: unknown }).label : ''
  const lines = typeof label === 'string' ? label.split(/\r?\n/, maxLines) : []
  // A single line is mostly the country.
  if (lines.length > 1) for (const line of lines) addToAddress(contact, line, false)
}

/** A text, or the texts of a list, in order; what is none stands as an empty one. */
function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? (value as unknown[]) : [value]).map((one) =>
    typeof one === 'string' ? one.trim() : '',
  )
}
