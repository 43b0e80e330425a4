import { type AddressBytes, type AddressLike, addressBytes, formatAddress, parseAddress } from './address.ts'

/** A CIDR block (RFC 4632): the bits of `bytes` behind `prefix` are zero. */
export interface Netblock {
  bytes: AddressBytes
  prefix: number
}

export type NetblockLike = string | Netblock

/**
 * A block written `10.0.0.0/8` or with a contiguous mask `10.0.0.0/255.0.0.0`, host bits cleared. A block of
 * IPv4-mapped addresses is the IPv4 block. Undefined when `text` is none, also for a bare address.
 */
export function parseNetblock(text: string): Netblock | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const base = text.slice(0, slash)
  const bytes = parseAddress(base)
  if (!bytes) return undefined
  const size = text.slice(slash + 1)
  let prefix = /^(0|[1-9]\d{0,2})$/.test(size) ? Number(size) : bytes.length === 4 ? prefixOfMask(size) : -1
  if (bytes.length === 4 && base.includes(':')) {
    if (prefix >= 96) prefix -= 96
    else return undefined
  }
  return prefix >= 0 && prefix <= bytes.length * 8 ? { bytes: maskBytes(bytes, prefix), prefix } : undefined
}

export function formatNetblock(block: Netblock): string {
  return `${formatAddress(block.bytes)}/${block.prefix}`
}

/** The block given either way. Throws a RangeError for text that is not one. */
export function netblockOf(block: NetblockLike): Netblock {
  if (typeof block !== 'string') return block
  const parsed = parseNetblock(block)
  if (!parsed) throw new RangeError(`not a CIDR block: ${block}`)
  return parsed
}

/** True when the block holds the address, or the whole of the other block. An IPv4 address is never in an IPv6 block. */
export function contains(block: NetblockLike, inner: AddressLike | Netblock): boolean {
  const { bytes, prefix } = netblockOf(block)
  const other = typeof inner === 'string' && inner.includes('/') ? netblockOf(inner) : inner
  const isBlock = typeof other === 'object' && 'prefix' in other
  const otherBytes = isBlock ? other.bytes : addressBytes(other)
  if (otherBytes.length !== bytes.length || (isBlock && other.prefix < prefix)) return false
  return samePrefix(bytes, otherBytes, prefix)
}

/** The copy of an address with all bits behind `prefix` cleared. */
export function maskBytes(bytes: AddressBytes, prefix: number): AddressBytes {
  const masked = bytes.slice()
  const whole = prefix >> 3
  if (whole < masked.length) {
    masked[whole]! &= 0xff00 >> (prefix & 7)
    masked.fill(0, whole + 1)
  }
  return masked
}

/** How many addresses the block holds. */
export function sizeOf(block: NetblockLike): bigint {
  const { bytes, prefix } = netblockOf(block)
  return 1n << BigInt(bytes.length * 8 - prefix)
}

/** Every address of the block in order, canonical, made one at a time. */
export function* addressesOf(block: NetblockLike): Generator<string, void, undefined> {
  const { bytes, prefix } = netblockOf(block)
  const current = bytes.slice()
  for (;;) {
    yield formatAddress(current)
    let i = current.length - 1
    while (i >= 0 && current[i] === 255) current[i--] = 0
    if (i < 0) return
    current[i]!++
    if (!samePrefix(bytes, current, prefix)) return
  }
}

/** First and last address of the block. */
export function boundsOf(block: NetblockLike): { first: AddressBytes; last: AddressBytes } {
  const { bytes, prefix } = netblockOf(block)
  const last = bytes.slice()
  for (let bit = prefix; bit < last.length * 8; bit++) last[bit >> 3]! |= 128 >> (bit & 7)
  return { first: bytes, last }
}

/** The fewest blocks that hold exactly the addresses from `first` to `last`, in order; none when they are not a range of one family. */
export function blocksOfRange(first: AddressLike, last: AddressLike): Netblock[] {
  const firstBytes = addressBytes(first)
  const lastBytes = addressBytes(last)
  if (firstBytes.length !== lastBytes.length) return []
  const bits = firstBytes.length * 8
  const end = toBigInt(lastBytes)
  const blocks: Netblock[] = []
  for (let start = toBigInt(firstBytes); start <= end;) {
    let free = 0
    while (free < bits && (start >> BigInt(free)) % 2n === 0n && start + (1n << BigInt(free + 1)) - 1n <= end) free++
    blocks.push({ bytes: fromBigInt(start, firstBytes.length), prefix: bits - free })
    start += 1n << BigInt(free)
  }
  return blocks
}

export function toBigInt(bytes: AddressBytes): bigint {
  let value = 0n
  for (const byte of bytes) value = value * 256n + BigInt(byte)
  return value
}

function fromBigInt(value: bigint, length: number): AddressBytes {
  const bytes = new Uint8Array(length)
  let rest = value
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 255n)
    rest >>= 8n
  }
  return bytes
}

function samePrefix(a: AddressBytes, b: AddressBytes, prefix: number): boolean {
  const whole = prefix >> 3
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false
  const rest = prefix & 7
  return rest === 0 || (a[whole]! ^ b[whole]!) >> (8 - rest) === 0
}

function prefixOfMask(text: string): number {
  const mask = parseAddress(text)
  if (mask?.length !== 4) return -1
  const bits = Number(toBigInt(mask)).toString(2).padStart(32, '0')
  const prefix = bits.indexOf('0') < 0 ? 32 : bits.indexOf('0')
  return bits.indexOf('1', prefix) < 0 ? prefix : -1
}
