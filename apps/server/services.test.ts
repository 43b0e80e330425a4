import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { catalogue } from './catalogue.ts'
import { contracts } from './contracts.ts'
import { placement, serviceNames, threadOf } from './services.ts'

it('the services are the folders, each under its own name, with its contract', () => {
  const folders = readdirSync(join(import.meta.dirname, '..', '..', 'services'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map(({ name }) => name)
  expect(serviceNames.toSorted()).toEqual(folders.toSorted())
  expect(catalogue.map(({ contract }) => contract.service)).toEqual(serviceNames)
  expect(catalogue.map(({ contract }) => contract)).toEqual(contracts)
})

it('a service that is alone in its process needs no thread', () => {
  for (const [thread, services] of Object.entries(placement))
    for (const service of services) {
      expect(threadOf(service, serviceNames)).toBe(thread)
      expect(threadOf(service, [service])).toBeUndefined()
    }
})
