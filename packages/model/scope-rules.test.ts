import { describe, expect, it } from 'vitest'
import type { EntityType } from './entity.ts'
import { RuleError, compileRules } from './scope-rules.ts'

function matches(rule: string, type: EntityType, value: string): boolean {
  return compileRules([rule]).matches({ type, value })
}

describe('rules', () => {
  it.each<[string, EntityType, string, boolean]>([
    ['example.com', 'domain', 'example.com', true],
    ['EXAMPLE.com.', 'domain', 'a.b.example.com', true],
    ['example.com', 'domain', 'notexample.com', false],
    ['example.com', 'url', 'https://www.example.com/a', true],
    ['example.com', 'email', 'jane@example.com', true],
    ['example.com', 'dns-record', 'example.com SPF v=spf1 -all', true],
    ['bücher[.]example', 'domain', 'xn--bcher-kva.example', true],
    ['=example.com', 'domain', 'example.com', true],
    ['=example.com', 'domain', 'a.example.com', false],
    ['*.example.com', 'domain', 'example.com', false],
    ['*.example.com', 'domain', 'a.example.com', true],
    ['192.0.2.0/24', 'ip-address', '192.0.2.9', true],
    ['192.0.2.0/24', 'ip-address', '192.0.3.1', false],
    ['192.0.2.0/24', 'open-port', '192.0.2.9:443/tcp', true],
    ['192.0.2.0/24', 'service', '192.0.2.9:22/tcp ssh', true],
    ['192.0.2.0/24', 'url', 'http://192.0.2.9:8080/', true],
    ['192.0.2.0/24', 'netblock', '192.0.2.128/25', true],
    ['192.0.2.0/24', 'netblock', '192.0.0.0/16', false],
    ['192.0.2.0/24', 'domain', '9.2.0.192.in-addr.arpa', true],
    ['192.0.2.3-9', 'ip-address', '192.0.2.9', true],
    ['192.0.2.3-9', 'ip-address', '192.0.2.10', false],
    ['192.0.2.1', 'ip-address', '192.0.2.1', true],
    ['2001:db8::/32', 'open-port', '[2001:db8::1]:443/tcp', true],
    ['2001:db8::/32', 'network-registration', '2001:db8::-2001:db8::ffff', true],
    ['as64500', 'asn', 'AS64500', true],
    ['AS64500', 'autnum-registration', 'AS64500', true],
    ['https://example.com/app/', 'url', 'https://example.com/app/x?y', true],
    ['https://example.com/app', 'url', 'https://example.com/app?x', true],
    ['https://example.com/app', 'url', 'https://example.com/apple', false],
    ['https://example.com/app/', 'url', 'http://example.com/app/', false],
    ['https://example.com/app/', 'domain', 'example.com', false],
    ['email:Jane@example.com', 'email', 'jane@example.com', true],
    ['email:jane@example.com', 'email', 'bob@example.com', false],
  ])('%j and %s %j: %s', (rule, type, value, expected) => {
    expect(matches(rule, type, value)).toBe(expected)
  })

  it('may hold comments and blank lines', () => {
    const rules = compileRules(['# ours', '', 'example.com # since May', '   '])
    expect(rules.size).toBe(1)
    expect(rules.matches({ type: 'domain', value: 'example.com' })).toBe(true)
    expect(compileRules([]).matches({ type: 'domain', value: 'example.com' })).toBe(false)
  })

  it('that are wrong are all named, with their line and a reason', () => {
    const lines = ['example.com', '/admin/', '*.*', 'foo', '999.1.1.1', '10.0.0.0/33', 'nope:x']
    expect(() => compileRules(lines)).toThrow(RuleError)
    expect(() => compileRules(lines)).toThrow(
      /rule 2: `\/admin\/` is a regular expression.*\n.*rule 3: .*\nrule 4: `foo` is not a rule.*\nrule 5: .*999 is more than 255\nrule 6: .*\/33 is more than \/32\nrule 7: /,
    )
  })

  it('in a list of a hundred thousand are found by look-up', () => {
    const lines = Array.from({ length: 100_000 }, (_, i) =>
      i % 2 === 0 ? `h${i}.example.org` : `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
    )
    const rules = compileRules(lines)
    const asked = lines.map((line) =>
      rules.matches({ type: line.startsWith('h') ? 'domain' : 'ip-address', value: line }),
    )
    expect(asked.every(Boolean)).toBe(true)
    expect(rules.matches({ type: 'domain', value: 'h1.example.org' })).toBe(false)
  })
})
