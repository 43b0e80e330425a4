/**
 * Domain names between text and wire (RFC 1035 §3.1, §4.1.4; escapes of §5.1).
 *
 * Text is lower case and without the final dot; the root is `.`. A byte that is not a printing ASCII character is
 * written `\DDD`, a dot or a backslash inside a label `\.` and `\\`: whatever a server answers survives the way to
 * text and back, but for the case of letters, which carries no meaning in the DNS (RFC 4343).
 */

export const maxNameBytes = 255

/** More pointers than a name can have labels serve only to waste time. */
const mostPointers = 127

/**
 * Writes `text` in wire form, lower-cased, and answers the offset after it, or -1 when it is not a name: an empty
 * label, a label over 63 bytes, over 255 bytes in all, a broken escape, or a character outside ASCII (an
 * internationalised name is given as A-labels). `into` has room for 255 bytes from `offset`.
 */
export function writeName(text: string, into: Uint8Array, offset: number): number {
  const length = text.length
  if (length === 0 || text === '.') {
    into[offset] = 0
    return offset + 1
  }
  const limit = offset + maxNameBytes - 1
  let lengthAt = offset
  let at = offset + 1
  for (let i = 0; i < length; i++) {
    let code = text.charCodeAt(i)
    if (code === 46) {
      const size = at - lengthAt - 1
      if (size === 0 || size > 63) return -1
      into[lengthAt] = size
      lengthAt = at++
      continue
    }
    if (code === 92) {
      code = escaped(text, i)
      if (code < 0) return -1
      i += isDigit(text.charCodeAt(i + 1)) ? 3 : 1
    } else if (code > 126) return -1
    if (code >= 65 && code <= 90) code += 32
    if (at >= limit) return -1
    into[at++] = code
  }
  const size = at - lengthAt - 1
  if (size > 63) return -1
  if (size > 0) {
    into[lengthAt] = size
    lengthAt = at++
  }
  into[lengthAt] = 0
  return lengthAt + 1
}

function escaped(text: string, backslash: number): number {
  const first = text.charCodeAt(backslash + 1)
  if (!isDigit(first)) return first <= 126 ? first : -1
  const second = text.charCodeAt(backslash + 2)
  const third = text.charCodeAt(backslash + 3)
  if (!isDigit(second) || !isDigit(third)) return -1
  const value = (first - 48) * 100 + (second - 48) * 10 + (third - 48)
  return value <= 255 ? value : -1
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/** The wire form of `text`, or undefined when it is not a name. */
export function nameToWire(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(maxNameBytes + 1)
  const end = writeName(text, bytes, 0)
  return end < 0 ? undefined : bytes.subarray(0, end)
}

const scratch = Buffer.alloc(maxNameBytes * 4)

/** A place in a message from which names and numbers are read; `failed` is true once anything lay outside it. */
export interface Cursor {
  readonly bytes: Buffer
  at: number
  failed: boolean
}

/**
 * Reads the name at the cursor and moves behind it. A pointer must go backwards, to before everything this name has
 * visited, so that no loop is possible; a name over 255 bytes, an unknown label type or an end of data sets `failed`.
 */
export function readName(cursor: Cursor): string {
  const bytes = cursor.bytes
  const size = bytes.length
  let at = cursor.at
  let before = at
  let after = -1
  let total = 1
  let pointers = 0
  let out = 0
  for (;;) {
    if (at >= size) return fail(cursor)
    const length = bytes[at]!
    if (length === 0) {
      cursor.at = after < 0 ? at + 1 : after
      return out === 0 ? '.' : scratch.toString('latin1', 0, out - 1)
    }
    if (length < 64) {
      total += length + 1
      const end = at + 1 + length
      if (end > size || total > maxNameBytes) return fail(cursor)
      for (let i = at + 1; i < end; i++) {
        const code = bytes[i]!
        if (code >= 65 && code <= 90) scratch[out++] = code + 32
        else if (code > 32 && code < 127 && code !== 46 && code !== 92) scratch[out++] = code
        else out = escape(code, out)
      }
      scratch[out++] = 46
      at = end
    } else if (length >= 192) {
      if (at + 1 >= size) return fail(cursor)
      if (after < 0) after = at + 2
      at = ((length & 63) << 8) | bytes[at + 1]!
      if (at >= before || ++pointers > mostPointers) return fail(cursor)
      before = at
    } else return fail(cursor)
  }
}

function escape(code: number, out: number): number {
  scratch[out++] = 92
  if (code === 46 || code === 92) {
    scratch[out++] = code
    return out
  }
  scratch[out++] = 48 + Math.floor(code / 100)
  scratch[out++] = 48 + (Math.floor(code / 10) % 10)
  scratch[out++] = 48 + (code % 10)
  return out
}

function fail(cursor: Cursor): string {
  cursor.failed = true
  cursor.at = cursor.bytes.length
  return '.'
}

/** Moves behind the name at the cursor without reading it; pointers are not followed. */
export function skipName(cursor: Cursor): void {
  const bytes = cursor.bytes
  let at = cursor.at
  for (;;) {
    const length = bytes[at]
    if (length === undefined) break
    if (length === 0) {
      cursor.at = at + 1
      return
    }
    if (length >= 192) {
      if (at + 2 > bytes.length) break
      cursor.at = at + 2
      return
    }
    if (length >= 64) break
    at += length + 1
  }
  fail(cursor)
}

/** The labels of a name in text, split at dots that are not escaped; none for the root. */
export function labelsOf(name: string): string[] {
  if (name === '.' || name === '') return []
  if (!name.includes('\\')) return name.split('.')
  return name.match(/(?:\\.|[^.\\])+/g) ?? []
}

/** The name without its first label; the root for a single label. */
export function parentOf(name: string): string {
  const first = labelsOf(name)[0]
  return first === undefined || first.length >= name.length ? '.' : name.slice(first.length + 1)
}
