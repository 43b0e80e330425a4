import { encodeId } from '@mirage/model/id.ts'

const digits = new Int8Array(128).fill(-1)
for (const [value, letter] of 'abcdefghijklmnopqrstuvwxyz234567'.split('').entries())
  digits[letter.charCodeAt(0)] = value

/** Reused by every call of `asKey`: a new array for each id would cost more than all the rest. */
const scratch = new Uint8Array(16)

/**
 * An id as it is stored: the 16 bytes of a content id, any other text as it is. The bytes are `target`; without one they
 * are valid until the next call, which is long enough to bind them: SQLite copies.
 */
export function asKey(id: string, target: Uint8Array = scratch): Uint8Array | string {
  if (id.length !== 26) return id
  let buffer = 0
  let bits = 0
  let at = 0
  for (let i = 0; i < 26; i++) {
    const code = id.charCodeAt(i)
    const value = code < 128 ? digits[code]! : -1
    if (value < 0) return id
    buffer = (buffer << 5) | value
    bits += 5
    if (bits >= 8) {
      bits -= 8
      target[at++] = buffer >> bits
      buffer &= (1 << bits) - 1
    }
  }
  // Spare bits that are set would make two texts one key.
  return buffer === 0 ? target : id
}

export function fromKey(key: Uint8Array | string): string {
  return typeof key === 'string' ? key : encodeId(key)
}

/** True for a content id in its one canonical form. */
export function isHash(text: string): boolean {
  return text.length === 26 && asKey(text) === scratch
}
