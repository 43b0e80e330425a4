import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tryRule } from '../testing/try-rule.ts'
import { compileRule } from './compile.ts'
import { loadRules, shippedRules } from './load.ts'
import { readRule } from './rule.ts'

describe('shipped rules', () => {
  const { rules, errors } = loadRules([shippedRules])

  it('can all be read', () => {
    expect(errors).toEqual([])
    expect(rules.length).toBeGreaterThanOrEqual(14)
  })

  describe.each(rules.map((rule) => [rule.definition.id, rule] as const))('%s', (id, rule) => {
    const { tests } = rule.definition

    it('is shown once to fire and once not to', () => {
      expect(rule.definition.id).toBe(id)
      expect(tests.some(({ says }) => says.length > 0)).toBe(true)
      expect(tests.some(({ says }) => says.length === 0)).toBe(true)
    })

    it.each(tests.map((test) => [test.name, test] as const))('%s', async (_, test) => {
      const fired = await tryRule(rule, test)
      expect(fired.map(({ content }) => content.title).sort()).toEqual(test.says.toSorted())
      for (const { content } of fired) {
        expect(content.evidence.length).toBeGreaterThan(0)
        expect(content.explanation).not.toMatch(/unknown|undefined|[{}]/)
        for (const { text } of content.evidence) expect(text).not.toMatch(/unknown|undefined|[{}]/)
      }
    })
  })
})

it('the rule that the README shows is one, and its tests hold', async () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  const rule = compileRule(readRule('README.md', /^```yaml\n(.*?)^```/ms.exec(readme)![1]!))
  for (const test of rule.definition.tests) {
    const fired = await tryRule(rule, test)
    expect(fired.map(({ content }) => content.title)).toEqual(test.says)
  }
})

describe('a rule that is none', () => {
  const rule = `
id: some-rule
title: T
severity: low
summary: S
group: entity
entity: { type: domain }
because: it is there
headline: "{entity}"
explanation: E
tests: [{ name: a, saw: [], says: [] }, { name: b, saw: [], says: [] }]
`
  it.each([
    ['not YAML', 'a: [', /is not YAML/],
    ['not of the schema', rule.replace('severity: low', 'severity: huge'), /severity/],
    ['with an unknown field', `${rule}\nwhatever: 1`, /unknown field “whatever”/],
    [
      'with a bad expression',
      rule.replace('type: domain', 'type: domain, value: { matches: "(" }'),
      /regular expression/,
    ],
    [
      'with a bad time',
      rule.replace('type: domain', 'type: domain, attributes: { a: { before: noon } }'),
      /is no time/,
    ],
    ['with a bad block', rule.replace('type: domain', 'type: domain, value: { within: [10.0.0.0] }'), /CIDR/],
    ['with a place that names nothing', rule.replace('"{entity}"', '"{users}"'), /names nothing/],
    ['without a type', rule.replace('{ type: domain }', '{ value: a }'), /needs a “type”/],
    ['with an analysis of nothing', `${rule}\nanalyse: [{ only: { of: a, notIn: b, by: apex } }]`, /not joined/],
  ])('%s is refused in words', (_, text, message) => {
    expect(() => compileRule(readRule('some.yaml', text))).toThrow(message)
  })
})
