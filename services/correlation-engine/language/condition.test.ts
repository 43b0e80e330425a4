import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileCondition, type Condition } from './condition.ts'

const seenAt = Date.parse('2026-03-01T00:00:00Z')

function holds(condition: Condition, value: unknown, attributes: Record<string, unknown> = {}, group = ''): boolean {
  return compileCondition(condition)(value, { seenAt, group, attribute: (name) => attributes[name] })
}

describe('a condition', () => {
  it.each<[Condition, unknown, boolean]>([
    [443, '443', true],
    [true, true, true],
    [true, undefined, false],
    [{ oneOf: [80, '443'] }, '80', true],
    [{ oneOf: [80] }, undefined, false],
    [{ matches: '(?i)^grafana' }, 'Grafana 9', true],
    [{ matches: '^a$' }, 'ab', false],
    [{ hasWord: ['VPN', 'dev'] }, 'my-vpn2.eu', true],
    [{ hasWord: ['dev'] }, 'device', false],
    [{ repeats: { matches: 'include:', least: 2 } }, 'include:a include:b', true],
    [{ repeats: { matches: 'include:', least: 3 } }, 'include:a include:b', false],
    [{ least: 200, most: 299 }, 204, true],
    [{ least: 200, most: 299 }, '301', false],
    [{ least: 0 }, 'none', false],
    [{ before: 'seen' }, '2026-02-28T00:00:00Z', true],
    [{ before: 'seen+30d' }, '2026-03-30T00:00:00Z', true],
    [{ before: 'seen+30d' }, '2026-04-30T00:00:00Z', false],
    [{ after: '2026-01-01T00:00:00Z' }, '2026-01-02T00:00:00Z', true],
    [{ before: 'seen' }, 'soon', false],
    [{ olderThan: '1.10' }, '1.9.2', true],
    [{ olderThan: '1.10' }, '1.10', false],
    [{ olderThan: '9.8' }, '9.6p1 Debian-4', true],
    [{ olderThan: '8.0' }, 'v7.4', true],
    [{ olderThan: '2' }, 'unstable', false],
    [{ within: ['internal'] }, '10.1.2.3', true],
    [{ within: ['internal'] }, '198.18.0.1', false],
    [{ within: ['2001:db8::/32'] }, '2001:db8::1', true],
    [{ within: ['internal'] }, 'no address', false],
    [{ under: ['github.io'] }, 'a.b.github.io', true],
    [{ under: ['github.io'] }, 'notgithub.io', false],
    [{ exists: false }, undefined, true],
    [{ exists: true }, '', true],
    [{ not: { equals: 'a' } }, 'b', true],
    [{ matches: 'a', not: { matches: 'b' } }, 'ab', false],
    [{ equals: 'b' }, ['a', 'b'], true],
    [{ equals: 'c' }, ['a', 'b'], false],
  ])('%j of %j: %j', (condition, value, expected) => {
    expect(holds(condition, value)).toBe(expected)
  })

  it('compares with other attributes, and versions by product', () => {
    expect(holds({ sameAs: 'issuer' }, 'CN=a', { issuer: 'CN=a' })).toBe(true)
    expect(holds({ sameAs: 'issuer' }, undefined)).toBe(false)
    expect(holds({ olderThan: { nginx: '1.26' } }, '1.18', {}, 'nginx')).toBe(true)
    expect(holds({ olderThan: { nginx: '1.26' } }, '1.18', {}, 'php')).toBe(false)
  })

  it('never throws, whatever the value', () => {
    const conditions: Condition[] = [
      'a',
      { oneOf: ['a'] },
      { matches: 'a' },
      { hasWord: ['a'] },
      { repeats: { matches: 'a', least: 2 } },
      { least: 1 },
      { before: 'seen' },
      { olderThan: '1' },
      { within: ['internal', '10.0.0.0/8'] },
      { under: ['a.b'] },
      { sameAs: 'x' },
      { not: { exists: true } },
    ]
    fc.assert(
      fc.property(fc.constantFrom(...conditions), fc.anything(), (condition, value) => {
        expect(typeof holds(condition, value)).toBe('boolean')
      }),
    )
  })

  it('takes time that grows with the text only, whatever the expression', () => {
    expect(holds({ matches: '(a+)+$' }, `${'a'.repeat(50_000)}!`)).toBe(false)
  })
})
