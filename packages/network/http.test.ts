import { X509Certificate } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NetworkError } from './error.ts'
import { testEngine } from './testing/engine.ts'
import { type TestLab, openTestLab } from './testing/lab.ts'
import { get, testNetwork, testRecorder, testScope, testSession, testTask } from './testing/session.ts'
import type { Session, SessionOptions } from './session.ts'

const never = new AbortController().signal

let lab: TestLab
const sessions: Session[] = []
beforeEach(async () => {
  lab = await openTestLab()
})
afterEach(async () => {
  for (const session of sessions.splice(0)) await session[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
})

const zone = {
  'www.northwind.example A': ['198.18.0.10'],
  'old.northwind.example A': ['198.18.0.11'],
  'other.example A': ['198.18.0.12'],
  'api.provider.example A': ['198.18.0.20'],
}

function openSession(options: Partial<SessionOptions> = {}) {
  const recorder = testRecorder()
  const engine = testEngine({ ...zone })
  const session = testSession(testNetwork({ recorder, engine }), {
    scope: testScope(['northwind.example']),
    dialMap: lab.dialMap,
    ...options,
  })
  sessions.push(session)
  return { recorder, engine, session }
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof NetworkError)) throw new Error(`no NetworkError: ${String(error)}`)
  return `${error.outcome} ${error.reason}`
}

describe('an answer', () => {
  test('carries status, headers, decoded body, address and what TLS showed', async () => {
    lab.https('198.18.0.10:443', (request, response) => {
      response.setHeader('set-cookie', ['sid=12345; path=/', 'lang=en'])
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync(`hello ${request.headers.host}`))
    })
    const { session, recorder } = openSession()
    const answer = await testTask(session).request(get('https://www.northwind.example/'), never)
    expect(text(answer.body)).toBe('hello www.northwind.example')
    expect(answer).toMatchObject({ status: 200, truncated: false, address: '198.18.0.10', hops: [] })
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
    lab.http('198.18.0.10:80', listener)
    lab.http('198.18.0.20:80', listener)
    const { session } = openSession({ targetHeaders: { 'x-bug-bounty': 'me' } })
    const task = testTask(session)
    await task.request(get('http://www.northwind.example/'), never)
    await task.request(get('http://api.provider.example/', { contact: 'stored' }), never)
    expect(seen).toEqual(['mirage-test me', 'mirage-test undefined'])
  })

  test('is asked of the host of the URL, whatever the headers say', async () => {
    lab.http('198.18.0.10:80', (request, response) => response.end(request.headers.host))
    const { session } = openSession()
    const request = get('http://www.northwind.example/', { headers: { Host: 'other.example' } })
    expect(text((await testTask(session).request(request, never)).body)).toBe('www.northwind.example')
  })

  test('comes over one connection while it is kept, and over a new one when the server has closed it', async () => {
    let requests = 0
    lab.http('198.18.0.10:80', (_request, response) => {
      if (++requests % 3 === 0) response.socket?.destroy()
      else response.end('ok')
    })
    const { session } = openSession()
    const task = testTask(session)
    for (let i = 0; i < 6; i++)
      expect((await task.request(get('http://www.northwind.example/'), never)).status).toBe(200)
    expect(requests).toBe(8)
    expect(lab.dialled).toHaveLength(3)
  })

  test('of a name with a dead address comes from the living one', async () => {
    lab.http('198.18.0.10:80', (_request, response) => response.end('alive'))
    const { session, engine } = openSession()
    engine.zone['www.northwind.example A'] = ['198.18.0.99', '198.18.0.10']
    engine.zone['www.northwind.example AAAA'] = ['2001:db8::99']
    const answer = await testTask(session).request(get('http://www.northwind.example/'), never)
    expect(answer.address).toBe('198.18.0.10')
    expect(lab.dialled).toEqual(['2001:db8::99:80', '198.18.0.99:80', '198.18.0.10:80'])
  })

  test('of a pinned address carries the name; an address that is not the name’s is refused', async () => {
    lab.http('198.18.0.10:80', (request, response) => response.end(request.headers.host))
    const { session } = openSession()
    const task = testTask(session)
    const answer = await task.request(get('http://www.northwind.example/', { address: '198.18.0.10' }), never)
    expect(text(answer.body)).toBe('www.northwind.example')
    const stray = task.request(get('http://www.northwind.example/', { address: '198.18.0.77' }), never)
    expect(await outcomeOf(stray)).toBe('out-of-scope not-of-name')
  })

  test('waits for its turn at a busy host without its time running', async () => {
    const held: (() => void)[] = []
    lab.http('198.18.0.10:80', (request, response) => {
      if (request.url === '/last') response.end('ok')
      else held.push(() => response.end('ok'))
    })
    const { session } = openSession()
    const task = testTask(session)
    const early = Array.from({ length: 8 }, () => task.request(get('http://www.northwind.example/'), never))
    await expect.poll(() => held.length).toBe(8)
    const last = task.request(get('http://www.northwind.example/last', { timeoutMs: 2_000 }), never)
    setTimeout(() => {
      for (const answer of held) answer()
    }, 2_500)
    expect((await last).status).toBe(200)
    expect(lab.dialled).toHaveLength(8)
    await Promise.all(early)
  })

  test('with any status is an answer', async () => {
    lab.http('198.18.0.10:80', (_request, response) => {
      response.statusCode = 503
      response.end('busy')
    })
    const { session } = openSession()
    expect((await testTask(session).request(get('http://www.northwind.example/'), never)).status).toBe(503)
    expect(lab.dialled).toHaveLength(1)
  })
})

describe('redirects', () => {
  function redirect(to: string, status = 302): RequestListener {
    return (_request, response) => {
      response.writeHead(status, { location: to }).end()
    }
  }

  test('are followed through the same checks and listed', async () => {
    lab.http('198.18.0.10:80', redirect('https://www.northwind.example/home', 301))
    lab.https('198.18.0.10:443', (request, response) => response.end(request.url))
    const { session } = openSession()
    const answer = await testTask(session).request(get('http://www.northwind.example/'), never)
    expect(answer.url).toBe('https://www.northwind.example/home')
    expect(text(answer.body)).toBe('/home')
    expect(answer.hops).toEqual([
      { url: 'http://www.northwind.example/', status: 301, location: 'https://www.northwind.example/home' },
    ])
  })

  test.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://localhost/',
    'http://other.example/',
    'http://198.18.0.12/',
    'ftp://www.northwind.example/',
    'file:///etc/passwd',
  ])('to what may not be asked are not followed but are the answer: %s', async (to) => {
    lab.http('198.18.0.10:80', redirect(to))
    lab.http('198.18.0.12:80', (_request, response) => response.end('never'))
    const { session } = openSession()
    const answer = await testTask(session).request(get('http://www.northwind.example/'), never)
    expect(answer).toMatchObject({ status: 302, hops: [], url: 'http://www.northwind.example/' })
    expect(lab.dialled).toEqual(['198.18.0.10:80'])
  })

  test('without end are bounded', async () => {
    let requests = 0
    lab.http('198.18.0.10:80', (_request, response) => {
      response.writeHead(302, { location: `/${++requests}` }).end()
    })
    const { session } = openSession()
    const answer = await testTask(session).request(get('http://www.northwind.example/', { redirects: 1_000 }), never)
    expect(answer.status).toBe(302)
    expect(requests).toBe(21)
  })

  test('take credentials to no other origin', async () => {
    const seen: (string | undefined)[] = []
    const headers = { authorization: 'Bearer abcdefgh', cookie: 'a=b', 'x-key': 'abcdefgh', accept: 'text/html' }
    lab.http('198.18.0.20:80', (request, response) => {
      seen.push(request.headers.authorization)
      if (request.url === '/here') response.writeHead(302, { location: '/there' }).end()
      else response.writeHead(302, { location: 'http://other.example/' }).end()
    })
    lab.http('198.18.0.12:80', (request, response) => {
      seen.push(
        request.headers.authorization,
        request.headers.cookie,
        String(request.headers['x-key']),
        request.headers.accept,
      )
      response.end()
    })
    const { session } = openSession()
    const request = get('http://api.provider.example/here', { headers, contact: 'stored' })
    await testTask(session).request(request, never)
    expect(seen).toEqual(['Bearer abcdefgh', 'Bearer abcdefgh', undefined, undefined, 'undefined', 'text/html'])
  })

  test('turn a POST into a GET, or keep it, as their status says', async () => {
    const seen: string[] = []
    lab.http('198.18.0.10:80', (request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += String(chunk)))
      request.on('end', () => {
        seen.push(`${request.method} ${request.url} ${body}`)
        const status = Number(request.url?.slice(1))
        if (status > 0) response.writeHead(status, { location: '/end' }).end()
        else response.end()
      })
    })
    const { session } = openSession()
    const task = testTask(session)
    for (const status of [302, 303, 307, 308])
      await task.request(get(`http://www.northwind.example/${status}`, { method: 'POST', body: 'data' }), never)
    expect(seen.filter((line) => line.includes('/end'))).toEqual([
      'GET /end ',
      'GET /end ',
      'POST /end data',
      'POST /end data',
    ])
  })
})

describe('hostile servers', () => {
  test('100 MB pages are cut', async () => {
    let sent = 0
    lab.http('198.18.0.10:80', (_request, response) => {
      const chunk = Buffer.alloc(65_536, 'x')
      const pour = (): void => {
        while (sent < 100e6 && !response.destroyed && response.write(chunk)) sent += chunk.length
        if (sent >= 100e6) response.end()
      }
      response.on('drain', pour)
      pour()
    })
    const { session } = openSession()
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
    lab.http('198.18.0.10:80', (_request, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(bomb)
    })
    const { session } = openSession()
    const answer = await testTask(session).request(get('http://www.northwind.example/', { maxBytes: 200_000 }), never)
    expect(answer.truncated).toBe(true)
    expect(answer.body).toHaveLength(200_000)
  })

  test('broken and unknown codings keep what can be read', async () => {
    const page = gzipSync('a'.repeat(500_000))
    lab.http('198.18.0.10:80', (request, response) => {
      if (request.url === '/broken') response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip')
      else if (request.url === '/short')
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(page.subarray(0, page.length - 200))
      else response.writeHead(200, { 'content-encoding': 'x-unheard' }).end('plain')
    })
    const { session } = openSession()
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
    lab.stand('198.18.0.10:80', (socket) => {
      socket.write(head)
      const drip = setInterval(() => socket.write('x'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    const { session } = openSession()
    const request = get('http://www.northwind.example/', { timeoutMs: 300 })
    expect(await outcomeOf(testTask(session).request(request, never))).toBe('timed-out timed-out')
    await expect.poll(() => lab.open).toBe(0)
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
    lab.stand('198.18.0.10:80', (socket) => {
      socket.once('data', () => socket.end(answer, 'latin1'))
    })
    const { session } = openSession()
    expect(await outcomeOf(testTask(session).request(get('http://www.northwind.example/'), never))).toBe(outcome)
  })

  test('header values that are no ASCII are read byte by byte', async () => {
    lab.stand('198.18.0.10:80', (socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nX: caf\xe9\r\nConnection: close\r\n\r\nok', 'latin1'))
    })
    const { session } = openSession()
    const answer = await testTask(session).request(get('http://www.northwind.example/'), never)
    expect(answer.headers['x']).toBe('caf\xe9')
  })

  test('a port that refuses, one that is silent, and a name without an address', async () => {
    lab.stand('198.18.0.10:81', 'silent')
    const { session } = openSession()
    const task = testTask(session)
    expect(await outcomeOf(task.request(get('http://www.northwind.example/'), never))).toBe('unreachable connection')
    const silent = get('http://www.northwind.example:81/', { timeoutMs: 200 })
    expect(await outcomeOf(task.request(silent, never))).toBe('timed-out timed-out')
    expect(await outcomeOf(task.request(get('http://nowhere.northwind.example/'), never))).toBe(
      'unreachable no-address',
    )
  })

  test('a host that takes no connection is given up long before one that takes its time to answer', async () => {
    lab.stand('198.18.0.10:80', 'silent')
    const slow = get('http://www.northwind.example/', { timeoutMs: 3_600_000 })
    const { session } = openSession()
    await expect(testTask(session).request(slow, never)).rejects.toThrow('did not take the connection')
    expect(await outcomeOf(testTask(session).tls.peer('www.northwind.example', 80))).toBe('timed-out timed-out')
  }, 30_000)

  test('a request that HTTP cannot carry is our fault and sends nothing', async () => {
    lab.http('198.18.0.10:80', (_request, response) => response.end())
    const { session } = openSession()
    const request = get('http://www.northwind.example/', { headers: { x: 'a\r\nHost: other' } })
    expect(await outcomeOf(testTask(session).request(request, never))).toBe('failed malformed')
  })
})

describe('certificates', () => {
  test.each([
    ['expired', 'old.northwind.example', '198.18.0.11', 'CERT_HAS_EXPIRED'],
    ['valid', 'old.northwind.example', '198.18.0.11', undefined],
    ['nameless', 'www.northwind.example', '198.18.0.10', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['valid', 'www.northwind.example', '198.18.0.10', undefined],
  ] as const)('%s for %s', async (certificate, name, address, untrusted) => {
    lab.https(`${address}:443`, (_request, response) => response.end('page'), certificate)
    const { session } = openSession()
    const task = testTask(session)
    const looked = await task.request(get(`https://${name}/`, { anyCertificate: true }), never)
    expect(text(looked.body)).toBe('page')
    expect(looked.tls?.untrusted).toBe(untrusted)
    expect(looked.tls?.chain).toHaveLength(1)
    const strict = task.request(get(`https://${name}/`), never)
    const outcome = await strict.then(
      ({ status }) => String(status),
      (error: unknown) => outcomeOf(Promise.reject(error)),
    )
    expect(outcome).toBe(untrusted === undefined ? '200' : 'unreachable certificate')
  })

  test('a provider must present a valid one, whatever the request says', async () => {
    lab.https('198.18.0.20:443', (_request, response) => response.end(), 'expired')
    const { session } = openSession()
    const request = get('https://api.provider.example/', { contact: 'stored', anyCertificate: true })
    expect(await outcomeOf(testTask(session).request(request, never))).toBe('unreachable certificate')
  })
})

describe('providers', () => {
  test('in trouble are asked again, and their last answer is given', async () => {
    const statuses = [503, 429, 200]
    let asked = 0
    lab.http('198.18.0.20:80', (_request, response) => {
      response.writeHead(statuses[asked++] ?? 500, { 'retry-after': '0' }).end()
    })
    const { session, recorder } = openSession()
    const task = testTask(session)
    const request = get('http://api.provider.example/', { contact: 'stored' })
    expect((await task.request(request, never)).status).toBe(200)
    expect(asked).toBe(3)
    expect((await task.request({ ...request, url: 'http://api.provider.example/2' }, never)).status).toBe(500)
    expect(asked).toBe(6)
    expect(recorder.exchanges.size).toBe(2)
  })

  test('that want a long pause are asked once, and their group is left alone', async () => {
    lab.http('198.18.0.20:80', (_request, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end()
    })
    const { session } = openSession()
    const task = testTask(session)
    const request = get('http://api.provider.example/', { contact: 'stored' })
    expect((await task.request(request, never)).status).toBe(429)
    const next = task.request({ ...request, url: 'http://api.provider.example/2' }, never)
    expect(await outcomeOf(next)).toBe('rate-limited status')
    expect(lab.dialled).toHaveLength(1)
  })
})

describe('stopping', () => {
  test('ends what is under way and closes every connection', async () => {
    lab.stand('198.18.0.10:80', (socket) => socket.resume())
    lab.stand('198.18.0.11:443', (socket) => socket.resume()) // TLS that never answers
    lab.stand('198.18.0.10:81', 'silent')
    const { session } = openSession()
    const task = testTask(session)
    const requests = [
      get('http://www.northwind.example/'),
      get('https://old.northwind.example/'),
      get('http://www.northwind.example:81/'),
    ].map((request) => outcomeOf(task.request(request, never)))
    await expect.poll(() => lab.dialled.length).toBe(3)
    await session[Symbol.asyncDispose]()
    expect(await Promise.all(requests)).toEqual(Array(3).fill('cancelled cancelled'))
    await expect.poll(() => lab.open).toBe(0)
    expect(await outcomeOf(task.request(get('http://www.northwind.example/'), never))).toBe('cancelled cancelled')
    expect(lab.dialled).toHaveLength(3)
  })

  test('a task alone leaves the others', async () => {
    lab.stand('198.18.0.10:80', (socket) => socket.resume())
    lab.http('198.18.0.11:80', (_request, response) => response.end('ok'))
    const { session } = openSession()
    const controller = new AbortController()
    const stopped = outcomeOf(
      testTask(session, { signal: controller.signal }).request(get('http://www.northwind.example/'), never),
    )
    await expect.poll(() => lab.dialled.length).toBe(1)
    controller.abort(new NetworkError({ outcome: 'cancelled', reason: 'cancelled', detail: 'paused' }))
    expect(await stopped).toBe('cancelled cancelled')
    expect((await testTask(session).request(get('http://old.northwind.example/'), never)).status).toBe(200)
  })

  test('is no answer, whatever the reason for it', async () => {
    lab.stand('198.18.0.10:443', (socket) => socket.resume()) // TLS that never answers
    lab.stand('198.18.0.10:43', (socket) => socket.resume())
    lab.stand('198.18.0.11:443', 'silent')
    const { session, recorder } = openSession()
    const controller = new AbortController()
    const task = testTask(session, { signal: controller.signal })
    const underWay = [
      task.tls.peer('www.northwind.example', 443),
      task.tls.peer('old.northwind.example', 443),
      task.request(get('https://www.northwind.example/'), controller.signal),
      task.whois.query('www.northwind.example', 'northwind.example'),
    ].map((work) => outcomeOf(work))
    await expect.poll(() => lab.dialled.length).toBe(4)
    controller.abort(new Error('the lease was taken back'))
    expect(await Promise.all(underWay)).toEqual(Array(4).fill('cancelled cancelled'))
    expect(recorder.exchanges.size).toBe(0)
  })

  test('a new policy uses no connection of the old one', async () => {
    lab.http('198.18.0.10:80', (_request, response) => response.end('ok'))
    const { session, recorder, engine } = openSession()
    await testTask(session).request(get('http://www.northwind.example/'), never)
    const next = testSession(testNetwork({ recorder, engine }), {
      scope: testScope(['northwind.example'], ['www.northwind.example']),
      dialMap: lab.dialMap,
      generation: 2,
    })
    expect(await outcomeOf(testTask(next).request(get('http://www.northwind.example/'), never))).toBe(
      'out-of-scope excluded',
    )
    const later = testSession(testNetwork({ recorder, engine }), {
      scope: testScope(['northwind.example']),
      dialMap: lab.dialMap,
      generation: 3,
    })
    await testTask(later, { task: 'other' }).request(get('http://www.northwind.example/'), never)
    expect(lab.dialled).toHaveLength(2)
    await next[Symbol.asyncDispose]()
    await later[Symbol.asyncDispose]()
  })
})

describe('names that move', () => {
  test('a kept connection is of no use once its address is not the name’s any more', async () => {
    lab.http('198.18.0.10:80', (_request, response) => response.end('old'))
    lab.http('198.18.0.13:80', (_request, response) => response.end('new'))
    const { session, engine } = openSession()
    const task = testTask(session)
    await task.request(get('http://www.northwind.example/'), never)
    engine.zone['www.northwind.example A'] = ['198.18.0.13']
    expect(text((await task.request(get('http://www.northwind.example/'), never)).body)).toBe('new')
  })

  test('rebinding to an address that is never dialled is refused, kept connection or not', async () => {
    lab.http('198.18.0.10:80', (_request, response) => response.end('ok'))
    const { session, engine } = openSession()
    const task = testTask(session)
    await task.request(get('http://www.northwind.example/'), never)
    engine.zone['www.northwind.example A'] = ['127.0.0.1']
    expect(await outcomeOf(task.request(get('http://www.northwind.example/'), never))).toBe('out-of-scope outside-lab')
    engine.zone['www.northwind.example A'] = ['127.0.0.1', '198.18.0.10']
    expect((await task.request(get('http://www.northwind.example/'), never)).address).toBe('198.18.0.10')
    expect(new Set(lab.dialled)).toEqual(new Set(['198.18.0.10:80']))
  })

  test('the address that was checked is the one that is dialled, without another look-up', async () => {
    lab.http('198.18.0.10:80', (_request, response) => response.end('ok'))
    const { session, engine } = openSession()
    const asked: string[] = []
    const lane = engine.lane({ resolvers: [] })
    const ask = lane.ask
    lane.ask = (question) => {
      asked.push(question.type)
      const answer = ask(question)
      engine.zone['www.northwind.example A'] = ['198.18.0.66'] // whoever asks again gets another answer
      return answer
    }
    await testTask(session).request(get('http://www.northwind.example/'), never)
    expect(asked).toEqual(['A', 'AAAA'])
    expect(lab.dialled).toEqual(['198.18.0.10:80'])
  })
})

function text(body: Uint8Array): string {
  return Buffer.from(body).toString()
}
