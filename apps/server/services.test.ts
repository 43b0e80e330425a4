import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { contracts } from './contracts.ts'
import { loadServices, placement, serviceNames, threadOf } from './services.ts'
import { settingsSchemas } from './settings.ts'

it('the services are the folders, each under its own name, with its contract and settings', async () => {
  const folders = readdirSync(join(import.meta.dirname, '..', '..', 'services'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map(({ name }) => name)
  expect(serviceNames.toSorted()).toEqual(folders.toSorted())
  const loaded = await loadServices(serviceNames)
  expect(loaded.map(({ contract }) => contract.service)).toEqual(serviceNames)
  expect(loaded.map(({ contract }) => contract)).toEqual(contracts)
  expect(settingsSchemas()).toMatchObject(
    Object.fromEntries(loaded.map(({ contract, settings }) => [contract.service, settings])),
  )
})

it('a service that is alone in its process needs no thread', () => {
  for (const [thread, services] of Object.entries(placement))
    for (const service of services) {
      expect(threadOf(service, serviceNames)).toBe(thread)
      expect(threadOf(service, [service])).toBeUndefined()
    }
})
