import { hash } from 'node:crypto'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * The content id of `text`: the first 128 bits of its SHA-256, as 26 characters of lower-case base32 (RFC 4648, no padding).
 * The same text has the same id everywhere, so no service asks another for one.
 */
export function contentId(text: string): string {
  return encodeId(hash('sha256', text, 'buffer'))
}

/** The first 16 bytes of `bytes` as 26 base32 characters; `decodeId` is its inverse. */
export function encodeId(bytes: Uint8Array): string {
  let id = ''
  let buffer = 0
  let bits = 0
  for (let i = 0; i < 16; i++) {
    buffer = (buffer << 8) | bytes[i]!
    bits += 8
    while (bits >= 5) {
      bits -= 5
      id += alphabet[(buffer >> bits) & 31]!
    }
    buffer &= (1 << bits) - 1
  }
  return id + alphabet[(buffer << (5 - bits)) & 31]!
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
