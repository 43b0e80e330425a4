import type { DnsStatus, RecordType } from '@mirage/model/exchange.ts'

/** Numbers of the record types that the model knows (IANA "DNS Resource Record Types"). */
export const typeCodes: Record<RecordType, number> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DS: 43,
  NSEC: 47,
  DNSKEY: 48,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  CAA: 257,
}

export const axfrCode = 252

const namesByCode: (RecordType | undefined)[] = []
for (const [name, code] of Object.entries(typeCodes)) {
  // Object.entries widens the keys; they are exactly those of the record above.
  namesByCode[code] = name as RecordType
}

/** The record type of a code; undefined for types that the model does not carry. */
export function typeOfCode(code: number): RecordType | undefined {
  return namesByCode[code]
}

/** Types of a record beyond those of the model, for the bitmap of NSEC (RFC 3597 for those without a name). */
const otherTypes: Record<number, string> = {
  13: 'HINFO',
  17: 'RP',
  29: 'LOC',
  35: 'NAPTR',
  39: 'DNAME',
  44: 'SSHFP',
  46: 'RRSIG',
  50: 'NSEC3',
  51: 'NSEC3PARAM',
  59: 'CDS',
  60: 'CDNSKEY',
  61: 'OPENPGPKEY',
  99: 'SPF',
  108: 'EUI48',
  256: 'URI',
}

/** How a type is written in presentation form, `TYPE1234` where it has no name here (RFC 3597 §5). */
export function typeName(code: number): string {
  return namesByCode[code] ?? otherTypes[code] ?? `TYPE${code}`
}

/** The status of a response code other than 0 (RFC 6895 §2.3); what has no word of its own is a failure of the server. */
export function statusOfRcode(rcode: number): DnsStatus {
  switch (rcode) {
    case 1:
      return 'FORMERR'
    case 3:
      return 'NXDOMAIN'
    case 4:
      return 'NOTIMP'
    case 5:
      return 'REFUSED'
    default:
      return 'SERVFAIL'
  }
}
