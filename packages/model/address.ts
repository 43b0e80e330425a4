/**
 * IP addresses as bytes: 4 for IPv4, 16 for IPv6, in network order. An IPv4-mapped IPv6 address (`::ffff:1.2.3.4`) is
 * read as the IPv4 address it stands for, so that one address has one form.
 */
export type AddressBytes = Uint8Array

export type AddressLike = string | AddressBytes

/** The IPv4 address as an unsigned 32-bit number, or -1 when `text` is not exactly four decimal parts without leading zeros. */
export function ipv4Number(text: string): number {
  const length = text.length
  if (length < 7 || length > 15) return -1
  let address = 0
  let part = 0
  let digits = 0
  let dots = 0
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code === 46) {
      if (digits === 0 || ++dots > 3) return -1
      address = address * 256 + part
      part = 0
      digits = 0
    } else if (code >= 48 && code <= 57) {
      if (digits > 0 && part === 0) return -1
      part = part * 10 + code - 48
      if (part > 255) return -1
      digits++
    } else return -1
  }
  return dots === 3 && digits > 0 ? address * 256 + part : -1
}

/** The dotted form of an unsigned 32-bit number. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/** The bytes of a dotted IPv4 or an IPv6 address (RFC 4291 §2.2; no zone, no brackets); undefined when `text` is neither. */
export function parseAddress(text: string): AddressBytes | undefined {
  const v4 = ipv4Number(text)
  if (v4 >= 0) return ipv4Bytes(v4)
  return text.length > 1 && text.length <= 45 && text.includes(':') ? parseIpv6(text) : undefined
}

/** Dotted IPv4, or IPv6 as RFC 5952 writes it. */
export function formatAddress(bytes: AddressBytes): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`
  let bestStart = -1
  let bestLength = 1
  for (let i = 0; i < 8; i++) {
    let run = 0
    while (i + run < 8 && wordAt(bytes, i + run) === 0) run++
    if (run > bestLength) {
      bestStart = i
      bestLength = run
    }
    i += run
  }
  let text = ''
  for (let i = 0; i < 8; i++) {
    if (i === bestStart) {
      text += '::'
      i += bestLength - 1
    } else {
      if (text !== '' && !text.endsWith(':')) text += ':'
      text += wordAt(bytes, i).toString(16)
    }
  }
  return text
}

/** The canonical text of an address, or undefined. Costs no allocation for an IPv4 address. */
export function canonicalAddress(text: string): string | undefined {
  if (ipv4Number(text) >= 0) return text
  const bytes = parseAddress(text)
  return bytes && formatAddress(bytes)
}

/** True for the text of an IPv4 or IPv6 address in any accepted spelling. */
export function isAddress(text: string): boolean {
  return ipv4Number(text) >= 0 || parseAddress(text) !== undefined
}

/** The bytes of an address given either way. Throws a RangeError for text that is not one. */
export function addressBytes(address: AddressLike): AddressBytes {
  if (typeof address !== 'string') return address
  const bytes = parseAddress(address)
  if (!bytes) throw new RangeError(`not an IP address: ${address}`)
  return bytes
}

function ipv4Bytes(address: number): AddressBytes {
  const bytes = new Uint8Array(4)
  bytes[0] = address >>> 24
  bytes[1] = address >>> 16
  bytes[2] = address >>> 8
  bytes[3] = address
  return bytes
}

/**
 * The IPv4 address that an IPv6 address carries, where packets to the one may end at the other: mapped and compatible
 * (RFC 4291 §2.5.5), translated `::ffff:0:0:0/96` (RFC 2765 §2.1), NAT64 `64:ff9b::/96` (RFC 6052) and, where its last
 * 32 bits are meant, `64:ff9b:1::/48` (RFC 8215), 6to4 `2002::/16` (RFC 3056), Teredo `2001::/32` (RFC 4380, the
 * client's address, stored inverted), ISATAP in any prefix (RFC 5214 §6.1). Undefined for IPv4 itself and for all
 * others; `::` and `::1` are not compatible addresses.
 */
export function embeddedIpv4(address: AddressLike): AddressBytes | undefined {
  const bytes = addressBytes(address)
  if (bytes.length !== 16) return undefined
  const w0 = wordAt(bytes, 0)
  if (w0 === 0x2002) return bytes.slice(2, 6)
  if (w0 === 0x2001 && wordAt(bytes, 1) === 0) return bytes.slice(12).map((byte) => byte ^ 255)
  if (isIsatap(bytes)) return bytes.slice(12)
  if (w0 === 0x64) {
    const isTranslated = wordAt(bytes, 1) === 0xff9b && (wordAt(bytes, 2) === 1 || isZero(bytes, 4, 12))
    return isTranslated ? bytes.slice(12) : undefined
  }
  if (w0 !== 0 || !isZero(bytes, 2, 8)) return undefined
  const w4 = wordAt(bytes, 4)
  const w5 = wordAt(bytes, 5)
  if (w4 !== 0) return w4 === 0xffff && w5 === 0 ? bytes.slice(12) : undefined
  if (w5 === 0xffff) return bytes.slice(12)
  return w5 === 0 && (bytes[12] !== 0 || bytes[13] !== 0 || bytes[14] !== 0 || bytes[15]! > 1)
    ? bytes.slice(12)
    : undefined
}

/** True for an interface identifier of ISATAP, `0000:5efe:` or `0200:5efe:` and an IPv4 address, in any prefix. */
export function isIsatap(bytes: AddressBytes): boolean {
  return bytes.length === 16 && (bytes[8]! & ~2) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe
}

/** `4.3.2.1.in-addr.arpa` (RFC 1035 §3.5) or the nibbles under `ip6.arpa` (RFC 3596 §2.5). */
export function reverseName(address: AddressLike): string {
  const bytes = addressBytes(address)
  if (bytes.length === 4) return `${bytes[3]}.${bytes[2]}.${bytes[1]}.${bytes[0]}.in-addr.arpa`
  let name = ''
  for (let i = 15; i >= 0; i--) name += `${(bytes[i]! & 15).toString(16)}.${(bytes[i]! >> 4).toString(16)}.`
  return `${name}ip6.arpa`
}

/** The address whose `reverseName` this is, canonical; undefined for any other name, also for a reverse zone. */
export function addressOfReverseName(name: string): string | undefined {
  const zone = reverseZone(name)
  return zone && zone.prefix === zone.bytes.length * 8 ? formatAddress(canonicalBytes(zone.bytes)) : undefined
}

/** The bytes and the prefix length that a name under `in-addr.arpa` or `ip6.arpa` stands for. */
export function reverseZone(name: string): { bytes: AddressBytes; prefix: number } | undefined {
  const lower = name.toLowerCase()
  if (lower.endsWith('.in-addr.arpa')) {
    const labels = lower.slice(0, -13).split('.').reverse()
    if (labels.length > 4 || !labels.every((label) => /^(0|[1-9]\d{0,2})$/.test(label) && Number(label) < 256))
      return undefined
    const bytes = new Uint8Array(4)
    bytes.set(labels.map(Number))
    return { bytes, prefix: labels.length * 8 }
  }
  if (lower.endsWith('.ip6.arpa')) {
    const nibbles = lower.slice(0, -9).split('.').reverse()
    if (nibbles.length > 32 || !nibbles.every((nibble) => /^[\da-f]$/.test(nibble))) return undefined
    const bytes = new Uint8Array(16)
    for (const [i, nibble] of nibbles.entries()) bytes[i >> 1]! |= Number.parseInt(nibble, 16) << (i % 2 ? 0 : 4)
    return { bytes, prefix: nibbles.length * 4 }
  }
  return undefined
}

/** A mapped address as the IPv4 address it stands for; every other address as it is. */
function canonicalBytes(bytes: AddressBytes): AddressBytes {
  return bytes.length === 16 && isZero(bytes, 0, 10) && bytes[10] === 255 && bytes[11] === 255 ? bytes.slice(12) : bytes
}

function parseIpv6(text: string): AddressBytes | undefined {
  const bytes = new Uint8Array(16)
  let at = 0
  let gap = -1
  let i = 0
  const length = text.length
  if (text.charCodeAt(0) === 58) {
    if (text.charCodeAt(1) !== 58) return undefined
    gap = 0
    i = 2
  }
  while (i < length) {
    let word = 0
    const start = i
    while (i < length && i - start < 5) {
      const digit = hexDigit(text.charCodeAt(i))
      if (digit < 0) break
      word = word * 16 + digit
      i++
    }
    const digits = i - start
    if (digits === 0 || digits > 4 || at > 14) return undefined
    const next = text.charCodeAt(i)
    if (next === 46) {
      const v4 = ipv4Number(text.slice(start))
      if (v4 < 0 || at > 12) return undefined
      bytes.set(ipv4Bytes(v4), at)
      at += 4
      break
    }
    bytes[at++] = word >> 8
    bytes[at++] = word
    if (i === length) break
    if (next !== 58) return undefined
    i++
    if (i === length) return undefined
    if (text.charCodeAt(i) === 58) {
      if (gap >= 0) return undefined
      gap = at
      i++
    }
  }
  if (gap < 0) return at === 16 ? canonicalBytes(bytes) : undefined
  if (at > 14) return undefined
  bytes.copyWithin(16 - (at - gap), gap, at)
  bytes.fill(0, gap, 16 - (at - gap))
  return canonicalBytes(bytes)
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

function wordAt(bytes: AddressBytes, index: number): number {
  return (bytes[index * 2]! << 8) | bytes[index * 2 + 1]!
}

function isZero(bytes: AddressBytes, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false
  return true
}
