import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareNames } from './canonical-order.ts'

test('names are ordered as RFC 4034 §6.1 does', () => {
  const ordered = ['example', 'a.example', 'yljkjljk.a.example', 'Z.a.example', 'zABC.a.EXAMPLE', 'z.example']
  ordered.push('\\001.z.example', '*.z.example', '\\200.z.example')
  expect(ordered.toReversed().toSorted(compareNames)).toEqual(ordered)
})

test('the last name before everything that is not below it carries a null byte', () => {
  expect(['b.example', 'a\\000.example', 'z.a.example', 'a.example'].toSorted(compareNames)).toEqual([
    'a.example',
    'z.a.example',
    'a\\000.example',
    'b.example',
  ])
  expect(compareNames('a\\.b.example', 'a.b.example')).not.toBe(0)
  expect(compareNames('A.Example', 'a.example')).toBe(0)
})

test('it is an order', () => {
  const label = fc.constantFrom('a', 'b', 'a-', '*', '\\000', 'a\\000', '\\.', '\\255', 'aa')
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
  fc.assert(
    fc.property(name, name, name, (a, b, c) => {
      expect(Math.sign(compareNames(a, b))).toBe(-Math.sign(compareNames(b, a)) + 0)
      expect(compareNames(a, b) === 0).toBe(a === b)
      const sorted = [a, b, c].toSorted(compareNames)
      expect(compareNames(sorted[0]!, sorted[2]!)).toBeLessThanOrEqual(0)
    }),
  )
})
