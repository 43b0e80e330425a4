import { expect, test } from 'vitest'
import { parseFailure } from '../protocols/failure.ts'
import { providerFailures } from './failures.ts'
import { dnsProviders, providers, whoisProviders } from './registry.ts'

const ids = [...providers, ...dnsProviders, ...whoisProviders].map(({ id }) => id)

test.each(Object.entries(providerFailures))('%s: its refusals are failures that the lab takes', (id, failures) => {
  expect(ids).toContain(id)
  for (const failure of Object.values(failures)) expect(parseFailure(failure)).toEqual(failure)
})

test('every provider has an id and hosts of its own', () => {
  expect(new Set(ids).size).toBe(ids.length)
  const hosts = providers.flatMap((provider) => provider.hosts)
  expect(new Set(hosts).size).toBe(hosts.length)
})
