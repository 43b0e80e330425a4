import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EntityType } from '../entity.ts'
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

describe('spellings of people', () => {
  const dots = fc.constantFrom('.', '[.]', '(.)', '{.}', '[dot]', '(dot)')
  const dotted = (text: string) =>
    fc.array(dots, { minLength: 4, maxLength: 4 }).map((marks) => {
      let i = 0
      return text.replaceAll('.', () => marks[i++ % 4]!)
    })
  const space = fc.constantFrom('', ' ', '\t', ' \n')

  it.each<[EntityType, string]>([
    ['domain', 'www.example.co.uk'],
    ['ip-address', '192.0.2.1'],
    ['netblock', '192.0.2.0/24'],
    ['open-port', '192.0.2.1:443/tcp'],
    ['email', 'jane@mail.example.com'],
  ])('of %s %s, defanged and with white space around it, are one entity', (type, value) => {
    fc.assert(
      fc.property(dotted(value), space, space, (raw, before, after) => {
        expect(normalise(type, before + raw + after)).toBe(value)
      }),
    )
  })

  it('of a URL, defanged in scheme and host, are one entity, and its path stays as it is', () => {
    const scheme = fc.constantFrom('http://', 'hxxp://', 'HXXP[:]//', 'hxxp[://]', 'h**p://')
    fc.assert(
      fc.property(scheme, dotted('www.example.com'), (start, host) => {
        expect(normalise('url', `${start}${host}/a[.]b?c=(dot)`)).toBe('http://www.example.com/a[.]b?c=(dot)')
      }),
    )
  })

  it('of a name in another script are one entity, composed or not, wide or not, in any case', () => {
    const words = fc.constantFrom('bücher', 'café', 'пример', '例え', 'δοκιμή', 'ｅｘａｍｐｌｅ')
    const form = fc.constantFrom('NFC', 'NFD', 'NFKC')
    fc.assert(
      fc.property(words, form, fc.constantFrom('.', '。', '．'), (word, form, dot) => {
        const value = normalise('domain', `${word}.example`)
        expect(value).toMatch(/^[a-z0-9-]+\.example$/)
        expect(normalise('domain', `${word.normalize(form).toUpperCase()}${dot}EXAMPLE`)).toBe(value)
        expect(normalise('domain', display('domain', value!))).toBe(value)
      }),
    )
  })

  it('come back from what is shown, where a value is shown whole', () => {
    const whole = Object.values(definitions).filter(
      ({ type }) => !['organization', 'person', 'postal-address', 'web-form', 'credential-leak'].includes(type),
    )
    const lost = whole.flatMap(({ type, examples }) =>
      examples
        .filter(({ value }) => normalise(type, display(type, value)) !== value)
        .map(({ value }) => `${type} ${value}`),
    )
    expect(lost).toEqual([])
  })

  it('longer than anything real are refused', () => {
    const long = 'a'.repeat(20_000)
    expect(Object.values(definitions).filter(({ type }) => normalise(type, `${long}.com`) !== undefined)).toEqual([])
  })
})
