import { auth } from '@mirage/services/auth/contract.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dead, far, type Gateway, near, openGateway, ownerKey } from './testing/gateway.ts'

let gateway: Gateway
beforeAll(async () => void (gateway = await openGateway()))
afterAll(() => gateway[Symbol.asyncDispose]())

const ask: Gateway['ask'] = (path, options) => gateway.ask(path, options)

async function problem(answer: Response): Promise<[number, string]> {
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  const body = (await answer.json()) as { status: number; code: string; detail: string }
  expect(body.status).toBe(answer.status)
  expect(body.detail).not.toContain(gateway.directory)
  return [answer.status, body.code]
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

async function makeKey(...rights: string[]): Promise<string> {
  const answer = await ask('/api/v1/api-keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'test', rights }),
  })
  expect(answer.status).toBe(201)
  return ((await answer.json()) as { value: string }).value
}

describe('without a key', () => {
  it('no operation answers', async () => {
    const operations = [auth, near, far, dead].flatMap(({ operations }) =>
      Object.values<{ method: string; path: string }>(operations),
    )
    for (const { method, path } of operations) {
      const answer = await ask(`/api/v1${path.replaceAll(/\{\w+\}/g, 'x')}`, { method, key: '' })
      // It does not exist here, but reads like the id of a key.
      const refusal =
        path === '/api-keys/verifications' ? [405, 'request.method_not_allowed'] : [401, 'request.unauthenticated']
      expect([path, ...(await problem(answer))]).toEqual([path, ...refusal])
    }
  })

  it('metrics are not told either, but health and documents are', async () => {
    expect(await problem(await ask('/metrics', { key: '' }))).toEqual([401, 'request.unauthenticated'])
    expect((await ask('/metrics')).status).toBe(200)
    for (const path of [
      '/health/live',
      '/health/ready',
      '/',
      '/page.js',
      '/page.css',
      '/icon.svg',
      '/api/openapi.json',
      '/api/docs/',
    ])
      expect([path, (await ask(path, { key: '' })).status]).toEqual([path, 200])
  })
})

describe('a key', () => {
  it('that is wrong, mangled or expired is a 401 that does not say which', async () => {
    const details = new Set<string>()
    for (const authorization of [
      'Bearer wrong',
      'Bearer',
      'Basic x',
      `Bearer ${ownerKey}x`,
      `Bearer ${'a'.repeat(600)}`,
    ]) {
      const answer = await ask('/api/v1/near/a', { key: '', headers: { authorization } })
      expect(answer.status).toBe(401)
      details.add(((await answer.json()) as { detail: string }).detail)
    }
    expect(details.size).toBe(1)
  })

  it('becomes a signed token of who it is, and never reaches the service', async () => {
    const key = await makeKey('near:read')
    const answer = await ask('/api/v1/near/a%2Fb?loud=true', { key })
    expect(await answer.json()).toEqual({
      id: 'a/b',
      caller: expect.stringMatching(/^key key_/),
      rights: ['near:read'],
    })
  })

  it('without the right is a 403, for services only a 403 for everybody', async () => {
    const key = await makeKey('near:read')
    const body = JSON.stringify({ text: 'a' })
    const headers = { 'content-type': 'application/json' }
    expect(await problem(await ask('/api/v1/near', { key, method: 'POST', body, headers }))).toEqual([
      403,
      'request.forbidden',
    ])
    expect(await problem(await ask('/api/v1/far', { key }))).toEqual([403, 'request.forbidden'])
  })

  it('is asked of auth once and then remembered', async () => {
    const key = await makeKey('near:read')
    const before = gateway.verified
    for (let i = 0; i < 20; i++) expect((await ask('/api/v1/near/a', { key })).status).toBe(200)
    expect(gateway.verified - before).toBe(1)
  })

  it('cannot be checked while auth is away: a 503, not a 401', async () => {
    gateway.authIsAway = true
    const answer = await ask('/api/v1/near/a', { key: 'mirage_never-seen' })
    gateway.authIsAway = false
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(await problem(answer)).toEqual([503, 'service.unreachable'])
  })
})

describe('what cannot be answered', () => {
  it('is a problem', async () => {
    expect(await problem(await ask('/api/v1/nothing'))).toEqual([404, 'request.no_such_route'])
    for (const [method, path, allow] of [
      ['DELETE', '/api/v1/near/a', 'GET, HEAD'],
      ['OPTIONS', '/api/v1/near/a%2Fb?loud=true', 'GET, HEAD'],
      ['PATCH', '/api/v1/far', 'GET, HEAD, POST'],
      ['POST', '/', 'GET, HEAD'],
      ['POST', '/api/docs/', 'GET, HEAD'],
    ]) {
      const answer = await ask(path!, { method: method! })
      expect([path, answer.headers.get('allow')]).toEqual([path, allow])
      expect(await problem(answer)).toEqual([405, 'request.method_not_allowed'])
    }
    for (const path of ['/api/v1/near/a/b', '/api/v1/nearer', '/api/v1/'])
      expect(await problem(await ask(path, { method: 'DELETE' }))).toEqual([404, 'request.no_such_route'])
    expect(await problem(await ask('/api/v1/near/a?colour=red'))).toEqual([400, 'request.invalid'])
    expect(await problem(await ask('/api/v1/near/%E0%A4%A'))).toEqual([400, 'request.invalid'])
    for (const [body, type] of [
      ['{"text":', 'application/json'],
      ['<a/>', 'text/xml'],
      ['', 'application/json'],
    ])
      expect(
        (
          await problem(await ask('/api/v1/near', { method: 'POST', body: body!, headers: { 'content-type': type! } }))
        )[0],
      ).toBeGreaterThanOrEqual(400)
  })

  it('because its service is away is a 503 that says when to come again', async () => {
    const answer = await ask('/api/v1/dead')
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(await problem(answer)).toEqual([503, 'service.unreachable'])
  })
})

describe('what is passed on', () => {
  it('to a service of this thread goes with its body', async () => {
    const text = 'ü'.repeat(100_000)
    const answer = await ask('/api/v1/near', {
      method: 'POST',
      body: JSON.stringify({ text }),
      headers: { 'content-type': 'application/json' },
    })
    expect([answer.status, await answer.json()]).toEqual([201, { length: 100_000 }])
  })

  it('streams in both directions: each sees a piece before the next is sent', async () => {
    let send!: (text: string) => void
    let close!: () => void
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        send = (text) => controller.enqueue(new TextEncoder().encode(text))
        close = () => controller.close()
      },
    })
    send('one')
    const answering = ask('/api/v1/far', {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    })
    await until(() => gateway.asked.length > 0)
    const { request, answer, end } = gateway.asked.shift()!
    expect(request.headers.authorization).not.toContain(ownerKey)
    const pieces = request[Symbol.asyncIterator]()
    expect(String((await pieces.next()).value)).toBe('one')
    const reader = (await answering).body!.pipeThrough(new TextDecoderStream()).getReader()
    answer('{"a":1}\n')
    expect((await reader.read()).value).toBe('{"a":1}\n')
    send('two')
    expect(String((await pieces.next()).value)).toBe('two')
    answer('{"a":2}\n')
    expect((await reader.read()).value).toBe('{"a":2}\n')
    close()
    end()
    expect((await reader.read()).done).toBe(true)
  })

  it('ends at the service when the caller goes away', async () => {
    for (const [path, who] of [
      ['/api/v1/far', 'far'],
      ['/api/v1/near/a/events', 'near'],
    ]) {
      const before = gateway.ended.filter((one) => one === who).length
      const stop = new AbortController()
      const answer = await ask(path!, { signal: stop.signal })
      expect(answer.status).toBe(200)
      stop.abort()
      await until(() => gateway.ended.filter((one) => one === who).length > before)
    }
  })
})

describe('every answer', () => {
  it('carries the headers that keep a browser safe', async () => {
    for (const path of ['/', '/page.js', '/health/live', '/api/v1/near/a', '/api/v1/nothing', '/api/v1/dead']) {
      const answer = await ask(path)
      expect([path, answer.headers.get('x-content-type-options')]).toEqual([path, 'nosniff'])
      expect(answer.headers.get('content-security-policy')).toContain(
        "default-src 'none'; script-src 'self'; style-src 'self'",
      )
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    }
  })

  it('of a page loads nothing from elsewhere', async () => {
    for (const path of ['/', '/page.css', '/page.js', '/api/docs/']) {
      const answer = await ask(path, { key: '' })
      const policy = answer.headers.get('content-security-policy')!
      expect(policy).not.toMatch(/https?:|\*/)
      const text = await answer.text()
      for (const [, address] of text.matchAll(/(?:src|href|action)="([^"]+)"/g))
        expect([path, address]).toEqual([path, expect.not.stringMatching(/^(https?:)?\/\//)])
      for (const [, address] of text.matchAll(/<(?:script|link)[^>]+(?:src|href)="([^"]+)"/g))
        expect([address, (await ask(new URL(address!, gateway.origin + path).pathname, { key: '' })).status]).toEqual([
          address,
          200,
        ])
      expect(text).not.toMatch(/@import|url\(["']?https?:/)
    }
  })

  it('of the joined document holds every operation for people, and the page links to it', async () => {
    const document = (await (await ask('/api/openapi.json', { key: '' })).json()) as { paths: object }
    expect(Object.keys(document.paths)).toEqual([
      '/api/v1/api-keys',
      '/api/v1/api-keys/{id}',
      '/api/v1/near/{id}',
      '/api/v1/near',
      '/api/v1/near/{id}/events',
      '/api/v1/far',
      '/api/v1/dead',
    ])
    expect(await (await ask('/')).text()).toContain('href="/api/openapi.json"')
  })
})
