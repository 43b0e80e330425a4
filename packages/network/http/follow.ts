import type { HttpAnswer, HttpRequest } from '@mirage/model/exchange.ts'
import { deadline } from '../limits/deadline.ts'
import { NetworkError, timedOut } from '../error.ts'
import { parseUrl } from '../guard.ts'
import type { HopAnswer, HttpClient } from './client.ts'
import type { Route } from '../dial/route.ts'

export interface FollowOptions {
  http: HttpClient
  /** Checks a host and finds the way to it; called again for every hop. */
  route: (url: URL, signal: AbortSignal) => Promise<Route>
  /** Called before each hop leaves: budgets and limits. */
  admit: (url: URL, route: Route, signal: AbortSignal) => Promise<void>
  /** Headers added for this peer. */
  headersFor: (route: Route) => Record<string, string>
  /** Told when a redirect was not followed because its peer may not be asked. */
  onRefused: (url: URL, refusal: NetworkError) => void
  now: () => number
  signal: AbortSignal
}

export interface Followed {
  answer: Omit<HttpAnswer, 'exchange'>
  /** Of the first hop. */
  route: Route
}

/** However many are asked for, no chain is longer. */
const maxRedirects = 20

/** Headers that say what we can read; all others may carry a credential and stay with the origin they were meant for. */
const harmlessHeaders = new Set(['accept', 'accept-encoding', 'accept-language', 'range', 'user-agent'])

/**
 * Sends a request and follows its redirects, each as a request of its own: parsed, checked, resolved and checked again.
 * A redirect to a peer that may not be asked, or past the number that was allowed, is itself the answer. `timeoutMs`
 * bounds each hop from its resolution to its last byte. Throws a NetworkError.
 */
export async function follow(request: HttpRequest, options: FollowOptions): Promise<Followed> {
  const { http, now } = options
  const startedAt = now()
  const hops: HttpAnswer['hops'] = []
  let { method, body } = request
  let headers = lowerNames(request.headers)
  let url = parseUrl(request.url)
  let route = await routeInTime(url)
  const first = route
  for (;;) {
    await options.admit(url, route, options.signal)
    const answer = await send()
    const next = nextOf(answer)
    if (next === undefined) return { answer: finish(answer), route: first }
    const onwards = await tryRoute(next.url)
    if (onwards === undefined) return { answer: finish(answer), route: first }
    hops.push({ url: url.href, status: answer.status, location: next.url.href })
    if (next.url.origin !== url.origin) headers = onlyHarmless(headers)
    if (next.method !== method) {
      method = next.method
      body = undefined
      headers = withoutContent(headers)
    }
    url = next.url
    route = onwards
  }

  async function routeInTime(to: URL): Promise<Route> {
    using limit = deadline(request.timeoutMs, options.signal, () => timedOut(to.host, request.timeoutMs))
    return await options.route(to, limit.signal)
  }

  async function tryRoute(to: URL): Promise<Route | undefined> {
    try {
      return await routeInTime(to)
    } catch (error) {
      if (!(error instanceof NetworkError) || (error.outcome !== 'out-of-scope' && error.outcome !== 'skipped'))
        throw error
      options.onRefused(to, error)
      return undefined
    }
  }

  async function send(): Promise<HopAnswer> {
    using _place = await http.enter(url, options.signal)
    using limit = deadline(request.timeoutMs, options.signal, () => timedOut(url.host, request.timeoutMs))
    const { anyCertificate = false, maxBytes } = request
    return await http.send(
      {
        method,
        url,
        headers: { ...headers, ...options.headersFor(route) },
        ...(body !== undefined && { body }),
        peer: route.peer,
        anyCertificate: anyCertificate && route.contact === 'target',
        maxBytes,
      },
      limit.signal,
    )
  }

  function nextOf({ status, headers }: HopAnswer): { url: URL; method: HttpRequest['method'] } | undefined {
    const location = headers['location']
    if (![301, 302, 303, 307, 308].includes(status) || typeof location !== 'string') return undefined
    if (hops.length >= Math.min(request.redirects, maxRedirects)) return undefined
    let to: URL
    try {
      to = parseUrl(location, url)
    } catch {
      return undefined // a scheme or a host that nobody can ask
    }
    const rewritten = status === 303 ? method !== 'HEAD' : status < 303 && method === 'POST'
    // A body is for the origin it was written for (RFC 9110 §15.4.8 lets the user decide; nobody is asked here).
    if (!rewritten && body !== undefined && to.origin !== url.origin) return undefined
    return { url: to, method: rewritten ? 'GET' : method }
  }

  function finish({ status, headers, body, truncated, address, tls }: HopAnswer): Omit<HttpAnswer, 'exchange'> {
    const elapsedMs = now() - startedAt
    const { addresses } = route.peer
    return {
      status,
      headers,
      body,
      truncated,
      url: url.href,
      hops,
      address,
      ...(addresses.length > 0 && { addresses: addresses.toSorted() }),
      ...(tls && { tls }),
      elapsedMs,
    }
  }
}

/** Names in lower case, without Host: that is the URL's alone, as it was checked. */
function lowerNames(headers: Record<string, string>): Record<string, string> {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  return Object.fromEntries(lower.filter(([name]) => name !== 'host'))
}

function onlyHarmless(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => harmlessHeaders.has(name)))
}

function withoutContent(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')))
}
