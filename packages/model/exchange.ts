import type { Contact } from './contact.ts'

/** What leaves the machine and what comes back: the shapes that modules, the network and the recorder share. */

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'OPTIONS'
  url: string
  headers: Record<string, string>
  body?: string | Uint8Array
  /** The strongest contact this request may cause; the peer decides, not the declaration. */
  contact: Contact
  /** Follow at most this many redirects, each through the same check; 0 returns the redirect itself. */
  redirects: number
  /** The answer is cut here and marked `truncated`. */
  maxBytes: number
  timeoutMs: number
  /** Connect to this checked address instead of resolving the host: an address asked on behalf of a name. */
  address?: string
  /** The target may present any certificate; a provider must present a valid one. */
  anyCertificate?: boolean
  /** An answer not older than this may come from the cache instead of the wire. Milliseconds. */
  maxAgeMs?: number
  /** Pattern without flags, in any case: an answer that begins with such a text refuses, so it is never used again. */
  refusedBy?: string
  /** Names of query parameters and headers whose values are never recorded. */
  secrets?: string[]
}

export interface HttpAnswer {
  /** The id of the recorded exchange. */
  exchange: string
  status: number
  /** Of the last hop; names in lower case. */
  headers: Record<string, string | string[]>
  body: Uint8Array
  truncated: boolean
  /** After redirects. */
  url: string
  /** Every hop that answered with a redirect, in order. */
  hops: { url: string; status: number; location: string }[]
  /** The address that answered the last hop. */
  address: string
  /** All that its host had, sorted: which of them answers is chance. Absent where a proxy chose. */
  addresses?: string[]
  /** Of the last hop, where it was TLS. */
  tls?: TlsPeer
  elapsedMs: number
}

export interface TlsPeer {
  protocol: string
  cipher: string
  /** DER, leaf first. */
  chain: Uint8Array[]
  /** Why the chain would not be trusted for this name, as OpenSSL says it; absent when it would. */
  untrusted?: string
}

export const recordTypes = [
  'A',
  'AAAA',
  'CNAME',
  'NS',
  'MX',
  'TXT',
  'SOA',
  'PTR',
  'SRV',
  'CAA',
  'NSEC',
  'DS',
  'DNSKEY',
  'TLSA',
  'HTTPS',
  'SVCB',
] as const

export type RecordType = (typeof recordTypes)[number]

export interface DnsQuestion {
  name: string
  type: RecordType
}

export interface DnsRecord {
  /** Lower case, without the final dot. */
  name: string
  type: RecordType
  /** Seconds. */
  ttl: number
  /** Presentation form: an address, a name without the final dot, `10 mail.example.com` for MX, `0 5 443 host` for SRV, unquoted joined text for TXT. */
  data: string
}

/** `NODATA` is NOERROR without a record of the asked type; `TIMEOUT` is no answer from any resolver. */
export type DnsStatus =
  | 'NOERROR'
  | 'NODATA'
  | 'NXDOMAIN'
  | 'SERVFAIL'
  | 'REFUSED'
  | 'FORMERR'
  | 'NOTIMP'
  | 'TIMEOUT'
  | 'LIED'

export interface DnsAnswer {
  name: string
  type: RecordType
  status: DnsStatus
  /** The whole answer section, a CNAME chain included. */
  records: DnsRecord[]
  /** To a question for NSEC, where there are some: the NSEC records by which the server proves what is not there. */
  proof?: DnsRecord[]
  /** The resolver or server that answered. */
  server: string
  /** Seconds for which it holds, also where there is nothing; absent where that is not known. */
  ttl?: number
  /** The id of the recorded frame. */
  exchange?: string
}

export interface TcpBanner {
  address: string
  port: number
  state: 'open' | 'closed' | 'filtered'
  /** What the peer said, first bytes. */
  banner?: Uint8Array
  exchange?: string
}
