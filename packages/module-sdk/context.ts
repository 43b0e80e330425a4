import type {
  DnsAnswer,
  DnsQuestion,
  DnsRecord,
  HttpAnswer,
  HttpRequest,
  RecordType,
  TcpBanner,
  TlsPeer,
} from '@mirage/model/exchange.ts'
import type { Outcome } from '@mirage/model/outcome.ts'
import type { Static, TSchema } from 'typebox'

/** The raw ways out, as the network or a test's replay gives them. `face.ts` makes the face for authors from it. */
export interface Transport {
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>
  /** The last page answered for this URL in this run, as it was recorded; sends nothing. */
  recorded(url: string, signal: AbortSignal): Promise<HttpAnswer | undefined>
  dns: Dns
  tcp: Tcp
  tls: Tls
  whois: Whois
}

export interface HttpOptions {
  /** Beside those that say where a request goes and how it is framed (`connection`, `transfer-encoding` …): one of these ends the task. */
  headers?: Record<string, string>
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'OPTIONS'
  /** A string is sent as it is; anything else as JSON. */
  body?: unknown
  /** Statuses that mean "nothing known": `json`, `text` and `bytes` then answer undefined. */
  missing?: number[]
  redirects?: number
  maxBytes?: number
  timeoutMs?: number
  /** An answer not older than this may be reused, as people write it: `10m`. Default: the module's `cacheFor`. */
  cacheFor?: string
  /** Query parameters and header names that carry a key and are never recorded. */
  secrets?: string[]
  /** What a status means with this source, where that is not the usual. */
  means?: Partial<Record<number, Outcome>>
  /** Sentences in a 200 that mean the quota is spent, or that nothing is known. */
  quotaWhen?: RegExp
  emptyWhen?: RegExp
}

export interface TargetOptions extends HttpOptions {
  /** Connect to this address on behalf of the name in the URL. */
  address?: string
  /** Take any certificate: what a target presents is a fact, not a failure. */
  anyCertificate?: boolean
}

/**
 * HTTP for modules. A status of 400 or more, a challenge page, a quota sentence and a body that does not fit the
 * schema end the task with the outcome that says so; an author rarely throws.
 */
export interface Http {
  /** The body as JSON of this shape. Only the fields named are checked; bad rows of an array are dropped and counted. */
  json<S extends TSchema>(url: string, schema: S, options?: HttpOptions): Promise<Static<S> | undefined>
  /** The body as lines of JSON of this shape. */
  lines<S extends TSchema>(url: string, schema: S, options?: HttpOptions): Promise<Static<S>[]>
  /** The body as lines of text, each read by `parse`; lines it answers undefined for are dropped and counted. */
  rows<T extends object | string>(
    url: string,
    parse: (line: string) => T | undefined,
    options?: HttpOptions,
  ): Promise<T[]>
  text(url: string, options?: HttpOptions): Promise<string | undefined>
  bytes(url: string, options?: HttpOptions): Promise<Uint8Array | undefined>
  /** Any answer, whatever its status. */
  get(url: string, options?: TargetOptions): Promise<HttpAnswer>
  /**
   * Any answer, whatever its status, or undefined where the peer gives none or may not be asked: for looking at a
   * target, where that is no failure. When the task yields nothing at all, the last such reason is its outcome.
   */
  look(url: string, options?: TargetOptions): Promise<HttpAnswer | undefined>
  /**
   * Page after page: `next` answers the URL of the following page or undefined. What earlier pages gave is kept when a
   * later one fails, and a page whose URL was seen before ends the loop.
   */
  pages<S extends TSchema>(
    url: string,
    schema: S,
    next: (page: Static<S>, url: string) => string | undefined,
    options?: HttpOptions & { maxPages?: number },
  ): AsyncIterable<Static<S>>
  /**
   * The page of this URL as another module of this run fetched it; sends nothing. For modules that consume
   * `{ type: 'url', where: 'isPage' }` and read what is already here.
   */
  recorded(url: string): Promise<HttpAnswer | undefined>
}

export interface Dns {
  resolve(name: string, type: RecordType): Promise<DnsAnswer>
  /** Answers as they arrive, in no order, each question once. */
  resolveMany(questions: Iterable<DnsQuestion> | AsyncIterable<DnsQuestion>): AsyncIterable<DnsAnswer>
  /**
   * Guesses `label.parent` for each label, and yields those that exist: wildcards recognised and removed, canaries
   * before and after, nothing when they hit.
   */
  guess(parent: string, labels: Iterable<string>): AsyncIterable<DnsAnswer>
  /** True when any name below `parent` would answer for this type. */
  isWildcard(parent: string, type: RecordType): Promise<boolean>
  /** The zone, from this server, where it allows a transfer; undefined where it refuses. */
  transfer(zone: string, server: string): Promise<DnsTransfer | undefined>
}

export interface DnsTransfer {
  records: DnsRecord[]
  /** The id of the recorded exchange. */
  exchange?: string
}

export interface Tcp {
  /** Tries the ports of one address; what an open port says within a moment is its banner. */
  scan(address: string, ports: Iterable<number>, options?: { onBehalfOf?: string }): AsyncIterable<TcpBanner>
}

export interface Tls {
  /** The certificate that `host` presents on `port`, trusted or not; undefined when there is no TLS. */
  peer(
    host: string,
    port: number,
    options?: { address?: string },
  ): Promise<(TlsPeer & { address: string; exchange: string }) | undefined>
}

export interface Whois {
  /** The text a WHOIS server (RFC 3912) answers. */
  query(server: string, text: string): Promise<WhoisAnswer>
}

export interface WhoisAnswer {
  text: string
  /** The id of the recorded exchange. */
  exchange?: string
}
