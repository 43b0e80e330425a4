import { openApiOf } from '@mirage/kit/openapi.ts'
import { loadContracts } from '@mirage/server/services.ts'
import { expect, it } from 'vitest'

/** The reference that the platform shows of its API. */

interface Described {
  description?: string
  name?: string
}

interface Operation {
  summary?: string
  parameters?: Described[]
  requestBody?: { content: { 'application/json': { schema: { properties: Record<string, Described> } } } }
}

it('says of every operation what it does, and of every input what it is', async () => {
  const { paths } = openApiOf(await loadContracts(), '0') as { paths: Record<string, Record<string, Operation>> }
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
  )
  expect(operations.length).toBeGreaterThan(40)
  expect(operations.filter(({ summary }) => !summary).map(({ name }) => name)).toEqual([])
  const silent = operations.flatMap(({ name, parameters = [], requestBody }) =>
    [
      ...parameters,
      ...Object.entries(requestBody?.content['application/json'].schema.properties ?? {}).map(([name, schema]) => ({
        ...schema,
        name,
      })),
    ]
      .filter(({ description }) => !description)
      .map((input) => `${name}: ${input.name}`),
  )
  expect(silent).toEqual([])
})
