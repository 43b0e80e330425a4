import { expect, test } from 'vitest'
import type { RunDefinition } from '../contract.ts'
import { planRun } from './plan.ts'
import type { Profile } from './definition.ts'

const footprint: Profile = { name: 'footprint', title: 'Footprint', summary: '', useCases: ['footprint'] }

test.each([
  { modules: ['nosuch'] },
  { excludeModules: ['nosuch'] },
  { moduleRates: { nosuch: '10/m' } },
  { profile: { ...footprint, modules: ['nosuch'] } },
])('a module that does not exist is named: %j', (options) => {
  const definition: RunDefinition = { seeds: [{ type: 'domain', value: 'example.com' }], ...options }
  expect(() => planRun(definition, footprint, [], [])).toThrow(
    'There is no module “nosuch”. “mirage modules” lists them.',
  )
})
