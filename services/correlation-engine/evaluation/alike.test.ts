import { entityRef } from '@mirage/model/entity.ts'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { KnownNode } from '../graph/known-graph.ts'
import { alikePairs } from './alike.ts'

function pairsOf(...names: string[]): string[] {
  const items = names.map((name) => ({
    node: { ...entityRef('domain', name), firstSeenAt: 0, lastSeenAt: 0, tags: [], attributes: {} } satisfies KnownNode,
  }))
  return alikePairs(items, 'apex').map((pair) => pair.names.join(' '))
}

it.each([
  ['northwind.example', 'n0rthwind.example'],
  ['northwind.example', 'northvvind.example'],
  ['northwind.example', 'north-wind.example'],
  ['northwind.example', 'norhtwind.example'],
  ['northwind.example', 'northwinds.test'],
  ['northwind.example', 'northwimd.example'],
  ['modern.example', 'modem.example'],
])('%s and %s look alike', (one, other) => {
  expect(pairsOf(one, other)).toHaveLength(1)
})

it.each([
  ['northwind.example', 'northwind.test'],
  ['server1.example', 'server2.example'],
  ['abcd.example', 'abce.example'],
  ['northwind.example', 'southwind.example'],
  ['northwind.example', 'northwind-shop.example'],
])('%s and %s do not', (one, other) => {
  expect(pairsOf(one, other)).toEqual([])
})

it('says the same in any order, and each pair once', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-c01]{5,6}$/), { maxLength: 12 })
  fc.assert(
    fc.property(names, (labels) => {
      const all = labels.map((label) => `${label}.example`)
      const pairs = pairsOf(...all)
      expect(pairsOf(...all.toReversed())).toEqual(pairs)
      expect(new Set(pairs).size).toBe(pairs.length)
    }),
  )
})
