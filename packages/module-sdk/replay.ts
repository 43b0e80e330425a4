import type { HttpAnswer, HttpRequest, TlsPeer } from '@mirage/model/exchange.ts'
import type { Transport } from './context.ts'
import { type ReplayZone, openZone } from './replay-dns.ts'

/** One answer that the replay gives once, or up to `times` times. */
export interface HttpMock {
  method?: HttpRequest['method']
  url: string
  /** What the request must carry; compared as text, or as JSON when it is not text. */
  sent?: unknown
  /** Headers that the request must carry. */
  sentHeaders?: Record<string, string>
  status?: number
  headers?: Record<string, string | string[]>
  /** Text and bytes are answered as they are, anything else as JSON. */
  body?: unknown
  truncated?: boolean
  /** The URL after redirects, and the hops on the way. */
  finalUrl?: string
  hops?: HttpAnswer['hops']
  address?: string
  tls?: TlsPeer
  /** The request fails with this instead of an answer. */
  fails?: Error
  times?: number
}

export interface ReplayPorts {
  /** What an open port says; empty for one that waits. Ports not named are closed. */
  [port: number]: string
}

export interface Replay {
  http?: HttpMock[]
  /** A zone file of sorts, see `openZone`. */
  dns?: string
  /** By address. */
  tcp?: Record<string, ReplayPorts>
  /** By `host:port`; hosts not named have no TLS. */
  tls?: Record<string, Omit<TlsPeer, 'chain'> & { chain: Uint8Array[]; address: string }>
  /** By server, then by the text that is asked. */
  whois?: Record<string, Record<string, string>>
  /** Pages that another module has fetched, by URL. */
  recorded?: Record<string, { body: string | Uint8Array; headers?: Record<string, string> }>
}

export interface ReplayTransport extends Transport {
  /** Everything that was asked for and not declared. */
  readonly unexpected: string[]
  /** Everything that was declared and not asked for. */
  unused(): string[]
}

/**
 * A transport that answers what is declared and nothing else: a request that was not declared throws and is noted in
 * `unexpected`; what nobody asked for is in `unused()`. Exchanges are numbered `exchange-1`, `exchange-2` …
 */
export function openReplay(replay: Replay): ReplayTransport {
  const unexpected: string[] = []
  const used = new Map<HttpMock, number>()
  const pending = new Set<string>()
  let exchanges = 0
  const nextExchange = (): string => `exchange-${++exchanges}`
  const refuse = (what: string): never => {
    unexpected.push(what)
    throw new Error(`Unexpected: ${what}. Declare it in the test, or do not ask for it.`)
  }
  const zone: ReplayZone = openZone(replay.dns ?? '', refuse, nextExchange)
  for (const [kind, names] of Object.entries({
    TCP: Object.keys(replay.tcp ?? {}),
    TLS: Object.keys(replay.tls ?? {}),
    WHOIS: Object.entries(replay.whois ?? {}).flatMap(([server, texts]) =>
      Object.keys(texts).map((t) => `${server} ${t}`),
    ),
    RECORDED: Object.keys(replay.recorded ?? {}),
  })) {
    for (const name of names) pending.add(`${kind} ${name}`)
  }

  return {
    unexpected,
    unused: () => [
      ...(replay.http ?? []).filter((mock) => !used.has(mock)).map((mock) => `${methodOf(mock)} ${mock.url}`),
      ...pending,
      ...zone.unused(),
    ],
    async request(request, signal) {
      signal.throwIfAborted()
      const mock = replay.http?.find((mock) => (used.get(mock) ?? 0) < (mock.times ?? 1) && matches(mock, request))
      if (!mock)
        return refuse(
          `${request.method} ${request.url}${request.body === undefined ? '' : ` ${bodyText(request.body)}`}`,
        )
      used.set(mock, (used.get(mock) ?? 0) + 1)
      if (mock.fails) throw mock.fails
      return answerOf(mock, request.url, nextExchange())
    },
    async recorded(address) {
      const page = replay.recorded?.[address]
      pending.delete(`RECORDED ${address}`)
      return (
        page &&
        answerOf(
          { url: address, headers: { 'content-type': 'text/html', ...page.headers }, body: page.body },
          address,
          nextExchange(),
        )
      )
    },
    dns: zone.dns,
    tcp: {
      async *scan(address, ports) {
        const open = replay.tcp?.[address] ?? refuse(`TCP ${address}`)
        pending.delete(`TCP ${address}`)
        for (const port of ports) {
          const banner = open[port]
          if (banner === undefined) yield { address, port, state: 'closed' }
          else
            yield { address, port, state: 'open', banner: new TextEncoder().encode(banner), exchange: nextExchange() }
        }
      },
    },
    tls: {
      async peer(host, port) {
        const peer = replay.tls?.[`${host}:${port}`]
        if (!peer) return undefined
        pending.delete(`TLS ${host}:${port}`)
        return { ...peer, exchange: nextExchange() }
      },
    },
    whois: {
      async query(server, text) {
        const answer = replay.whois?.[server]?.[text] ?? refuse(`WHOIS ${server} ${text}`)
        pending.delete(`WHOIS ${server} ${text}`)
        return { text: answer, exchange: nextExchange() }
      },
    },
  }
}

function methodOf(mock: HttpMock): string {
  return mock.method ?? (mock.sent === undefined ? 'GET' : 'POST')
}

function matches(mock: HttpMock, request: HttpRequest): boolean {
  if (mock.url !== request.url || methodOf(mock) !== request.method) return false
  for (const [name, value] of Object.entries(mock.sentHeaders ?? {})) if (request.headers[name] !== value) return false
  if (mock.sent === undefined) return true
  const expected = textOfSent(mock.sent)
  return request.body !== undefined && bodyText(request.body) === expected
}

function textOfSent(sent: unknown): string {
  return typeof sent === 'string' ? sent : JSON.stringify(sent)
}

function bodyText(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body)
}

function answerOf(mock: HttpMock, url: string, exchange: string): HttpAnswer {
  const { body = '' } = mock
  const asJson = typeof body !== 'string' && !(body instanceof Uint8Array)
  const bytes =
    body instanceof Uint8Array ? body : new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
  return {
    exchange,
    status: mock.status ?? 200,
    headers: { ...(asJson ? { 'content-type': 'application/json' } : {}), ...mock.headers },
    body: bytes,
    truncated: mock.truncated ?? false,
    url: mock.finalUrl ?? url,
    hops: mock.hops ?? [],
    address: mock.address ?? '192.0.2.80',
    ...(mock.tls ? { tls: mock.tls } : {}),
    elapsedMs: 1,
  }
}
