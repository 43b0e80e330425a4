import type { AddressBytes } from './address.ts'
import { type Netblock, maskBytes } from './netblock.ts'

/**
 * Values by CIDR block, found by address in time that depends on how many prefix lengths are in use, not on how many
 * blocks. The first value set for a block stays.
 */
export interface PrefixMap<T> {
  readonly size: number
  set(block: Netblock, value: T): void
  /** The value of the longest block that holds the address, or the whole of a block of length `prefix` at it. */
  find(bytes: AddressBytes, prefix?: number): T | undefined
  /** True when some block lies inside this one, or holds it. */
  overlaps(block: Netblock): boolean
}

export function prefixMap<T>(): PrefixMap<T> {
  const families = { v4: new Map<number, Map<number | string, T>>(), v6: new Map<number, Map<number | string, T>>() }
  const blocks: Netblock[] = []
  let lengths: { v4: number[]; v6: number[] } = { v4: [], v6: [] }
  const family = (bytes: AddressBytes) => (bytes.length === 4 ? 'v4' : 'v6')

  function set(block: Netblock, value: T): void {
    const which = family(block.bytes)
    const existing = families[which].get(block.prefix)
    const level = existing ?? new Map<number | string, T>()
    if (!existing) {
      families[which].set(block.prefix, level)
      lengths = { ...lengths, [which]: [...families[which].keys()].sort((a, b) => b - a) }
    }
    const key = keyOf(block.bytes, block.prefix)
    if (level.has(key)) return
    level.set(key, value)
    blocks.push(block)
  }

  function find(bytes: AddressBytes, prefix = bytes.length * 8): T | undefined {
    const which = family(bytes)
    for (const length of lengths[which]) {
      if (length > prefix) continue
      const value = families[which].get(length)!.get(keyOf(bytes, length))
      if (value !== undefined) return value
    }
    return undefined
  }

  function overlaps(block: Netblock): boolean {
    if (find(block.bytes, block.prefix) !== undefined) return true
    const key = keyOf(block.bytes, block.prefix)
    return blocks.some(
      ({ bytes, prefix }) =>
        bytes.length === block.bytes.length && prefix > block.prefix && keyOf(bytes, block.prefix) === key,
    )
  }

  return {
    get size() {
      return blocks.length
    },
    set,
    find,
    overlaps,
  }
}

/** The leading bits as a number for IPv4, as text for IPv6. */
function keyOf(bytes: AddressBytes, prefix: number): number | string {
  if (bytes.length === 4) {
    const number = ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0
    return prefix === 0 ? 0 : number >>> (32 - prefix)
  }
  return String.fromCharCode(...maskBytes(bytes, prefix))
}
