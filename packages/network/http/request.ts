import { NetworkError } from '../error.ts'
import { acceptedEncodings } from './decode.ts'
import type { Hop } from './client.ts'

/** Headers that say how a request is framed and where it goes: they are written from the request itself. */
const ours = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
])

/**
 * The head of a request of HTTP/1.1 (RFC 9112 §3), to be written as latin1; the body stands after it. `host` and
 * `content-length` of the headers are left out for what is true. Throws a NetworkError, outcome `failed`, when a header
 * cannot be sent: nothing a module takes from an answer can add a header or a request of its own.
 */
export function requestHead({ method, url, headers, body }: Pick<Hop, 'method' | 'url' | 'headers' | 'body'>): string {
  let head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\n`
  if (headers['accept-encoding'] === undefined) head += `accept-encoding: ${acceptedEncodings}\r\n`
  for (const name in headers) {
    if (name === 'host' || name === 'content-length') continue
    const value = headers[name]!
    if (ours.has(name)) throw unsendable(url, `the header “${name}” is not a module's to set`)
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/i.test(name)) throw unsendable(url, `“${name}” is not the name of a header`)
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw unsendable(url, `the value of “${name}” is not one line of text`)
    head += `${name}: ${value}\r\n`
  }
  if (body !== undefined || method === 'POST' || method === 'PUT')
    head += `content-length: ${body === undefined ? 0 : Buffer.byteLength(body)}\r\n`
  return `${head}\r\n`
}

function unsendable(url: URL, why: string): NetworkError {
  const detail = `The request to ${url.host} cannot be sent: ${why}.`
  return new NetworkError({ outcome: 'failed', reason: 'malformed', detail })
}
