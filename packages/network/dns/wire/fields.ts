import type { Cursor } from './name.ts'

const decimal = Array.from({ length: 256 }, (_, i) => String(i))

export function readUint8(cursor: Cursor): number {
  const at = cursor.at
  cursor.at = at + 1
  if (at + 1 > cursor.bytes.length) cursor.failed = true
  return cursor.bytes[at] ?? 0
}

export function readUint16(cursor: Cursor): number {
  return (readUint8(cursor) << 8) | readUint8(cursor)
}

export function readUint32(cursor: Cursor): number {
  return readUint16(cursor) * 65536 + readUint16(cursor)
}

/** The bytes from the cursor up to `end`; empty, and `failed`, when `end` lies before the cursor or outside. */
export function take(cursor: Cursor, end: number): Buffer {
  if (end < cursor.at || end > cursor.bytes.length) {
    cursor.failed = true
    return Buffer.alloc(0)
  }
  const bytes = cursor.bytes.subarray(cursor.at, end)
  cursor.at = end
  return bytes
}

export function readIpv4(cursor: Cursor): string {
  const { bytes, at } = cursor
  cursor.at = at + 4
  if (at + 4 > bytes.length) {
    cursor.failed = true
    return ''
  }
  return `${decimal[bytes[at]!]}.${decimal[bytes[at + 1]!]}.${decimal[bytes[at + 2]!]}.${decimal[bytes[at + 3]!]}`
}

/** An IPv6 address as RFC 5952 §4 writes it: lower case, the longest run of zero groups (the first of equals) as `::`. */
export function readIpv6(cursor: Cursor): string {
  let bestAt = -1
  let bestLength = 1
  let runAt = -1
  const groups: number[] = []
  for (let i = 0; i < 8; i++) {
    const group = readUint16(cursor)
    groups.push(group)
    if (group !== 0) runAt = -1
    else {
      if (runAt < 0) runAt = i
      if (i - runAt + 1 > bestLength) {
        bestAt = runAt
        bestLength = i - runAt + 1
      }
    }
  }
  let text = ''
  for (let i = 0; i < 8; i++) {
    if (i === bestAt) {
      text += '::'
      i += bestLength - 1
      continue
    }
    if (text !== '' && !text.endsWith(':')) text += ':'
    text += groups[i]!.toString(16)
  }
  return text
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes as UTF-8 where they are; otherwise ASCII with each byte above 126 as `\DDD`. */
export function bytesToText(bytes: Buffer): string {
  let ascii = true
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i]! > 126) {
      ascii = false
      break
    }
  }
  if (ascii) return bytes.toString('latin1')
  try {
    return utf8.decode(bytes)
  } catch {
    return bytes.toString('latin1').replace(/[\x7f-\xff]/g, (char) => `\\${char.charCodeAt(0)}`)
  }
}
