import type { TSchema } from 'typebox'
import { type Contract, type Operation, pathNames, replyKind } from './contract.ts'
import { apiPrefix } from './routes.ts'

type Json = Record<string, unknown>

const Problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: '`<noun>.<reason>`, for programs.' },
    detail: { type: 'string', description: 'What is wrong and the next step, for people.' },
    requestId: { type: 'string' },
  },
}

const introduction = [
  'Calls carry an API key, as `Authorization: Bearer <key>`. The server prints where the first one is when it starts.',
  'A list answers a page: ask again with its `next` as `after` until there is none.',
  'An error is a problem document (RFC 9457): `code` is for programs, `detail` says to people what is wrong and what to do.',
].join('\n\n')

/** One OpenAPI 3.1 document of all these contracts. Operations only services may call are left out. */
export function openApiOf(contracts: Contract[], version: string): Json {
  const paths: Record<string, Json> = {}
  for (const { service, operations } of contracts)
    for (const [name, operation] of Object.entries(operations)) {
      if (operation.permission === 'service') continue
      const path = apiPrefix + operation.path
      paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(service, name, operation) }
    }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Mirage',
      version,
      description: introduction,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'Where this document comes from.' }],
    tags: contracts
      .filter(({ operations }) => Object.values(operations).some(({ permission }) => permission !== 'service'))
      .map(({ service, summary }) => ({ name: service, description: summary })),
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key.' } },
      schemas: { Problem },
    },
  }
}

function describe(service: string, name: string, operation: Operation): Json {
  const inPath = pathNames(operation.path)
  const properties = Object.entries(operation.input.properties as Record<string, TSchema & { description?: string }>)
  const required: string[] = (operation.input as { required?: string[] }).required ?? []
  const rest = properties.filter(([property]) => !inPath.includes(property))
  const hasBody = operation.method !== 'GET' && operation.method !== 'DELETE'
  const asParameter =
    (place: 'path' | 'query') =>
    ([property, schema]: [string, TSchema & { description?: string }]) => ({
      name: property,
      in: place,
      required: place === 'path' || required.includes(property),
      ...(schema.description ? { description: schema.description } : {}),
      schema,
    })
  const parameters = [
    ...properties.filter(([property]) => inPath.includes(property)).map(asParameter('path')),
    ...(hasBody ? [] : rest.map(asParameter('query'))),
  ]
  return {
    operationId: operationId(operation, name),
    tags: [service],
    ...titled(operation.summary),
    ...(operation.permission === 'public' ? { security: [] } : { 'x-permission': operation.permission }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(hasBody && rest.length > 0
      ? {
          requestBody: {
            required: rest.some(([property]) => required.includes(property)),
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  additionalProperties: false,
                  required: required.filter((property) => !inPath.includes(property)),
                  properties: Object.fromEntries(rest),
                },
              },
            },
          },
        }
      : {}),
    responses: {
      [operation.status]: {
        description: 'As asked.',
        ...(operation.status === 204 ? {} : { content: contentOf(operation) }),
      },
      default: {
        description: ['An error.', ...operation.errors.map((code) => `\`${code}\``)].join(' '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

/** The first sentence as the title, which readers of the document show in lists, the others as the text below it. */
function titled(text: string): { summary: string; description?: string } {
  const [, summary = text, description] = /^(.+?)\.(?:\s+(.+))?$/s.exec(text) ?? []
  return { summary, ...(description === undefined ? {} : { description }) }
}

function operationId({ path }: Operation, name: string): string {
  return `${path.split('/')[1]}.${name}`
}

function contentOf({ reply }: Operation): Json {
  switch (replyKind(reply)) {
    case 'stream':
      return { 'application/x-ndjson': { schema: (reply as { row: TSchema }).row } }
    case 'events':
      return { 'text/event-stream': { schema: (reply as { row: TSchema }).row } }
    case 'bytes':
      return Object.fromEntries((reply as { types: string[] }).types.map((type) => [type, {}]))
    case 'json':
      return { 'application/json': { schema: reply } }
  }
}
