import { assert, nat, property, stringMatching } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lookAlikes } from './permutations.ts'

const label = stringMatching(/^[a-z]{5,20}$/)

describe('labels that look alike', () => {
  test.for([
    ['northwind', 'nothwind'],
    ['northwind', 'northwnid'],
    ['northwind', 'norrthwind'],
    ['northwind', 'north-wind'],
    ['northwind', 'n0rthwind'],
    ['modern', 'modem'],
    ['modem', 'modern'],
    ['google', 'g00gle'],
    // A Cyrillic о and an ö, as RFC 3492 writes them.
    ['northwind', 'xn--nrthwind-nbh'],
    ['northwind', 'xn--nrthwind-n4a'],
  ])('%s looks like %s', ([label, other]) => {
    expect(lookAlikes(label!)).toContain(other)
  })

  test('are labels that can be registered, never the label itself, and few enough to ask for', () => {
    assert(
      property(label, (text) => {
        const found = lookAlikes(text)
        expect(found).not.toContain(text)
        expect([...found].filter((one) => !/^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/.test(one))).toEqual([])
        expect(found.size).toBeLessThan(2000)
      }),
    )
  })

  test('hold every name in which one letter is another, missing or doubled', () => {
    assert(
      property(label, nat(), stringMatching(/^[a-z]$/), (text, place, letter) => {
        const at = place % text.length
        const changed = [
          text.slice(0, at) + letter + text.slice(at + 1),
          text.slice(0, at) + text.slice(at + 1),
          text.slice(0, at) + text[at]! + text.slice(at),
        ].filter((one) => one !== text)
        expect([...lookAlikes(text)]).toEqual(expect.arrayContaining(changed))
      }),
    )
  })

  test('leave out the next of a series, and the neighbours of short names', () => {
    expect(lookAlikes('server1')).not.toContain('server2')
    expect(lookAlikes('abc')).not.toContain('abd')
    expect(lookAlikes('xn--nrthwind-n4a').size).toBe(0)
  })
})
