import { hash } from 'node:crypto'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/** Two characters for each number of ten bits. */
const pairs: string[] = []
for (const first of alphabet) for (const second of alphabet) pairs.push(first + second)

/**
 * The content id of `text`: the first 128 bits of its SHA-256, as 26 characters of lower-case base32 (RFC 4648, no padding).
 * The same text has the same id everywhere, so no service asks another for one.
 */
export function contentId(text: string): string {
  // As `binary` (Latin-1) a digest costs a quarter of what it costs as a buffer.
  const digest = hash('sha256', text, 'binary')
  return encode((index) => digest.charCodeAt(index))
}

/** The first 16 bytes of `bytes` as 26 base32 characters; `decodeId` is its inverse. */
export function encodeId(bytes: Uint8Array): string {
  return encode((index) => bytes[index]!)
}

function encode(byteAt: (index: number) => number): string {
  let id = ''
  for (let i = 0; i < 15; i += 5) {
    const high = (byteAt(i) << 12) | (byteAt(i + 1) << 4) | (byteAt(i + 2) >> 4)
    const low = ((byteAt(i + 2) & 15) << 16) | (byteAt(i + 3) << 8) | byteAt(i + 4)
    id += pairs[high >> 10]! + pairs[high & 1023]! + pairs[low >> 10]! + pairs[low & 1023]!
  }
  return id + pairs[byteAt(15) << 2]!
}

/** The 16 bytes of a content id. Throws a RangeError when `id` is not one. */
export function decodeId(id: string): Uint8Array {
  const bytes = new Uint8Array(16)
  if (id.length !== 26) throw new RangeError(`not a content id: ${id}`)
  let buffer = 0
  let bits = 0
  let at = 0
  for (let i = 0; i < 26; i++) {
    const code = id.charCodeAt(i)
    const value = code >= 97 && code <= 122 ? code - 97 : code >= 50 && code <= 55 ? code - 24 : -1
    if (value < 0) throw new RangeError(`not a content id: ${id}`)
    buffer = (buffer << 5) | value
    bits += 5
    if (bits >= 8 && at < 16) {
      bits -= 8
      bytes[at++] = (buffer >> bits) & 255
      buffer &= (1 << bits) - 1
    }
  }
  return bytes
}

/** True when `text` has the form of a content id. */
export function isContentId(text: string): boolean {
  return /^[a-z2-7]{26}$/.test(text)
}
