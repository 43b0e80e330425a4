import { parseAddress } from '@mirage/model/address.ts'
import type { DnsRecord } from '@mirage/model/exchange.ts'

/** The question of a DNS message (RFC 1035 §4.1.2) and what else an answer must repeat. */
export interface Question {
  id: number
  /** Lower case, without the final dot. */
  name: string
  type: number
  class: number
  opcode: number
  recursionDesired: boolean
  /** Where the question ends in the message, so that its bytes can be repeated as they came. */
  end: number
  /** The size of UDP answer that the client takes (RFC 6891); 512 without EDNS. */
  udpSize: number
  edns: boolean
  /** The client takes the records that prove an answer (RFC 3225). */
  dnssec: boolean
}

const typeNumbers: Record<string, number> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  RRSIG: 46,
  NSEC: 47,
  NXNAME: 128,
  CAA: 257,
  AXFR: 252,
  ANY: 255,
}

const typeNames = new Map(Object.entries(typeNumbers).map(([name, number]) => [number, name]))

/** The mnemonic of a type, or `TYPE…` (RFC 3597). */
export function typeName(number: number): string {
  return typeNames.get(number) ?? `TYPE${number}`
}

export const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const

export type Rcode = keyof typeof rcodes

const nameBytes = Buffer.allocUnsafe(256)

/** Reads the one question of a query; undefined for what is not a well-formed query. */
export function readQuestion(message: Buffer): Question | undefined {
  const length = message.length
  if (length < 17 || (message[2]! & 0x80) !== 0 || message[4] !== 0 || message[5] !== 1) return undefined
  let at = 12
  let written = 0
  for (;;) {
    const size = message[at]
    if (size === undefined || size > 63 || at + size >= length || at - 12 + size > 254) return undefined
    at++
    if (size === 0) break
    if (written > 0) nameBytes[written++] = 46
    for (const end = at + size; at < end; at++) {
      const code = message[at]!
      nameBytes[written++] = code >= 65 && code <= 90 ? code + 32 : code
    }
  }
  if (at + 4 > length) return undefined
  const end = at + 4
  let udpSize = 512
  let edns = false
  let dnssec = false
  // The only additional record of a query is OPT: root name, type 41, its class being the size.
  if (message[11] === 1 && end + 11 <= length && message[end] === 0 && message.readUInt16BE(end + 1) === 41) {
    edns = true
    udpSize = Math.max(512, message.readUInt16BE(end + 3))
    dnssec = (message[end + 7]! & 0x80) !== 0
  }
  return {
    id: message.readUInt16BE(0),
    name: nameBytes.toString('latin1', 0, written),
    type: message.readUInt16BE(at),
    class: message.readUInt16BE(at + 2),
    opcode: (message[2]! >> 3) & 15,
    recursionDesired: (message[2]! & 1) === 1,
    end,
    udpSize,
    edns,
    dnssec,
  }
}

export interface Sections {
  rcode: Rcode
  authoritative: boolean
  recursionAvailable: boolean
  answers: readonly DnsRecord[]
  authority?: readonly DnsRecord[]
  additional?: readonly DnsRecord[]
}

/** The largest message that TCP carries. */
export const maxMessage = 65_535

/**
 * Writes an answer into `out` and returns its length, or -1 when it does not fit. The question's bytes are repeated as
 * they came, capitals included; owners that equal the question's name point at it.
 */
export function writeAnswer(out: Buffer, query: Buffer, question: Question, sections: Sections, limit: number): number {
  const { answers, authority = [], additional = [] } = sections
  query.copy(out, 0, 0, question.end)
  out[2] = 0x80 | (question.opcode << 3) | (sections.authoritative ? 4 : 0) | (question.recursionDesired ? 1 : 0)
  out[3] = (sections.recursionAvailable ? 0x80 : 0) | rcodes[sections.rcode]
  out[4] = 0
  out[5] = 1
  out.writeUInt16BE(answers.length, 6)
  out.writeUInt16BE(authority.length, 8)
  out.writeUInt16BE(additional.length + (question.edns ? 1 : 0), 10)
  let at = question.end
  for (const list of [answers, authority, additional])
    for (const record of list) {
      at = writeRecord(out, at, record, question.name, limit)
      if (at < 0) return -1
    }
  if (question.edns) {
    if (at + 11 > limit) return -1
    out.fill(0, at, at + 11)
    out[at + 2] = 41
    out.writeUInt16BE(1232, at + 3)
    if (question.dnssec) out[at + 7] = 0x80
    at += 11
  }
  return at > limit ? -1 : at
}

/** Writes an answer without records; `truncated` asks the client to come again by TCP. */
export function writeEmpty(
  out: Buffer,
  query: Buffer,
  question: Question,
  rcode: Rcode,
  flags: { truncated?: boolean; authoritative?: boolean; recursionAvailable?: boolean },
): number {
  const length = writeAnswer(
    out,
    query,
    question,
    {
      rcode,
      authoritative: flags.authoritative ?? false,
      recursionAvailable: flags.recursionAvailable ?? false,
      answers: [],
    },
    maxMessage,
  )
  if (flags.truncated) out[2]! |= 2
  return length
}

function writeRecord(out: Buffer, start: number, record: DnsRecord, questionName: string, limit: number): number {
  const { name, type, ttl, data } = record
  let at = start
  if (at + 300 + data.length * 2 > out.length) return -1
  if (name === questionName && questionName !== '') {
    out[at++] = 0xc0
    out[at++] = 12
  } else at = writeName(out, at, name)
  const number = typeNumbers[type] ?? 0
  out[at] = number >> 8
  out[at + 1] = number & 255
  out[at + 2] = 0
  out[at + 3] = 1
  out.writeUInt32BE(ttl, at + 4)
  const lengthAt = at + 8
  at = writeData(out, at + 10, type, data)
  out.writeUInt16BE(at - lengthAt - 2, lengthAt)
  return at > limit ? -1 : at
}

function writeData(out: Buffer, start: number, type: string, data: string): number {
  let at = start
  switch (type) {
    case 'A': {
      let part = 0
      for (let i = 0; i < data.length; i++) {
        const code = data.charCodeAt(i)
        if (code === 46) {
          out[at++] = part
          part = 0
        } else part = part * 10 + code - 48
      }
      out[at++] = part
      return at
    }
    case 'AAAA':
      out.set(parseAddress(data)!, at)
      return at + 16
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return writeName(out, at, data)
    case 'TXT': {
      const bytes = Buffer.from(data, 'utf8')
      for (let i = 0; i === 0 || i < bytes.length; i += 255) {
        const part = bytes.subarray(i, i + 255)
        out[at++] = part.length
        at += part.copy(out, at)
      }
      return at
    }
    case 'MX': {
      const [preference = '0', exchange = '.'] = data.split(' ')
      return writeName(out, out.writeUInt16BE(Number(preference), at), exchange)
    }
    case 'SRV': {
      const [priority, weight, port, target = '.'] = data.split(' ')
      at = out.writeUInt16BE(Number(priority), at)
      at = out.writeUInt16BE(Number(weight), at)
      return writeName(out, out.writeUInt16BE(Number(port), at), target)
    }
    case 'SOA': {
      const [mname = '', rname = '', ...numbers] = data.split(' ')
      at = writeName(out, writeName(out, at, mname), rname)
      for (const number of numbers) at = out.writeUInt32BE(Number(number), at)
      return at
    }
    case 'NSEC': {
      const [next = '', ...types] = data.split(' ')
      return writeBitmap(out, writeName(out, at, next), types)
    }
    case 'CAA': {
      const [, flags, tag = '', value = ''] = /^(\d+) (\S+) "(.*)"$/.exec(data) ?? []
      out[at++] = Number(flags)
      out[at++] = tag.length
      at += out.write(tag, at, 'latin1')
      return at + out.write(value, at, 'utf8')
    }
    default:
      throw new Error(`no wire form for ${type}`)
  }
}

/** The types as bits, a window for each 256 of them (RFC 4034 §4.1.2). */
function writeBitmap(out: Buffer, start: number, types: readonly string[]): number {
  let at = start
  const numbers = types.map((type) => typeNumbers[type]!)
  for (const window of [...new Set(numbers.map((number) => number >> 8))].sort((a, b) => a - b)) {
    const bits = numbers.filter((number) => number >> 8 === window).map((number) => number & 255)
    const length = (Math.max(...bits) >> 3) + 1
    out[at] = window
    out[at + 1] = length
    out.fill(0, at + 2, at + 2 + length)
    for (const bit of bits) out[at + 2 + (bit >> 3)]! |= 128 >> (bit & 7)
    at += 2 + length
  }
  return at
}

function writeName(out: Buffer, start: number, name: string): number {
  let at = start
  if (name !== '' && name !== '.') {
    let labelAt = at++
    for (let i = 0; i < name.length; i++) {
      const code = name.charCodeAt(i)
      if (code === 46) {
        out[labelAt] = at - labelAt - 1
        labelAt = at++
      } else out[at++] = code
    }
    out[labelAt] = at - labelAt - 1
  }
  out[at] = 0
  return at + 1
}
