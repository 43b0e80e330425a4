import type { DnsAnswer, DnsRecord, DnsStatus, RecordType } from '@mirage/model/exchange.ts'
import { statusOfRcode, typeCodes, typeOfCode } from './codes.ts'
import { readUint16, readUint32 } from './fields.ts'
import { readName, skipName } from './name.ts'
import type { Cursor } from './name.ts'
import { readData } from './rdata.ts'

/** A whole answer, for those who need more than its answer section. */
export interface DnsMessage {
  id: number
  /** Lower case, as text. */
  name: string
  /** The code asked for; undefined type names stay possible (AXFR). */
  typeCode: number
  status: DnsStatus
  authoritative: boolean
  truncated: boolean
  records: DnsRecord[]
  authority: DnsRecord[]
}

/**
 * Decodes a response. Never throws and always ends: what is not a well-formed response is undefined. Records of types
 * that the model does not carry, and of classes other than IN, are left out. A time to live with its top bit set
 * counts as 0 (RFC 2181 §8).
 */
export function decodeMessage(bytes: Buffer): DnsMessage | undefined {
  if (bytes.length < 12 || (bytes[2]! & 0x80) === 0) return undefined
  const cursor: Cursor = { bytes, at: 12, failed: false }
  const questions = (bytes[4]! << 8) | bytes[5]!
  if (questions > 1) return undefined
  const name = questions === 1 ? readName(cursor) : '.'
  const typeCode = questions === 1 ? readUint16(cursor) : 0
  if (questions === 1) cursor.at += 2
  const records = readSection(cursor, (bytes[6]! << 8) | bytes[7]!, name)
  const authority = readSection(cursor, (bytes[8]! << 8) | bytes[9]!, name)
  const truncated = (bytes[2]! & 2) !== 0
  if (cursor.failed && !truncated) return undefined
  const rcode = bytes[3]! & 15
  return {
    id: (bytes[0]! << 8) | bytes[1]!,
    name,
    typeCode,
    status: rcode === 0 ? foundOf(records, typeOfCode(typeCode)) : statusOfRcode(rcode),
    authoritative: (bytes[2]! & 4) !== 0,
    truncated,
    records,
    authority,
  }
}

/**
 * Decodes a response for who asked for `type` into what the model calls an answer; a response that is not well formed
 * is `FORMERR` with no records. The hot path: only the answer section is read, but for NSEC.
 */
export function decodeAnswer(bytes: Buffer, server: string): DnsAnswer {
  const cursor: Cursor = { bytes, at: 12, failed: bytes.length < 17 }
  const name = readName(cursor)
  const typeCode = readUint16(cursor)
  cursor.at += 2
  // The engine only lets through answers that repeat its question, and it asks for types of the model only.
  const type = typeOfCode(typeCode) ?? 'A'
  const records = readSection(cursor, (bytes[6]! << 8) | bytes[7]!, name)
  const proof = type === 'NSEC' ? readProof(cursor, bytes, name) : []
  if (cursor.failed) return { name, type, status: 'FORMERR', records: [], server }
  const rcode = bytes[3]! & 15
  const status = rcode === 0 ? foundOf(records, type) : statusOfRcode(rcode)
  return { name, type, status, records, ...(proof.length > 0 && { proof }), server }
}

/** The NSEC records of the authority section, which the answer section has been read up to. */
function readProof(cursor: Cursor, bytes: Buffer, question: string): DnsRecord[] {
  return readSection(cursor, (bytes[8]! << 8) | bytes[9]!, question).filter(({ type }) => type === 'NSEC')
}

/** True when every record of the answer can be decoded: no name that loops, no data that runs out. */
export function isReadable(bytes: Buffer): boolean {
  const cursor: Cursor = { bytes, at: 12, failed: bytes.length < 17 }
  const name = readName(cursor)
  cursor.at += 4
  readSection(cursor, (bytes[6]! << 8) | bytes[7]!, name)
  return !cursor.failed
}

function foundOf(records: DnsRecord[], type: RecordType | undefined): DnsStatus {
  for (const record of records) {
    if (record.type === type) return 'NOERROR'
  }
  return type === undefined ? 'NOERROR' : 'NODATA'
}

function readSection(cursor: Cursor, count: number, question: string): DnsRecord[] {
  const records: DnsRecord[] = []
  const bytes = cursor.bytes
  for (let i = 0; i < count && !cursor.failed; i++) {
    let name: string
    if (bytes[cursor.at] === 0xc0 && bytes[cursor.at + 1] === 12) {
      name = question
      cursor.at += 2
    } else name = readName(cursor)
    const at = cursor.at
    const start = at + 10
    if (start > bytes.length) {
      cursor.failed = true
      break
    }
    const code = (bytes[at]! << 8) | bytes[at + 1]!
    const end = start + ((bytes[at + 8]! << 8) | bytes[at + 9]!)
    cursor.at = start
    const type = typeOfCode(code)
    if (end > bytes.length) cursor.failed = true
    else if (type === undefined || bytes[at + 2] !== 0 || bytes[at + 3] !== 1) cursor.at = end
    else {
      const seconds = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!
      const data = readData(cursor, code, end)
      if (cursor.at !== end) cursor.failed = true
      else records.push({ name, type, ttl: seconds < 0 ? 0 : seconds, data })
    }
  }
  return records
}

/** What a resolver must know of an answer before it hands it on. */
export interface Skim {
  /** False when a section runs out of the message. */
  wellFormed: boolean
  /** Seconds the answer may be kept: the smallest TTL of its records, of its SOA when it is negative (RFC 2308 §5). */
  ttl: number
  /** The answers hold no name but the question's: whether names can be read, loops of compression and all, is no question. */
  plain: boolean
}

/** Types whose data holds no name. */
const plainTypes = new Set<number>([typeCodes.A, typeCodes.AAAA, typeCodes.TXT])

const cursorOfSkim: { bytes: Buffer; at: number; failed: boolean } = { bytes: Buffer.alloc(0), at: 0, failed: false }

/** Walks the answer and authority sections of a message whose question has been checked and ends at `from`. */
export function skimMessage(bytes: Buffer, from: number): Skim {
  const cursor: Cursor = cursorOfSkim
  cursorOfSkim.bytes = bytes
  cursor.at = from
  cursor.failed = false
  const answers = (bytes[6]! << 8) | bytes[7]!
  const authorities = (bytes[8]! << 8) | bytes[9]!
  const negative = answers === 0 || (bytes[3]! & 15) !== 0
  let ttl = negative ? 0 : 86_400
  let plain = true
  for (let i = 0; i < answers + (negative ? authorities : 0) && !cursor.failed; i++) {
    const isQuestion = bytes[cursor.at] === 0xc0 && bytes[cursor.at + 1] === 12
    skipName(cursor)
    const type = readUint16(cursor)
    if (i < answers && !(isQuestion && plainTypes.has(type))) plain = false
    cursor.at += 2
    const seconds = readUint32(cursor)
    const length = readUint16(cursor)
    cursor.at += length
    if (cursor.at > bytes.length) cursor.failed = true
    else if (!negative) ttl = Math.min(ttl, seconds > 0x7fff_ffff ? 0 : seconds)
    else if (type === typeCodes.SOA) ttl = Math.min(seconds, bytes.readUInt32BE(cursor.at - 4), 10_800)
  }
  return { wellFormed: !cursor.failed, ttl, plain }
}
