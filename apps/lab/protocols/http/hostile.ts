import type { ServerResponse } from 'node:http'
import { createGzip } from 'node:zlib'
import { pipeline, Readable } from 'node:stream'

const megabyte = Buffer.alloc(1 << 20, 'all work and no play ')

/** Pages that try to break who reads them, by path, on `hostile.test` and below. Nothing of the world links to them. */
const pages: Record<string, (response: ServerResponse) => void> = {
  /** 100 MB. */
  '/large': (response) => stream(response, { 'content-type': 'text/html' }, repeated(100)),
  /** No end at all. */
  '/endless': (response) => stream(response, { 'content-type': 'text/html' }, repeated(Infinity)),
  /** About 1 MB that unpacks to 1 GB. */
  '/bomb': (response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
    pipeline(Readable.from(repeated(1024)), createGzip({ level: 9 }), response, () => {})
  },
  /** Compressed by its header, not by its bytes. */
  '/not-gzip': (response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
    response.end('<p>plain</p>')
  },
  /** A byte a second. */
  '/slow': (response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    const timer = setInterval(() => response.write('.'), 1000)
    response.once('close', () => clearInterval(timer))
  },
  /** Accepts and says nothing. */
  '/silent': () => {},
  '/utf8': (response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    response.end(
      Buffer.concat([
        Buffer.from('<title>broken '),
        Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x00]),
        Buffer.from('</title>'),
      ]),
    )
  },
  '/deep.json': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('['.repeat(200_000) + ']'.repeat(200_000))
  },
  '/deep.html': (response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<div>'.repeat(200_000))
  },
  '/short': (response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-length': '1000' })
    response.write('<p>cut', () => response.socket?.destroy())
  },
  '/private': (response) => redirect(response, 'http://127.0.0.1:22/'),
  '/decimal': (response) => redirect(response, 'http://2130706433/'),
  '/mapped': (response) => redirect(response, 'http://[::ffff:127.0.0.1]/'),
  '/metadata': (response) => redirect(response, 'http://169.254.169.254/latest/'),
  '/file': (response) => redirect(response, 'file:///etc/passwd'),
  '/no-location': (response) => {
    response.writeHead(302)
    response.end()
  },
}

export function isHostile(host: string): boolean {
  return host === 'hostile.test' || host.endsWith('.hostile.test')
}

export function answerHostile(path: string, response: ServerResponse): void {
  const page = pages[path]
  if (page) return page(response)
  if (path.startsWith('/loop')) return redirect(response, `/loop?n=${Number(/\d+/.exec(path)?.[0] ?? 0) + 1}`)
  // Not equally for every path, or crawlers take the whole site for one page and look no further.
  response.writeHead(path === '/' ? 200 : 404, { 'content-type': 'text/html' })
  response.end(
    path !== '/'
      ? '<title>Not here</title>'
      : `<title>Hostile</title>${Object.keys(pages)
          .map((href) => `<a href="${href}">${href}</a>`)
          .join('\n')}<a href="/loop">/loop</a>`,
  )
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location })
  response.end()
}

function stream(response: ServerResponse, headers: Record<string, string>, parts: Iterable<Buffer>): void {
  response.writeHead(200, headers)
  pipeline(Readable.from(parts), response, () => {})
}

function* repeated(megabytes: number): Generator<Buffer> {
  for (let i = 0; i < megabytes; i++) yield megabyte
}
