import { X509Certificate } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { get, testTask } from '../testing/session.ts'
import { never, outcomeOf, testWorld, text } from '../testing/world.ts'

const world = testWorld({
  targets: ['northwind.example'],
  zone: {
    'www.northwind.example A': ['198.18.0.10'],
    'other.example A': ['198.18.0.12'],
    'api.provider.example A': ['198.18.0.20'],
  },
})

describe('an answer', () => {
  test('carries status, headers, decoded body, address and what TLS showed', async () => {
    world.lab.https('198.18.0.10:443', (request, response) => {
      response.setHeader('set-cookie', ['sid=12345; path=/', 'lang=en'])
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync(`hello ${request.headers.host}`))
    })
    const { session, recorder } = world.open()
    const answer = await testTask(session).request(get('https://www.northwind.example/'), never)
    expect(text(answer.body)).toBe('hello www.northwind.example')
    expect(answer).toMatchObject({ status: 200, truncated: false, address: '198.18.0.10', hops: [] })
    expect(answer.addresses).toEqual(['198.18.0.10'])
    expect(answer.headers['set-cookie']).toEqual(['sid=[secret]; path=/', 'lang=[secret]'])
    expect(answer.tls).toMatchObject({ protocol: 'TLSv1.3' })
    expect(answer.tls?.untrusted).toBeUndefined()
    expect(answer.tls?.chain.map((der) => new X509Certificate(der).subject)).toEqual(['CN=northwind.example'])
    expect(recorder.exchanges.has(answer.exchange)).toBe(true)
  })

  test('is sent with the user agent, and the target’s own header to targets only', async () => {
    const seen: (string | undefined)[] = []
    const listener: RequestListener = (request, response) => {
      seen.push(`${request.headers['user-agent']} ${String(request.headers['x-bug-bounty'])}`)
      response.end()
    }
    world.lab.http('198.18.0.10:80', listener)
    world.lab.http('198.18.0.20:80', listener)
    const { session } = world.open({ targetHeaders: { 'x-bug-bounty': 'me' } })
    const task = testTask(session)
    await task.request(get('http://www.northwind.example/'), never)
    await task.request(get('http://api.provider.example/', { contact: 'stored' }), never)
    expect(seen).toEqual(['mirage-test me', 'mirage-test undefined'])
  })

  test('is asked of the host of the URL, whatever the headers say', async () => {
    world.lab.http('198.18.0.10:80', (request, response) => response.end(request.headers.host))
    const { session } = world.open()
    const request = get('http://www.northwind.example/', { headers: { Host: 'other.example' } })
    expect(text((await testTask(session).request(request, never)).body)).toBe('www.northwind.example')
  })

  test('comes over one connection while it is kept, and over a new one when the server has closed it', async () => {
    let requests = 0
    world.lab.http('198.18.0.10:80', (_request, response) => {
      if (++requests % 3 === 0) response.socket?.destroy()
      else response.end('ok')
    })
    const { session } = world.open()
    const task = testTask(session)
    for (let i = 0; i < 6; i++)
      expect((await task.request(get('http://www.northwind.example/'), never)).status).toBe(200)
    expect(requests).toBe(8)
    expect(world.lab.dialled).toHaveLength(3)
  })

  test('is never what the server said before it was asked', async () => {
    const said = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    world.lab.stand('198.18.0.10:80', (socket) => {
      socket.on('data', (head) => {
        const path = String(head).split(' ')[1]!
        if (path === '/at-once') return void socket.write(said(path) + said('forged'))
        socket.write(said(path))
        if (path === '/later') setTimeout(() => socket.write(said('forged')), 20)
      })
    })
    const { session } = world.open()
    const task = testTask(session)
    for (const path of ['/first', '/at-once', '/second', '/later']) {
      const answer = await task.request(get(`http://www.northwind.example${path}`), never)
      expect(text(answer.body)).toBe(path)
    }
    await expect.poll(() => world.lab.open).toBe(0)
    expect(text((await task.request(get('http://www.northwind.example/third'), never)).body)).toBe('/third')
    expect(world.lab.dialled).toHaveLength(3)
  })

  test('of a name with a dead address comes from the living one', async () => {
    world.lab.http('198.18.0.10:80', (_request, response) => response.end('alive'))
    const { session, engine } = world.open()
    engine.zone['www.northwind.example A'] = ['198.18.0.99', '198.18.0.10']
    engine.zone['www.northwind.example AAAA'] = ['2001:db8::99']
    const answer = await testTask(session).request(get('http://www.northwind.example/'), never)
    expect(answer.address).toBe('198.18.0.10')
    expect(world.lab.dialled).toEqual(['2001:db8::99:80', '198.18.0.99:80', '198.18.0.10:80'])
  })

  test('of a pinned address carries the name; an address that is not the name’s is refused', async () => {
    world.lab.http('198.18.0.10:80', (request, response) => response.end(request.headers.host))
    const { session } = world.open()
    const task = testTask(session)
    const answer = await task.request(get('http://www.northwind.example/', { address: '198.18.0.10' }), never)
    expect(text(answer.body)).toBe('www.northwind.example')
    const stray = task.request(get('http://www.northwind.example/', { address: '198.18.0.77' }), never)
    expect(await outcomeOf(stray)).toBe('out-of-scope not-of-name')
  })

  test('waits for its turn at a busy host without its time running', async () => {
    const held: (() => void)[] = []
    world.lab.http('198.18.0.10:80', (request, response) => {
      if (request.url === '/last') response.end('ok')
      else held.push(() => response.end('ok'))
    })
    const { session } = world.open()
    const task = testTask(session)
    const early = Array.from({ length: 8 }, () => task.request(get('http://www.northwind.example/'), never))
    await expect.poll(() => held.length).toBe(8)
    const last = task.request(get('http://www.northwind.example/last', { timeoutMs: 2_000 }), never)
    setTimeout(() => {
      for (const answer of held) answer()
    }, 2_500)
    expect((await last).status).toBe(200)
    expect(world.lab.dialled).toHaveLength(8)
    await Promise.all(early)
  })

  test('with any status is an answer', async () => {
    world.lab.http('198.18.0.10:80', (_request, response) => {
      response.statusCode = 503
      response.end('busy')
    })
    const { session } = world.open()
    expect((await testTask(session).request(get('http://www.northwind.example/'), never)).status).toBe(503)
    expect(world.lab.dialled).toHaveLength(1)
  })
})

describe('providers', () => {
  test('in trouble are asked again, and their last answer is given', async () => {
    const statuses = [503, 429, 200]
    let asked = 0
    world.lab.http('198.18.0.20:80', (_request, response) => {
      response.writeHead(statuses[asked++] ?? 500, { 'retry-after': '0' }).end()
    })
    const { session, recorder } = world.open()
    const task = testTask(session)
    const request = get('http://api.provider.example/', { contact: 'stored' })
    expect((await task.request(request, never)).status).toBe(200)
    expect(asked).toBe(3)
    expect((await task.request({ ...request, url: 'http://api.provider.example/2' }, never)).status).toBe(500)
    expect(asked).toBe(6)
    expect(recorder.exchanges.size).toBe(2)
  })

  test('that want a long pause are asked once, and their group is left alone', async () => {
    world.lab.http('198.18.0.20:80', (_request, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end()
    })
    const { session } = world.open()
    const task = testTask(session)
    const request = get('http://api.provider.example/', { contact: 'stored' })
    expect((await task.request(request, never)).status).toBe(429)
    const next = task.request({ ...request, url: 'http://api.provider.example/2' }, never)
    expect(await outcomeOf(next)).toBe('rate-limited status')
    expect(world.lab.dialled).toHaveLength(1)
  })
})
