import { Type as t } from 'typebox'
import { describe, expect, it } from 'vitest'
import { defineContract, get, Nothing, pathNames, post, replyKind, stream } from './contract.ts'

const options = { summary: 'x', permission: 'toys:read', reply: Nothing } as const

describe('a contract', () => {
  it('refuses two operations on one route, whatever their parameters are called', () => {
    expect(() =>
      defineContract('toys', '', {
        one: get('/toys/{id}', { ...options, input: { id: t.String() } }),
        two: get('/toys/{name}', { ...options, input: { name: t.String() } }),
      }),
    ).toThrow('toys.two: GET /toys/{} is taken by another operation')
  })

  it('takes one path with two methods', () => {
    const { operations } = defineContract('toys', '', { one: get('/toys', options), two: post('/toys', options) })
    expect(Object.keys(operations)).toEqual(['one', 'two'])
  })

  it('refuses a path that names what the input does not have', () => {
    expect(() =>
      defineContract('toys', '', { one: get('/toys/{id}/{part}', { ...options, input: { id: t.String() } }) }),
    ).toThrow('toys.one: the input has no “part” for /toys/{id}/{part}')
  })

  it('knows its defaults: 200, safe when it reads, a megabyte', () => {
    expect(get('/a', options)).toMatchObject({ status: 200, safe: true, bodyLimit: 1 << 20, errors: [] })
    expect(post('/a', options).safe).toBe(false)
    expect(post('/a', { ...options, safe: true }).safe).toBe(true)
  })

  it('tells replies apart, a schema with a field named “as” included', () => {
    expect(replyKind(stream(Nothing))).toBe('stream')
    expect(replyKind(t.Object({ as: t.String() }))).toBe('json')
    expect(pathNames('/a/{b}/c/{d}')).toEqual(['b', 'd'])
  })
})
