import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { get, testTask } from '../testing/session.ts'
import { never, outcomeOf, testWorld, text } from '../testing/world.ts'

const world = testWorld({
  targets: ['northwind.example'],
  zone: {
    'www.northwind.example A': ['198.18.0.10'],
  },
})

describe('hostile servers', () => {
  test('100 MB pages are cut', async () => {
    let sent = 0
    world.lab.http('198.18.0.10:80', (_request, response) => {
      const chunk = Buffer.alloc(65_536, 'x')
      const pour = (): void => {
        while (sent < 100e6 && !response.destroyed && response.write(chunk)) sent += chunk.length
        if (sent >= 100e6) response.end()
      }
      response.on('drain', pour)
      pour()
    })
    const { session } = world.open()
    const answer = await testTask(session).request(get('http://www.northwind.example/', { maxBytes: 100_000 }), never)
    expect(answer).toMatchObject({ status: 200, truncated: true })
    expect(answer.body).toHaveLength(100_000)
    expect(sent).toBeLessThan(50e6)
  })

  test.each([
    ['gzip', gzipSync(Buffer.alloc(50e6))],
    ['deflate', deflateSync(Buffer.alloc(50e6))],
    ['deflate', deflateRawSync(Buffer.alloc(50e6))],
    ['br', brotliCompressSync(Buffer.alloc(50e6))],
    ['gzip, gzip', gzipSync(gzipSync(Buffer.alloc(50e6)))],
  ])('bombs are cut: %s', async (coding, bomb) => {
    world.lab.http('198.18.0.10:80', (_request, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(bomb)
    })
    const { session } = world.open()
    const answer = await testTask(session).request(get('http://www.northwind.example/', { maxBytes: 200_000 }), never)
    expect(answer.truncated).toBe(true)
    expect(answer.body).toHaveLength(200_000)
  })

  test('broken and unknown codings keep what can be read', async () => {
    const page = gzipSync('a'.repeat(500_000))
    world.lab.http('198.18.0.10:80', (request, response) => {
      if (request.url === '/broken') response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip')
      else if (request.url === '/short')
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(page.subarray(0, page.length - 200))
      else response.writeHead(200, { 'content-encoding': 'x-unheard' }).end('plain')
    })
    const { session } = world.open()
    const task = testTask(session)
    const broken = await task.request(get('http://www.northwind.example/broken'), never)
    expect(broken).toMatchObject({ status: 200, truncated: true })
    const short = await task.request(get('http://www.northwind.example/short'), never)
    expect(text(short.body)).toMatch(/^a+$/)
    const unknown = await task.request(get('http://www.northwind.example/unknown'), never)
    expect(text(unknown.body)).toBe('plain')
  })

  test.each([
    ['headers', 'HTTP/1.1 200 OK\r\nX: '],
    ['body', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'],
  ])('a slow trickle of %s ends as timed out', async (_what, head) => {
    world.lab.stand('198.18.0.10:80', (socket) => {
      socket.write(head)
      const drip = setInterval(() => socket.write('x'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    const { session } = world.open()
    const request = get('http://www.northwind.example/', { timeoutMs: 300 })
    expect(await outcomeOf(testTask(session).request(request, never))).toBe('timed-out timed-out')
    await expect.poll(() => world.lab.open).toBe(0)
  })

  test.each([
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n', 'changed-format malformed'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: nothing\r\n\r\n', 'changed-format malformed'],
    ['a header with a control character', 'HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n', 'changed-format malformed'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx', 'changed-format malformed'],
    [
      'a chunk size that is none',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      'changed-format malformed',
    ],
    ['100 KB of headers', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 'changed-format malformed'],
    ['nothing', '', 'unreachable connection'],
    ['half an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'unreachable connection'],
  ])('%s', async (_what, answer, outcome) => {
    world.lab.stand('198.18.0.10:80', (socket) => {
      socket.once('data', () => socket.end(answer, 'latin1'))
    })
    const { session } = world.open()
    expect(await outcomeOf(testTask(session).request(get('http://www.northwind.example/'), never))).toBe(outcome)
  })

  test('header values that are no ASCII are read byte by byte', async () => {
    world.lab.stand('198.18.0.10:80', (socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nX: caf\xe9\r\nConnection: close\r\n\r\nok', 'latin1'))
    })
    const { session } = world.open()
    const answer = await testTask(session).request(get('http://www.northwind.example/'), never)
    expect(answer.headers['x']).toBe('caf\xe9')
  })

  test('a port that refuses, one that is silent, and a name without an address', async () => {
    world.lab.stand('198.18.0.10:81', 'silent')
    const { session } = world.open()
    const task = testTask(session)
    expect(await outcomeOf(task.request(get('http://www.northwind.example/'), never))).toBe('unreachable connection')
    const silent = get('http://www.northwind.example:81/', { timeoutMs: 200 })
    expect(await outcomeOf(task.request(silent, never))).toBe('timed-out timed-out')
    expect(await outcomeOf(task.request(get('http://nowhere.northwind.example/'), never))).toBe(
      'unreachable no-address',
    )
  })

  test('a host that takes no connection is given up long before one that takes its time to answer', async () => {
    world.lab.stand('198.18.0.10:80', 'silent')
    const slow = get('http://www.northwind.example/', { timeoutMs: 3_600_000 })
    const { session } = world.open()
    await expect(testTask(session).request(slow, never)).rejects.toThrow('did not take the connection')
    expect(await outcomeOf(testTask(session).tls.peer('www.northwind.example', 80))).toBe('timed-out timed-out')
  }, 30_000)

  test('a request that HTTP cannot carry is our fault and sends nothing', async () => {
    world.lab.http('198.18.0.10:80', (_request, response) => response.end())
    const { session } = world.open()
    const request = get('http://www.northwind.example/', { headers: { x: 'a\r\nHost: other' } })
    expect(await outcomeOf(testTask(session).request(request, never))).toBe('failed malformed')
  })
})
