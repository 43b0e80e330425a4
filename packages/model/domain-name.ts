import { domainToASCII, domainToUnicode } from 'node:url'
import { parse } from 'tldts'

/**
 * Names of the DNS in canonical form: lower-case A-labels, no final dot. What depends on the Public Suffix List (apex,
 * suffix) is derived and never part of an identity; a run pins the list it used by `publicSuffixList`.
 *
 * Private suffixes count: whoever holds `jdoe.github.io` is not whoever holds `acme.github.io`, and owner is what
 * distance asks for. A name that is itself a private suffix (`github.io`) belongs to the registrable domain above it.
 */
export const publicSuffixList = { source: 'tldts 7.5.4 (publicsuffix.org)', date: '2026-11-15' } as const

const withPrivate = { allowPrivateDomains: true, extractHostname: false, validateHostname: false, detectIp: false }
const withoutPrivate = { ...withPrivate, allowPrivateDomains: false }

/** Special-use names (RFC 6761, RFC 9476, ICANN's `internal`) that never appear in the root but do on networks. */
const specialUse = new Set([
  'example',
  'test',
  'invalid',
  'localhost',
  'local',
  'internal',
  'alt',
  'lan',
  'home',
  'corp',
])

const Lower = 0
const Upper = 1
const Other = 2

/**
 * The canonical form of a DNS name, or undefined: at least two labels of 1–63 characters, 253 in all, letters, digits,
 * `-` and `_`, a last label that starts with a letter. A final dot is dropped, Unicode is mapped by UTS 46. Wildcards,
 * addresses and `.onion` (RFC 7686) are not DNS names.
 */
export function canonicalName(text: string): string | undefined {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  if (name.length > 253 || name.length < 3) return name.length < 1024 ? canonicalUnicodeName(name) : undefined
  const form = formOf(name)
  if (form === Lower) return name.endsWith('.onion') ? undefined : name
  if (form === Upper) return canonicalName(name.toLowerCase())
  return canonicalUnicodeName(name)
}

/** The name as people write it: A-labels decoded where that is safe to read back, else as it is. */
export function displayName(name: string): string {
  if (!name.includes('xn--')) return name
  const unicode = domainToUnicode(name)
  return canonicalName(unicode) === name ? unicode : name
}

/** The registrable domain of a canonical name; undefined for a public suffix that belongs to a registry (`com`, `co.uk`). */
export function apexOf(name: string): string | undefined {
  const { domain, isPrivate } = parse(name, withPrivate)
  if (domain !== null) return domain
  return isPrivate ? (parse(name, withoutPrivate).domain ?? undefined) : undefined
}

/** True for a registrable domain. */
export function isApex(name: string): boolean {
  return apexOf(name) === name
}

/** The public suffix a name stands under (`co.uk`, `github.io`); for a top level nobody lists, its last label. */
export function publicSuffixOf(name: string): string {
  return parse(name, withPrivate).publicSuffix ?? name.slice(name.lastIndexOf('.') + 1)
}

/** True when the name ends in a suffix that ICANN delegates, that the list carries, or that is reserved for special use. */
export function hasKnownSuffix(name: string): boolean {
  const { isIcann, isPrivate } = parse(name, withPrivate)
  return isIcann === true || isPrivate === true || specialUse.has(name.slice(name.lastIndexOf('.') + 1))
}

/** True when `name` is strictly below `parent`. Both canonical. */
export function isBelow(name: string, parent: string): boolean {
  return (
    name.length > parent.length + 1 && name.charCodeAt(name.length - parent.length - 1) === 46 && name.endsWith(parent)
  )
}

/** The name without its first label; undefined when what remains is a single label. */
export function parentOf(name: string): string | undefined {
  const dot = name.indexOf('.')
  return dot < 0 || name.indexOf('.', dot + 1) < 0 ? undefined : name.slice(dot + 1)
}

function canonicalUnicodeName(name: string): string | undefined {
  if (isPlain(name)) return undefined
  const ascii = domainToASCII(name)
  const bare = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii
  return bare.length <= 253 && formOf(bare) === Lower && !bare.endsWith('.onion') ? bare : undefined
}

function isPlain(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 127) return false
  return true
}

/** `Lower`: canonical. `Upper`: canonical once in lower case. `Other`: neither, or not ASCII. One pass, no allocation. */
function formOf(name: string): number {
  let labelStart = 0
  let labels = 0
  let form = Lower
  const length = name.length
  for (let i = 0; i <= length; i++) {
    const code = i < length ? name.charCodeAt(i) : 46
    if (code === 46) {
      if (i === labelStart || i - labelStart > 63) return Other
      labels++
      if (i < length) labelStart = i + 1
    } else if (code >= 65 && code <= 90) form = Upper
    else if (!((code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 45 || code === 95)) return Other
  }
  return labels >= 2 && isTopLevel(name, labelStart) ? form : Other
}

/** A top level starts with a letter, is two characters or longer, has no underscore and does not end in a hyphen. */
function isTopLevel(name: string, start: number): boolean {
  const first = name.charCodeAt(start) | 32
  return (
    name.length - start >= 2 &&
    first >= 97 &&
    first <= 122 &&
    name.charCodeAt(name.length - 1) !== 45 &&
    name.indexOf('_', start) < 0
  )
}
