import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isDefanged, refang } from './refang.ts'

describe('defanged text', () => {
  it.each([
    ['hxxps://example[.]com/a', 'https://example.com/a'],
    ['hXXp[:]//example(.)com', 'http://example.com'],
    ['http[://]example{.}com', 'http://example.com'],
    ['fxp://example[dot]com', 'ftp://example.com'],
    ['jane[at]example[DOT]com', 'jane@example.com'],
    ['meow://1.2.3[.]4', 'http://1.2.3.4'],
  ])('%s reads %s', (raw, plain) => {
    expect(refang(raw).text).toBe(plain)
    expect(isDefanged(raw)).toBe(true)
  })

  it.each(['', 'example.com', 'a [b] (c)', 'phxxp', 'array[0]', 'f(at)x'.replace('(at)', '(a)')])(
    '%j is left alone',
    (text) => {
      expect(refang(text).text).toBe(text)
      expect(isDefanged(text)).toBe(false)
    },
  )

  it('keeps the way back to where each character stood', () => {
    const word = fc.constantFrom('a', 'b', ' ')
    const mark = fc.constantFrom('[.]', '(dot)', '[at]', '[://]')
    fc.assert(
      fc.property(fc.array(fc.oneof(word, mark), { maxLength: 30 }), (parts) => {
        const raw = parts.join('')
        const plain = refang(raw)
        const letters = [...plain.text.matchAll(/[ab]/g)]
        expect(letters.map(({ index }) => raw[plain.originalIndex(index)])).toEqual(letters.map(([letter]) => letter))
        expect(plain.originalIndex(plain.text.length)).toBe(raw.length)
      }),
    )
  })
})
