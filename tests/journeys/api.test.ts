import { type Operation, replyKind } from '@mirage/kit/contract.ts'
import { apiPrefix } from '@mirage/kit/routes.ts'
import { describe, expect, it } from 'vitest'
import {
  ask,
  isTelling,
  leaks,
  noLeaks,
  open,
  operations,
  pathOf,
  run,
  said,
  server,
  valueOf,
  wrongWith,
} from './api.ts'

describe('the OpenAPI document', () => {
  it('has every operation that people may call, and no other', async () => {
    const { paths } = valueOf<{ paths: Record<string, Record<string, { operationId: string; responses: object }>> }>(
      await ask('GET', '/api/openapi.json', undefined, { key: null }),
    )
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(documented.sort()).toEqual(
      open.map(({ operation }) => `${operation.method} ${apiPrefix}${operation.path}`).sort(),
    )
    const all = Object.values(paths).flatMap((methods) => Object.values(methods))
    expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(all.length)
    for (const { responses } of all) expect(responses).toHaveProperty('default.content.application/problem+json')
  })
})

describe('without a key', () => {
  it.each([
    '/',
    '/page.css',
    '/page.js',
    '/icon.svg',
    '/health/live',
    '/health/ready',
    '/api/openapi.json',
    '/api/docs/',
  ])('%s answers', async (path) => {
    expect((await ask('GET', path, undefined, { key: null })).status).toBe(200)
  })

  it.each(operations)('$title does not', async ({ operation }) => {
    const path = pathOf(operation, {})
    for (const key of [null, 'wrong', `${server.apiKey}x`, '']) {
      const answer = await ask(
        operation.method,
        path,
        operation.method === 'GET' || operation.method === 'DELETE' ? undefined : {},
        { key },
      )
      // What only services may call is not there; where its path reads like that of another operation, that one answers.
      expect(operation.permission === 'service' ? [401, 404, 405] : [401], `${path} with ${key}`).toContain(
        answer.status,
      )
      expect(wrongWith(answer)).toBeUndefined()
    }
  })

  it('nor do metrics', async () => {
    expect((await ask('GET', '/metrics', undefined, { key: null })).status).toBe(401)
  })

  it('operations of services are not there for people with a key either', async () => {
    for (const { operation, title } of operations.filter(({ operation }) => operation.permission === 'service')) {
      const answer = await ask(
        operation.method,
        pathOf(operation, {}),
        operation.method === 'GET' || operation.method === 'DELETE' ? undefined : {},
      )
      expect([403, 404, 405], title).toContain(answer.status)
      expect(wrongWith(answer), title).toBeUndefined()
    }
  })
})

describe('lists', () => {
  const lists = open.filter(({ operation }) => {
    const { properties = {} } = operation.reply as { properties?: Record<string, unknown> }
    return operation.method === 'GET' && 'items' in properties
  })

  it('are pages, all but the reasons for an entity, which nobody counts', () => {
    const others = lists.filter(({ operation }) => !('total' in (operation.reply as { properties: object }).properties))
    expect(others.map(({ title }) => title)).toEqual(['data-storage.explainEntity'])
  })

  it.each(lists.filter(({ operation }) => 'limit' in operation.input.properties))(
    '$title gives each item once, whatever the size of the page',
    async ({ operation }) => {
      const whole = await pagesOf(operation, 1000)
      const step = Math.max(1, Math.ceil(whole.items.length / 7))
      const small = await pagesOf(operation, step)
      expect(new Set(small.items).size).toBe(small.items.length)
      expect(small.items).toEqual(whole.items)
      expect(whole.totalIsLowerBound === false ? whole.total : whole.items.length).toBe(whole.items.length)
    },
  )

  async function pagesOf(
    operation: Operation,
    limit: number,
  ): Promise<{ items: string[]; total?: number; totalIsLowerBound?: boolean }> {
    const items: string[] = []
    let after: string | undefined
    for (;;) {
      const page = valueOf<{ items: unknown[]; next?: string; total?: number; totalIsLowerBound?: boolean }>(
        await ask('GET', pathOf(operation, { limit, ...(after === undefined ? {} : { after }) })),
      )
      expect(page.items.length).toBeLessThanOrEqual(limit)
      items.push(...page.items.map((item) => JSON.stringify(item)))
      after = page.next
      if (after === undefined) return { ...page, items }
    }
  }
})

describe('a key that was used', () => {
  it('is in no recorded exchange', async () => {
    for (const { operation } of open)
      if (operation.method === 'GET' && ['stream', 'bytes', 'json'].includes(replyKind(operation.reply)))
        await ask('GET', pathOf(operation, {}))
    const { items } = valueOf<{ items: { id: string; module: string }[] }>(
      await ask('GET', `/api/v1/exchanges?run=${run}&limit=1000`),
    )
    expect(
      items.some(({ module }) => module === 'shodan'),
      'the key was used',
    ).toBe(true)
    for (const { id } of items) await ask('GET', `/api/v1/exchanges/${id}/body`)
    expect(said.filter(isTelling)).toEqual([])
  })
})

describe('secrets', () => {
  it('are in no answer, no log and no file, whatever was asked', () => {
    expect(leaks()).toEqual(noLeaks)
  })
})
