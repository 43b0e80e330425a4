import type { Socket } from 'node:net'
import { isIPv6 } from 'node:net'
import { NetworkError } from '../error.ts'
import { readUntil } from './read.ts'
import { socksConnect } from './socks.ts'

/** A way through a proxy; names are given to it and never resolved here. */
export interface Proxy {
  kind: 'http' | 'socks5h'
  host: string
  port: number
  username?: string
  password?: string
}

/** Reads `http://[user:password@]host:port` or `socks5h://…`. Throws a NetworkError that says what is wrong with another. */
export function parseProxy(text: string): Proxy {
  const url = URL.parse(text)
  const kind = url?.protocol.slice(0, -1)
  if (url === null || url.hostname === '') throw unusable('is not a URL')
  if (kind === 'socks5' || kind === 'socks4' || kind === 'socks')
    throw unusable(`would resolve names on this machine; write socks5h://${url.host}`)
  if (kind !== 'http' && kind !== 'socks5h') throw unusable('must be http:// or socks5h://')
  return {
    kind,
    host: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    port: Number(url.port) || (kind === 'http' ? 80 : 1080),
    ...(url.username === ''
      ? {}
      : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }),
  }
}

/** Asks the proxy at the other end of a connected socket for a connection; afterwards the socket is that connection. */
export async function throughProxy(socket: Socket, proxy: Proxy, host: string, port: number): Promise<void> {
  const { username, password } = proxy
  if (proxy.kind === 'socks5h')
    return socksConnect(socket, {
      host,
      port,
      ...(username === undefined ? {} : { username, password: password ?? '' }),
    })
  const to = `${isIPv6(host) ? `[${host}]` : host}:${port}`
  const authorization =
    username === undefined
      ? ''
      : `Proxy-Authorization: Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}\r\n`
  socket.write(`CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\n${authorization}\r\n`)
  const head = await readUntil(socket, '\r\n\r\n', 16_384)
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]
  if (status === '200') return
  throw new NetworkError({
    outcome: 'unreachable',
    reason: 'proxy',
    detail: `The proxy ${proxy.host}:${proxy.port} refused to connect to ${to}: ${status === undefined ? 'no HTTP answer' : `HTTP ${status}`}.`,
    retryable: status !== '407',
  })
}

function unusable(why: string): NetworkError {
  return new NetworkError({ outcome: 'failed', reason: 'proxy', detail: `The proxy that was named ${why}.` })
}
