import { reverseZone } from './address.ts'
import { type SpecialRange, specialRange } from './special-range.ts'

/** What a name outside the public DNS can only be. */
export type SpecialName = 'this-machine' | 'private-network' | 'another-system' | 'nothing'

/**
 * Suffixes that the public DNS never has an answer for. From the IANA special-use domain names (RFC 6761 and its updates,
 * as of 2025-10): `localhost`, `test`, `invalid`, `local` (RFC 6762), `onion` (RFC 7686), `alt` (RFC 9476), and of `arpa`
 * `home` (RFC 8375), `service` (RFC 9665), `resolver` (RFC 9462), `ipv4only` (RFC 8880), `6tisch` (RFC 9031), `eap-noob`
 * (RFC 9140). ICANN keeps `internal` for private use (2024-07-29) and delegates neither `corp`, `home` nor `mail`
 * (2018-02-04); RFC 6762 appendix G lists what else networks use. `localdomain` is what resolvers and routers write.
 * `example` is for documents, resolvers answer it themselves: nobody learns anything, and labs stand on it.
 */
const suffixes = new Map<string, SpecialName>([
  ['localhost', 'this-machine'],
  ['localdomain', 'private-network'],
  ['local', 'private-network'],
  ['internal', 'private-network'],
  ['intranet', 'private-network'],
  ['private', 'private-network'],
  ['corp', 'private-network'],
  ['home', 'private-network'],
  ['lan', 'private-network'],
  ['mail', 'private-network'],
  ['test', 'private-network'],
  ['home.arpa', 'private-network'],
  ['service.arpa', 'private-network'],
  ['resolver.arpa', 'private-network'],
  ['ipv4only.arpa', 'private-network'],
  ['onion', 'another-system'],
  ['alt', 'another-system'],
  ['6tisch.arpa', 'nothing'],
  ['eap-noob.arpa', 'nothing'],
  ['invalid', 'nothing'],
])

/** Reverse zones of these are served where they are used, or by nobody (RFC 6303). */
const local = new Set<SpecialRange | undefined>([
  'unspecified',
  'loopback',
  'private',
  'carrier-nat',
  'link-local',
  'broadcast',
])

/**
 * Why nobody on the public Internet can be asked about a name, or undefined when it is an ordinary one: what it is
 * itself, or for a reverse name where its addresses are. `name` is in lower case, without the final dot.
 */
export function specialName(name: string): SpecialName | undefined {
  const dot = name.lastIndexOf('.')
  const last = name.slice(dot + 1)
  if (last !== 'arpa' || dot < 0) return suffixes.get(last)
  const zone = name.slice(name.lastIndexOf('.', dot - 1) + 1)
  return suffixes.get(zone) ?? (isLocalReverse(name) ? 'private-network' : undefined)
}

/** Whatever stands below a reverse zone, as names of DNS-SD do, belongs to its addresses. */
function isLocalReverse(name: string): boolean {
  const zone = reverseZone(name)
  if (zone === undefined) {
    const dot = name.indexOf('.')
    return dot >= 0 && isLocalReverse(name.slice(dot + 1))
  }
  const last = zone.bytes.slice()
  for (let bit = zone.prefix; bit < last.length * 8; bit++) last[bit >> 3]! |= 128 >> (bit & 7)
  return local.has(specialRange(zone.bytes)) && local.has(specialRange(last))
}
