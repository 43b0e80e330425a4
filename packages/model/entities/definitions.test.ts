import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { definitions, display, isCanonical, normalise } from '../registry.ts'

describe.each(Object.values(definitions).map((definition) => [definition.type, definition] as const))(
  '%s',
  (type, definition) => {
    it.each(definition.examples.map(({ raw, value }) => [raw, value]))('reads %j as %j', (raw, value) => {
      expect(normalise(type, raw)).toBe(value)
      expect(isCanonical(type, value)).toBe(true)
    })

    it.each(definition.counterExamples)('refuses %j', (raw) => {
      expect(normalise(type, raw)).toBeUndefined()
    })

    it('is idempotent, never throws and never answers an empty value, whatever it is given', () => {
      const alphabet = [...definition.examples.map(({ raw }) => raw), ...definition.counterExamples].join('').split('')
      const mutated = fc
        .tuple(
          fc.constantFrom(...definition.examples),
          fc.nat(),
          fc.nat(3),
          fc.string({ unit: 'grapheme', maxLength: 3 }),
        )
        .map(([{ raw }, at, gone, added]) => {
          const index = at % (raw.length + 1)
          return raw.slice(0, index) + added + raw.slice(index + gone)
        })
      const alike = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 40 })
      fc.assert(
        fc.property(fc.oneof(mutated, alike, fc.string({ unit: 'binary', maxLength: 60 })), (raw) => {
          const value = normalise(type, raw)
          if (value === undefined) return
          expect(value).not.toBe('')
          expect(normalise(type, value)).toBe(value)
          expect(display(type, value)).not.toBe('')
        }),
        { numRuns: 300 },
      )
    })
  },
)
