import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mayCall } from './routes.ts'
import type { Claims } from './token.ts'
import { anyone, openPlayground, type Playground } from './testing/playground.ts'

let ground: Playground
beforeAll(async () => {
  ground = await openPlayground()
})
afterAll(() => ground[Symbol.asyncDispose]())

interface Answer {
  status: number
  type: string
  body: { [name: string]: unknown; code?: string; detail?: string; status?: number }
}

async function ask(
  method: string,
  path: string,
  body?: unknown,
  claims: Partial<Claims> = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const token = await ground.tokens.issue({ ...anyone, ...claims })
  const answer = await fetch(ground.origin + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  const type = answer.headers.get('content-type') ?? ''
  return {
    status: answer.status,
    type,
    body: text && type.includes('json') ? (JSON.parse(text) as Answer['body']) : {},
  }
}

describe('the input', () => {
  it('is read from path and query, decoded by its schema', async () => {
    const { status, body } = await ask('GET', '/api/v1/toys/a%2Fb%20%C3%A9?size=3&loud=true&tags=x&tags=y')
    expect({ status, body }).toEqual({ status: 200, body: { id: 'a/b é', size: 3, tags: ['x', 'y', 'loud=true'] } })
  })

  it('is read from the body where there is one', async () => {
    expect(await ask('POST', '/api/v1/toys', { id: 'a', size: 1 })).toMatchObject({ status: 201, body: { id: 'a' } })
    expect(await ask('PATCH', '/api/v1/toys/a', { size: 5 })).toMatchObject({ status: 200, body: { id: 'a', size: 5 } })
    expect(await ask('PUT', '/api/v1/toys/a', { size: 5 })).toMatchObject({ status: 204 })
  })

  it.each([
    ['an unknown query parameter', 'GET', '/api/v1/toys/a?colour=red', undefined, 'unknown field “colour”'],
    ['a number that is none', 'GET', '/api/v1/toys/a?size=many', undefined, 'size: must be integer'],
    ['a number below the least', 'GET', '/api/v1/toys/a?size=-1', undefined, 'size: must be >= 0'],
    ['one value twice', 'GET', '/api/v1/toys/a?size=1&size=2', undefined, 'size: must be integer'],
    ['a path name in the query', 'GET', '/api/v1/toys/a?id=b', undefined, '“id” stands in the path already.'],
    ['a path name in the body', 'PATCH', '/api/v1/toys/a', { id: 'b', size: 1 }, '“id” stands in the path already.'],
    ['a query beside a body', 'POST', '/api/v1/toys?size=1', { id: 'a', size: 1 }, 'takes no query parameters'],
    ['an unknown field', 'POST', '/api/v1/toys', { id: 'a', size: 1, colour: 'red' }, 'unknown field “colour”'],
    ['a missing field', 'POST', '/api/v1/toys', { id: 'a' }, 'missing field “size”'],
    ['no body', 'POST', '/api/v1/toys', undefined, 'missing field'],
    ['an array', 'POST', '/api/v1/toys', [1], 'The body must be a JSON object.'],
    ['null', 'POST', '/api/v1/toys', 'null', 'must be a JSON object'],
    ['broken JSON', 'POST', '/api/v1/toys', '{"id":', ''],
    ['a prototype in JSON', 'POST', '/api/v1/toys', '{"__proto__":{"id":"a"},"id":"a","size":1}', ''],
  ])('is refused with a 400 that says what it is about: %s', async (_name, method, path, body, detail) => {
    const answer = await ask(method, path, body)
    expect(answer).toMatchObject({ status: 400, type: expect.stringContaining('application/problem+json') })
    expect(answer.body).toMatchObject({ code: 'request.invalid', status: 400, requestId: expect.any(String) })
    expect(answer.body.detail).toContain(detail)
  })

  it('is refused when too large or of another type', async () => {
    expect(await ask('POST', '/api/v1/toys', { id: 'a'.repeat(5000), size: 1 })).toMatchObject({ status: 413 })
    const xml = await ask('POST', '/api/v1/toys', '<a/>', {}, { 'content-type': 'text/xml' })
    expect(xml).toMatchObject({ status: 415, body: { code: 'request.invalid' } })
  })

  it('of an unknown route is a 404 that names it', async () => {
    expect(await ask('GET', '/api/v1/nothing?x=1')).toMatchObject({
      status: 404,
      body: { code: 'request.no_such_route', detail: 'GET /api/v1/nothing is not an operation of toys.' },
    })
  })
})

describe('an answer', () => {
  it('is a 500 that shows nothing when the handler has a bug or breaks its contract', async () => {
    for (const id of ['bug', 'other']) {
      const answer = await ask('GET', `/api/v1/toys/${id}/break`)
      expect(answer).toMatchObject({ status: 500, body: { code: 'service.failed' } })
      expect(JSON.stringify(answer.body)).not.toMatch(/secret|contract/)
    }
  })

  it('that is a stream and fails before its first row is a problem', async () => {
    expect(await ask('POST', '/api/v1/toys/stream', { count: 3, failAt: 0 })).toMatchObject({
      status: 404,
      type: expect.stringContaining('application/problem+json'),
      body: { code: 'toys.not_found' },
    })
  })

  it('names a file without what would end the header', async () => {
    const token = await ground.tokens.issue(anyone)
    const answer = await fetch(`${ground.origin}/api/v1/toys/x%22%0d%0ay/picture`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="a__x___y_.svg"')
    expect(await answer.text()).toBe('<svg></svg>')
  })

  it('to HEAD has no body', async () => {
    const answer = await ask('HEAD', '/api/v1/toys/a')
    expect(answer).toMatchObject({ status: 200, body: {} })
  })
})

describe('who calls', () => {
  it('must carry a token of this installation', async () => {
    for (const authorization of ['', 'Bearer x', 'Basic YTpi']) {
      const answer = await ask('GET', '/api/v1/toys/a', undefined, {}, { authorization })
      expect(answer).toMatchObject({ status: 401, body: { code: 'request.unauthenticated' } })
    }
  })

  it('may be nobody where the operation is public, but nobody forged', async () => {
    const answer = await fetch(`${ground.origin}/api/v1/toys/me`)
    expect(await answer.json()).toMatchObject({ kind: 'nobody', workspace: 'default' })
    expect(await ask('GET', '/api/v1/toys/me', undefined, {}, { authorization: 'Bearer x' })).toMatchObject({
      status: 401,
    })
  })

  it('needs the right, and is told which', async () => {
    const answer = await ask('POST', '/api/v1/toys', { id: 'a', size: 1 }, { rights: ['toys:read', 'shelf:admin'] })
    expect(answer).toMatchObject({ status: 403, body: { code: 'request.forbidden' } })
    expect(answer.body.detail).toBe('This needs the right “toys:write”, which key “key_1” does not have.')
  })

  it('may choose a workspace only as a service', async () => {
    const elsewhere = { 'mirage-workspace': 'other' }
    const key = await ask('GET', '/api/v1/toys/me', undefined, {}, elsewhere)
    const service = await ask('GET', '/api/v1/toys/me', undefined, { caller: { kind: 'service', id: 's' } }, elsewhere)
    expect([key.body['workspace'], service.body['workspace']]).toEqual(['default', 'other'])
  })

  it('continues its trace with a span of its own', async () => {
    const trace = 'a'.repeat(32)
    const { body } = await ask(
      'GET',
      '/api/v1/toys/me',
      undefined,
      {},
      { traceparent: `00-${trace}-${'b'.repeat(16)}-01` },
    )
    expect(body['trace']).toMatch(new RegExp(`^00-${trace}-(?!b{16})[0-9a-f]{16}-01$`))
    const other = await ask('GET', '/api/v1/toys/me', undefined, {}, { traceparent: 'nonsense' })
    expect(other.body['trace']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  })
})

describe('rights', () => {
  const user = { kind: 'user', id: 'u' } as const

  it('include the smaller ones of the same noun', () => {
    const may = (permission: string, ...rights: string[]): boolean => mayCall(permission, { caller: user, rights })
    expect(may('toys:read', 'toys:admin')).toBe(true)
    expect(may('toys:write', 'toys:read')).toBe(false)
    expect(may('toys:admin', 'toys:write')).toBe(false)
    expect(may('toys:read', 'toysets:admin')).toBe(false)
    expect(may('toys:write', '*:write')).toBe(true)
    expect(may('toys:admin', '*:write')).toBe(false)
    expect(may('toys:admin', '*')).toBe(true)
    expect(may('toys:read')).toBe(false)
  })

  it('never reach what is for services, and services need none', () => {
    expect(mayCall('service', { caller: user, rights: ['*'] })).toBe(false)
    expect(mayCall('service', { caller: { kind: 'service', id: 's' }, rights: [] })).toBe(true)
    expect(mayCall('public', { caller: { kind: 'nobody', id: '' }, rights: [] })).toBe(true)
  })
})
