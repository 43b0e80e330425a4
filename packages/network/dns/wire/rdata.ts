import { typeCodes, typeName } from './codes.ts'
import { bytesToText, readIpv4, readIpv6, readUint16, readUint32, readUint8, take } from './fields.ts'
import { readName } from './name.ts'
import type { Cursor } from './name.ts'
import { readServiceParameters } from './service-binding.ts'

/**
 * The data of a record in presentation form (`DnsRecord.data`), read from the cursor up to `end`. Numbers come first
 * where the RFC puts them first; names are lower case without the final dot, the root `.`.
 *
 * TXT (RFC 1035 §3.3.14) is its strings joined: as UTF-8 where that is what they are, otherwise with each byte above
 * 126 as `\DDD`. The value of CAA (RFC 8659 §4.1.1) is quoted. Digests are upper-case hexadecimal, keys base64.
 * Sets `failed` on the cursor where the data do not fit their length.
 */
export function readData(cursor: Cursor, type: number, end: number): string {
  switch (type) {
    case typeCodes.A:
      return readIpv4(cursor)
    case typeCodes.AAAA:
      return readIpv6(cursor)
    case typeCodes.CNAME:
    case typeCodes.NS:
    case typeCodes.PTR:
      return readName(cursor)
    case typeCodes.MX:
      return `${readUint16(cursor)} ${readName(cursor)}`
    case typeCodes.TXT:
      return readText(cursor, end)
    case typeCodes.SOA:
      return `${readName(cursor)} ${readName(cursor)} ${readUint32(cursor)} ${readUint32(cursor)} ${readUint32(cursor)} ${readUint32(cursor)} ${readUint32(cursor)}`
    case typeCodes.SRV:
      return `${readUint16(cursor)} ${readUint16(cursor)} ${readUint16(cursor)} ${readName(cursor)}`
    case typeCodes.CAA:
      return readCaa(cursor, end)
    case typeCodes.NSEC:
      return readNsec(cursor, end)
    case typeCodes.DS:
      return `${readUint16(cursor)} ${readUint8(cursor)} ${readUint8(cursor)} ${take(cursor, end).toString('hex').toUpperCase()}`
    case typeCodes.TLSA:
      return `${readUint8(cursor)} ${readUint8(cursor)} ${readUint8(cursor)} ${take(cursor, end).toString('hex').toUpperCase()}`
    case typeCodes.DNSKEY:
      return `${readUint16(cursor)} ${readUint8(cursor)} ${readUint8(cursor)} ${take(cursor, end).toString('base64')}`
    case typeCodes.SVCB:
    case typeCodes.HTTPS:
      return `${readUint16(cursor)} ${readName(cursor)}${readServiceParameters(cursor, end)}`
    default:
      cursor.at = end
      return ''
  }
}

function readText(cursor: Cursor, end: number): string {
  const parts: Buffer[] = []
  while (cursor.at < end && !cursor.failed) {
    const length = readUint8(cursor)
    if (cursor.at + length > end) cursor.failed = true
    else parts.push(take(cursor, cursor.at + length))
  }
  return bytesToText(parts.length === 1 ? parts[0]! : Buffer.concat(parts))
}

function readCaa(cursor: Cursor, end: number): string {
  const flags = readUint8(cursor)
  const tagLength = readUint8(cursor)
  const tag = take(cursor, Math.min(cursor.at + tagLength, end))
    .toString('latin1')
    .toLowerCase()
  const value = bytesToText(take(cursor, end)).replace(/["\\]/g, '\\$&')
  return `${flags} ${tag} "${value}"`
}

/** `next TYPE TYPE …` (RFC 4034 §4.2). */
function readNsec(cursor: Cursor, end: number): string {
  let text = readName(cursor)
  while (cursor.at < end && !cursor.failed) {
    const window = readUint8(cursor)
    const length = readUint8(cursor)
    if (length > 32 || cursor.at + length > end) {
      cursor.failed = true
      break
    }
    for (let i = 0; i < length * 8; i++) {
      const byte = cursor.bytes[cursor.at + (i >> 3)]!
      if ((byte >> (7 - (i & 7))) & 1) text += ` ${typeName(window * 256 + i)}`
    }
    cursor.at += length
  }
  return text
}
