import { hash } from 'node:crypto'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

const codes = Uint8Array.from(alphabet, (letter) => letter.charCodeAt(0))

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

/**
 * Five bytes at a time as two numbers of four letters. All letters make the text at once: one joined of pieces is put
 * together again when it is first read.
 */
function encode(byteAt: (index: number) => number): string {
  const a = (byteAt(0) << 12) | (byteAt(1) << 4) | (byteAt(2) >> 4)
  const b = (byteAt(2) << 16) | (byteAt(3) << 8) | byteAt(4)
  const c = (byteAt(5) << 12) | (byteAt(6) << 4) | (byteAt(7) >> 4)
  const d = (byteAt(7) << 16) | (byteAt(8) << 8) | byteAt(9)
  const e = (byteAt(10) << 12) | (byteAt(11) << 4) | (byteAt(12) >> 4)
  const f = (byteAt(12) << 16) | (byteAt(13) << 8) | byteAt(14)
  const g = byteAt(15) << 2
  // oxfmt-ignore
  return String.fromCharCode(
    letter(a >> 15), letter(a >> 10), letter(a >> 5), letter(a), letter(b >> 15), letter(b >> 10), letter(b >> 5), letter(b),
    letter(c >> 15), letter(c >> 10), letter(c >> 5), letter(c), letter(d >> 15), letter(d >> 10), letter(d >> 5), letter(d),
    letter(e >> 15), letter(e >> 10), letter(e >> 5), letter(e), letter(f >> 15), letter(f >> 10), letter(f >> 5), letter(f),
    letter(g >> 5), letter(g),
  )
}

function letter(bits: number): number {
  return codes[bits & 31]!
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
