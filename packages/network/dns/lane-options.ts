import type { RecordType } from '@mirage/model/exchange.ts'

export interface Resolver {
  address: string
  /** 53 where it is not said. */
  port?: number
}

/** How a resolver shows that it lies. */
export interface ProbeOptions {
  /**
   * Suffixes under which a random label cannot exist: a resolver that answers one with addresses redirects what does
   * not exist. Default: `com` and `net`.
   */
  missing: string[]
  /** Names whose records are known: a resolver that answers other addresses lies. An error or no data proves nothing. */
  known: { name: string; type: RecordType; data: string[] }[]
}

export interface LaneOptions {
  resolvers: Resolver[]
  /** Over all resolvers of this lane. Default 5,000; `Infinity` for none. */
  queriesPerSecond?: number
  /** Shared with the other lanes that use the resolver. Default 500, none for a resolver on loopback. */
  perResolverPerSecond?: number
  /** How long one attempt waits. Default 3,000. */
  timeoutMs?: number
  /** Queries sent for a question before it is given up. Default 4. */
  attempts?: number
  /** Ask for recursion. Default true; false for authoritative servers. */
  recursion?: boolean
  /** Default true. */
  edns?: boolean
  /** Mix the case of names, and believe over UDP only who repeats it (0x20). Default true. */
  zeroX20?: boolean
  /** Bytes of answers kept by their TTL; 0 for no cache. Default 16 MB. */
  cacheBytes?: number
  /** How resolvers are tested for lies before they are used; false for not at all. */
  probes?: Partial<ProbeOptions> | false
  /** Where packets to `address:port` (IPv6 in brackets) really go, the same for UDP and TCP. */
  dial?: Record<string, string>
  /** Throws when packets must not go there. Called once for each resolver, with the address that is really dialled. */
  allow?: (address: string, port: number) => void
}

/** `aside`: does not answer, is tried again after a while. `lying`: asked only when no honest resolver is left. */
export type ResolverState = 'untested' | 'good' | 'aside' | 'lying'

export interface ResolverStats {
  resolver: string
  state: ResolverState
  /** Why it is aside or lying. */
  reason?: string
  sent: number
  answered: number
  timedOut: number
  /** Answers with an error code, malformed ones included. */
  failed: number
  /** Messages that belong to no query: wrong id, wrong question, too late, or forged. */
  strays: number
  /** How many queries it may have open. */
  window: number
  /** Smoothed, milliseconds; undefined before the first answer. */
  rttMs?: number
  /** Bytes the kernel granted each socket, as read back. */
  receiveBufferBytes: number
}

export interface LaneStats {
  /** Questions accepted, and answered in any way. */
  asked: number
  answered: number
  fromCache: number
  /** Packets and TCP messages sent: more than `asked` by the retries, less by the cache. */
  sent: number
  timedOut: number
  overTcp: number
  cacheBytes: number
  resolvers: ResolverStats[]
}
