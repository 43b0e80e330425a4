import type { ContactRole } from '@mirage/module-sdk/contact.ts'

/** One thing that a WHOIS text says. */
export interface Field {
  /** The name in lower case, `-` and `_` as blanks; empty for a line that is only a value. */
  key: string
  value: string
  /** The heading that it stands below, as `headings` writes it, or the text of one that is not known; empty at the top. */
  section: string
  /** Blocks are separated by blank lines and numbered. */
  block: number
}

/** More is no answer about one domain. */
const maxFields = 5000
const maxLine = 1000

const headings: [section: string, pattern: RegExp][] = [
  [
    'registrant',
    /^(?:titular \/ )?(?:registrant|holder|domain holder|holder of domain name|owner)(?: contact(?: information)?)?$/,
  ],
  ['administrative', /^(?:admin(?:istrative|istrator)?|adm|admin c)(?: contacts?(?: information)?)?$/],
  ['technical', /^(?:\S+ \S+ \/ )?(?:registrar )?(?:tech(?:nical)?|tec|tech c)(?: contacts?(?: information)?)?$/],
  ['abuse', /^(?:registrar )?abuse(?: contact)?$/],
  ['registrar', /^registrar$/],
  ['name servers', /^(?:domain )?(?:name ?servers?|nservers?|dns servers?|servers)(?: information| in listed order)?$/],
]

/** Parts of an address: those that make one, and those that say little alone. */
export const localKeys = new Set(['street', 'street address', 'address', 'city'])
export const wideKeys = new Set(['state/province', 'postal code', 'postalcode', 'zip code', 'country', 'countrycode'])

/** The part that a contact plays, by a heading or the first words of a field; undefined for anything else. */
export function contactRoleOf(words: string): ContactRole | undefined {
  const section = sectionOf(words)
  return section === 'registrant' || section === 'administrative' || section === 'technical' || section === 'abuse'
    ? section
    : undefined
}

function sectionOf(words: string): string | undefined {
  return headings.find(([, pattern]) => pattern.test(words))?.[0]
}

/**
 * The fields of a WHOIS text in order: `name: value`, `[Name] value`, and lines that are only a value below a heading.
 * A heading ends in a colon, stands in brackets, or is a known word alone on the first line of a block. Any other
 * line goes on with the field before it.
 */
export function fieldsOf(text: string): Field[] {
  const fields: Field[] = []
  let section = ''
  let block = 0
  let isStart = true
  for (const line of linesOf(text)) {
    if (/^(?:>>>|%|#|--)/.test(line)) continue
    if (line === '') {
      if (!isStart) block++
      isStart = true
      section = ''
      continue
    }
    if (fields.length === maxFields) break
    const { key, value } = partsOf(line)
    if (value === '') section = sectionOf(key) ?? key
    else if (key !== '') fields.push({ key, value, section, block })
    else if (isStart && sectionOf(plain(value))) section = sectionOf(plain(value))!
    else {
      const before = fields.at(-1)
      if (before?.block === block && before.section === section) fields.push({ ...before, value })
      else if (section !== '') fields.push({ key, value, section, block })
    }
    isStart = false
  }
  return fields
}

/** The lines of a text without the blanks around them, each bounded: what follows is about values, never about prose. */
export function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trim().slice(0, maxLine))
}

/** Name and value of a line; a heading has no value, a bare line no name. */
function partsOf(line: string): { key: string; value: string } {
  const bracketed = /^(?:[a-z]\.\s{0,9})?\[([^\]]{1,60})\](.*)$/.exec(line)
  if (bracketed) return { key: plain(bracketed[1]!), value: bracketed[2]!.trim() }
  // A value follows a blank, so that neither a URL nor an IPv6 address is taken for a field.
  const colon = line.search(/:(?:\s|$)/)
  if (colon < 1 || colon > 60) return { key: '', value: line }
  return { key: plain(line.slice(0, colon).replace(/^[\s*]+|[.\s]+$/g, '')), value: line.slice(colon + 1).trim() }
}

function plain(words: string): string {
  return words
    .toLowerCase()
    .replace(/\(s\)$/, 's')
    .replace(/[-_]/g, ' ')
    .trim()
}
