/**
 * Writes queries (RFC 1035 §4.1; EDNS RFC 6891; Client Subnet RFC 7871; 0x20 draft-vixie-dnsext-dns0x20).
 */

export interface QueryForm {
  id: number
  type: number
  /** Ask the server to resolve for us. */
  recursion: boolean
  /** Send an OPT record; without it the answer is cut at 512 bytes. */
  edns: boolean
  /** Client Subnet with source prefix 0: the resolver must not tell name servers where the client is (RFC 7871 §7.1.2). */
  ecs: boolean
  /** DNSSEC records in the answer (RFC 3225); implies `edns`. */
  dnssec: boolean
  /** A 1 in bit `i mod 32` turns the letter at byte `i` of the name into upper case; 0 leaves the name lower case. */
  caseBits: number
}

/** What survives fragmentation on every path (DNS flag day 2020). */
const udpPayloadBytes = 1232

/** Header, the longest name, type and class, OPT with Client Subnet. */
export const maxQueryBytes = 12 + 255 + 4 + 11 + 8

/**
 * Writes one query for the wire name at `name[from..to)` (lower case) and answers its length. `into` has room for
 * `maxQueryBytes`.
 */
export function writeQuery(into: Uint8Array, name: Uint8Array, from: number, to: number, form: QueryForm): number {
  into[0] = form.id >> 8
  into[1] = form.id & 255
  into[2] = form.recursion ? 1 : 0
  into[3] = 0
  into[4] = 0
  into[5] = 1
  into.fill(0, 6, 12)
  const edns = form.edns || form.dnssec
  if (edns) into[11] = 1
  let at = 12
  if (form.caseBits === 0) {
    for (let i = from; i < to; i++) into[at++] = name[i]!
  } else {
    for (let i = from; i < to; i++) into[at++] = casedByte(name[i]!, i - from, form.caseBits)
  }
  into[at++] = form.type >> 8
  into[at++] = form.type & 255
  into[at++] = 0
  into[at++] = 1
  return edns ? writeOpt(into, at, form) : at
}

function writeOpt(into: Uint8Array, start: number, form: QueryForm): number {
  let at = start
  into[at++] = 0
  into[at++] = 0
  into[at++] = 41
  into[at++] = udpPayloadBytes >> 8
  into[at++] = udpPayloadBytes & 255
  into[at++] = 0
  into[at++] = 0
  into[at++] = form.dnssec ? 128 : 0
  into[at++] = 0
  into[at++] = 0
  into[at++] = form.ecs ? 8 : 0
  if (!form.ecs) return at
  into[at++] = 0
  into[at++] = 8
  into[at++] = 0
  into[at++] = 4
  into[at++] = 0
  into[at++] = 1
  into[at++] = 0
  into[at++] = 0
  return at
}

/**
 * The byte at `index` of a lower-case wire name under `caseBits`. Length bytes are below 64 and so never taken for
 * letters.
 */
function casedByte(byte: number, index: number, caseBits: number): number {
  return byte >= 97 && byte <= 122 && (caseBits >>> (index & 31)) & 1 ? byte - 32 : byte
}

/** How the question of a message relates to what was asked. */
export type Echo = 'same' | 'other-case' | 'other' | 'none'

/**
 * Compares the question of `message` with the lower-case wire name at `name[from..to)`, its type and case bits. The
 * question directly behind the header cannot be compressed.
 */
export function echoOf(
  message: Uint8Array,
  name: Uint8Array,
  from: number,
  to: number,
  type: number,
  caseBits: number,
): Echo {
  if (message[4] === 0 && message[5] === 0) return 'none'
  if (message[4] !== 0 || message[5] !== 1) return 'other'
  const end = 12 + to - from
  if (message.length < end + 4) return 'other'
  if (
    message[end] !== type >> 8 ||
    message[end + 1] !== (type & 255) ||
    message[end + 2] !== 0 ||
    message[end + 3] !== 1
  )
    return 'other'
  let same = true
  for (let i = from; i < to; i++) {
    const expected = name[i]!
    const actual = message[12 + i - from]!
    if (actual === casedByte(expected, i - from, caseBits)) continue
    if (lower(actual) !== expected) return 'other'
    same = false
  }
  return same ? 'same' : 'other-case'
}

function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte
}
