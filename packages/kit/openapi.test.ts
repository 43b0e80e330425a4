import { describe, expect, it } from 'vitest'
import { defineContract, get, Nothing } from './contract.ts'
import { openApiOf } from './openapi.ts'
import { shelf, toys } from './testing/toys.ts'

interface Described {
  operationId: string
  summary: string
  description?: string
  security?: unknown[]
  'x-permission'?: string
  parameters?: { name: string; in: string; required: boolean; description?: string }[]
  requestBody?: { required: boolean; content: Record<string, { schema: { required: string[]; properties: object } }> }
  responses: Record<string, { description: string; content?: Record<string, object> }>
}

const document = openApiOf([toys, shelf, defineContract('empty', 'Nothing.', {})], '1.2.3')
const paths = document['paths'] as Record<string, Record<string, Described>>

describe('the document', () => {
  it('holds every operation but those for services, each under an id of its own', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' }, security: [{ key: [] }] })
    expect((document['tags'] as { name: string }[]).map(({ name }) => name)).toEqual(['toys', 'shelf'])
    const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId))
    const expected = Object.keys(toys.operations).length + Object.keys(shelf.operations).length - 1
    expect(new Set(ids).size).toBe(expected)
    expect(paths['/api/v1/toys/inside']).toBeUndefined()
    expect(Object.keys(paths['/api/v1/toys/{id}']!)).toEqual(['get', 'patch', 'put', 'delete'])
  })

  it('says where each input goes', () => {
    const get = paths['/api/v1/toys/{id}']!['get']!
    expect(get.parameters!.map(({ name, in: place, required }) => [name, place, required])).toEqual([
      ['id', 'path', true],
      ['size', 'query', false],
      ['loud', 'query', false],
      ['tags', 'query', false],
    ])
    const change = paths['/api/v1/toys/{id}']!['patch']!
    expect(change.parameters!.map(({ name }) => name)).toEqual(['id'])
    expect(change.requestBody!.content['application/json']!.schema).toMatchObject({
      required: ['size'],
      additionalProperties: false,
    })
  })

  it('is readable in lists: a title without a full stop, and the rest below it', () => {
    const text = 'Things, by size. `big` comes first. Then the others.'
    const things = defineContract('things', '', {
      listThings: get('/things', { summary: text, permission: 'public', reply: Nothing }),
    })
    const { paths } = openApiOf([things], '1') as { paths: Record<string, Record<string, Described>> }
    expect(paths['/api/v1/things']!['get']).toMatchObject({
      summary: 'Things, by size',
      description: '`big` comes first. Then the others.',
    })
  })

  it('says what comes back, and who may ask', () => {
    const kinds = (path: string, method: string): string[] =>
      Object.keys(Object.values(paths[path]![method]!.responses)[0]!.content ?? {})
    expect(kinds('/api/v1/toys/{id}', 'get')).toEqual(['application/json'])
    expect(kinds('/api/v1/toys/{id}', 'delete')).toEqual([])
    expect(kinds('/api/v1/toys/stream', 'post')).toEqual(['application/x-ndjson'])
    expect(kinds('/api/v1/toys/events', 'get')).toEqual(['text/event-stream'])
    expect(kinds('/api/v1/toys/{id}/picture', 'get')).toEqual(['image/svg+xml'])
    expect(paths['/api/v1/toys/me']!['get']!.security).toEqual([])
    expect(paths['/api/v1/toys/{id}']!['delete']!['x-permission']).toBe('toys:admin')
    expect(paths['/api/v1/toys/{id}']!['get']!.responses['default']!.description).toBe('An error. `toys.not_found`')
  })
})
