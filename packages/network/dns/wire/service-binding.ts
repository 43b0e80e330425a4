import type { Cursor } from './name.ts'
import { bytesToText, readIpv4, readIpv6, readUint16, readUint8, take } from './fields.ts'

const keys = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint'] as const

/** The parameters of SVCB and HTTPS records, each after a space: ` alpn=h2,h3 port=8443` (RFC 9460 §2.1, §7). */
export function readServiceParameters(cursor: Cursor, end: number): string {
  let text = ''
  while (cursor.at < end && !cursor.failed) {
    const key = readUint16(cursor)
    const valueEnd = readUint16(cursor) + cursor.at
    if (valueEnd > end) {
      cursor.failed = true
      break
    }
    const value = readValue(cursor, key, valueEnd)
    text += value === '' ? ` ${keyName(key)}` : ` ${keyName(key)}=${value}`
    if (cursor.at !== valueEnd) cursor.failed = true
  }
  return text
}

function keyName(key: number): string {
  return keys[key] ?? `key${key}`
}

function readValue(cursor: Cursor, key: number, end: number): string {
  switch (keyName(key)) {
    case 'mandatory':
      return listOf(cursor, end, () => keyName(readUint16(cursor)))
    case 'alpn':
      return listOf(cursor, end, () => {
        const length = readUint8(cursor)
        return bytesToText(take(cursor, Math.min(cursor.at + length, end)))
      })
    case 'port':
      return String(readUint16(cursor))
    case 'ipv4hint':
      return listOf(cursor, end, () => readIpv4(cursor))
    case 'ipv6hint':
      return listOf(cursor, end, () => readIpv6(cursor))
    case 'ech':
      return take(cursor, end).toString('base64')
    default:
      return bytesToText(take(cursor, end))
  }
}

function listOf(cursor: Cursor, end: number, read: () => string): string {
  const items: string[] = []
  while (cursor.at < end && !cursor.failed) items.push(read())
  return items.join(',')
}
