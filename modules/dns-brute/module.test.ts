import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { testModule } from '@mirage/module-sdk/harness.ts'
import { expect, test } from 'vitest'
import { module } from './module.ts'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields guesses that exist, of the list and of the settings',
      given: 'northwind.example',
      settings: { labels: ['warehouse-7'] },
      dns: `
        www.northwind.example A 198.18.0.10
        vpn.northwind.example AAAA 2001:db8::20
        warehouse-7.northwind.example A 198.18.0.12
      `,
      expect: [
        '-subdomain-> domain:www.northwind.example',
        '-subdomain-> domain:vpn.northwind.example',
        '-subdomain-> domain:warehouse-7.northwind.example',
      ],
    },
    {
      name: 'tags names below which any name answers',
      given: 'northwind.example',
      dns: `
        www.northwind.example A 198.18.0.10
        preview.northwind.example A 198.18.0.10
        *.preview.northwind.example A 198.18.0.11
      `,
      expect: [
        '-subdomain-> domain:www.northwind.example',
        '-subdomain-> domain:preview.northwind.example',
        '= domain:preview.northwind.example #wildcard',
      ],
    },
    { name: 'finds nothing', given: 'northwind.example', dns: '', expect: [] },
    {
      name: 'refuses labels that are none',
      given: 'northwind.example',
      settings: { labels: ['a.b'] },
      outcome: 'skipped',
      expect: [],
    },
  ],
})

test('the list holds each label once, in lower case, a few thousand of them', () => {
  const labels = readFileSync(join(import.meta.dirname, 'labels.txt'), 'utf8')
    .trim()
    .split('\n')
  expect(labels.filter((label) => !/^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))).toEqual([])
  expect(new Set(labels).size).toBe(labels.length)
  expect(labels.length).toBeGreaterThan(2000)
})
