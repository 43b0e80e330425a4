import type { Contact } from '@mirage/model/contact.ts'
import type { HttpAnswer, HttpRequest, TlsPeer } from '@mirage/model/exchange.ts'
import { contentId } from '@mirage/model/id.ts'
import type { Redactor } from './redact.ts'

/** What is kept of everything that leaves the machine, and how a later attempt of a task finds it again. */

/** The task an exchange belongs to; `hosts`, task 0, holds the look-ups of hosts for the connections of a whole run. */
export interface TaskKey {
  workspace: string
  run: string
  module: string
  task: string
}

export interface ExchangeKey extends TaskKey {
  /** The content id of what was asked, without its secrets. */
  request: string
  /** How often the task had asked just that before: 0 for the first time. */
  occurrence: number
}

export interface Exchange {
  /** The content id of `key`: the same for every attempt. */
  id: string
  key: ExchangeKey
  kind: 'http' | 'tls' | 'whois'
  /** When the request left; milliseconds. */
  at: number
  elapsedMs: number
  /** The contact it really was. */
  contact: Contact
  /** Name or address of who was asked first. */
  peer: string
  /** Of `http`: the URL that answered last, without secrets. */
  url?: string
  /** Both as JSON values, without secrets, without bodies. */
  request: object
  answer: object
  /** Decoded, as given to the module. To be stored by hash. */
  body?: Uint8Array
  /** The peer's chain, DER after DER, leaf first. To be stored by hash: most peers show the same one again. */
  certificates?: Uint8Array
  /** It was asked with a credential: its answer belongs to this workspace alone. */
  credentials: boolean
  /** Success or "not found": may answer the same request again while it is young enough. */
  reusable: boolean
}

/** Up to 1,000 questions of one kind with their answers, in one row. */
export interface Frame {
  /** The content id of task, moment and content. */
  id: string
  key: TaskKey
  kind: 'dns' | 'tcp'
  /** When it was complete; milliseconds. */
  at: number
  count: number
  /** Compressed; `decodeFrame` reads it. */
  body: Uint8Array
}

/**
 * Where exchanges are kept. The network gives a module no answer before `record` or `recordFrame` has resolved, so what
 * a module has seen is never asked again. Recording an id twice keeps the first.
 */
export interface Recorder {
  recall(key: ExchangeKey): Promise<Exchange | undefined>
  record(exchange: Exchange): Promise<void>
  /** A reusable answer to the same request, of any run, not older than `notBefore` (milliseconds). */
  cached?(query: {
    workspace: string
    module: string
    request: string
    credentials: boolean
    notBefore: number
  }): Promise<Exchange | undefined>
  /** The last `http` exchange of this run whose `url` is this and whose status was below 400. */
  page(query: { workspace: string; run: string; url: string }): Promise<Exchange | undefined>
  recallFrames(key: TaskKey): Promise<Frame[]>
  /** Every frame of a run that is there when it is asked, oldest first. */
  framesOf(query: { workspace: string; run: string }): AsyncIterable<Frame>
  recordFrame(frame: Frame): Promise<void>
}

export function exchangeId({ workspace, run, module, task, request, occurrence }: ExchangeKey): string {
  return contentId(`${workspace}\n${run}\n${module}\n${task}\n${request}\n${occurrence}`)
}

/** Numbers equal requests of a task in the order in which they are made. The same question in two worlds is two. */
export function openKeys(task: TaskKey, world?: string): (kind: Exchange['kind'], asked: object) => ExchangeKey {
  const seen = new Map<string, number>()
  const where = world === undefined ? '' : `${world}\n`
  return (kind, asked) => {
    const request = contentId(`${where}${kind}\n${JSON.stringify(asked)}`)
    const occurrence = seen.get(request) ?? 0
    seen.set(request, occurrence + 1)
    return { ...task, request, occurrence }
  }
}

/** What makes two requests the same, and what is recorded of one: everything the answer depends on but its secrets. */
export function describeRequest(request: HttpRequest, redactor: Redactor): object {
  const { method, url, headers, body, redirects, maxBytes, address, anyCertificate = false } = request
  const names = Object.keys(headers).sort()
  return {
    method,
    url: redactor.url(url),
    headers: redactor.headers(Object.fromEntries(names.map((name) => [name.toLowerCase(), headers[name]!]))),
    ...(body === undefined ? {} : { body: describeBody(body, redactor) }),
    redirects,
    maxBytes,
    ...(address === undefined ? {} : { address }),
    anyCertificate,
  }
}

function describeBody(body: string | Uint8Array, redactor: Redactor): string {
  return typeof body === 'string' ? redactor.text(body) : Buffer.from(redactor.bytes(body)).toString('base64')
}

type StoredTls = Omit<TlsPeer, 'chain'>
type StoredHttp = Omit<HttpAnswer, 'exchange' | 'body' | 'tls'> & { tls?: StoredTls }

/** The parts of an exchange that hold an HTTP answer; `readHttp` is the inverse. */
export function storeHttp(
  answer: Omit<HttpAnswer, 'exchange'>,
): Pick<Exchange, 'answer' | 'body' | 'certificates' | 'url'> {
  const { body, tls, ...rest } = answer
  const stored: StoredHttp = { ...rest, ...(tls && { tls: withoutChain(tls) }) }
  return {
    answer: stored,
    url: rest.url,
    ...(body.length > 0 && { body }),
    ...(tls && { certificates: Buffer.concat(tls.chain) }),
  }
}

export function readHttp({ id, answer, body, certificates }: Exchange): HttpAnswer {
  // `answer` of an exchange of kind `http` was made by `storeHttp`.
  const { tls, ...rest } = answer as StoredHttp
  return {
    ...rest,
    exchange: id,
    body: body ?? new Uint8Array(),
    ...(tls && { tls: { ...tls, chain: splitDer(certificates ?? new Uint8Array()) } }),
  }
}

export type StoredTlsPeer = StoredTls & { address: string }

/** The parts of an exchange that hold what a TLS peer showed; `null` answers "there is no TLS". */
export function storeTls(peer: (TlsPeer & { address: string }) | undefined): Pick<Exchange, 'answer' | 'certificates'> {
  if (peer === undefined) return { answer: { tls: null } }
  return {
    answer: { tls: { ...withoutChain(peer), address: peer.address } },
    certificates: Buffer.concat(peer.chain),
  }
}

export function readTls(exchange: Exchange): (TlsPeer & { address: string; exchange: string }) | undefined {
  // `answer` of an exchange of kind `tls` was made by `storeTls`.
  const { tls } = exchange.answer as { tls: StoredTlsPeer | null }
  if (tls === null) return undefined
  return { ...tls, chain: splitDer(exchange.certificates ?? new Uint8Array()), exchange: exchange.id }
}

function withoutChain({ protocol, cipher, untrusted }: TlsPeer): StoredTls {
  return { protocol, cipher, ...(untrusted !== undefined && { untrusted }) }
}

/** Splits DER values that stand one after the other (X.690 §8.1.3: a tag, then the length, short or long form). */
export function splitDer(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0; at + 2 <= bytes.length;) {
    let length = bytes[at + 1]!
    let header = 2
    if (length >= 128) {
      header += length & 127
      length = 0
      for (let i = at + 2; i < at + header; i++) length = length * 256 + (bytes[i] ?? 0)
    }
    parts.push(bytes.subarray(at, at + header + length))
    at += header + length
  }
  return parts
}
