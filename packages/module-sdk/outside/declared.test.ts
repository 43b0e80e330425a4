import { Type as t } from 'typebox'
import { describe, expect, it } from 'vitest'
import { manifestOf } from '../manifest.ts'
import { defineModule } from '../define.ts'
import { wrongDeclaration } from './declared.ts'

/** What is wrong with a module that says this of itself. */
function wrongWith(more: object): string | undefined {
  const module = defineModule({
    id: 'probe',
    version: 1,
    title: 'Probe',
    summary: 'For a test',
    homepage: 'https://probe.example',
    consumes: [{ type: 'domain' }],
    produces: ['text'],
    contact: 'stored',
    useCases: ['footprint'],
    sample: 'northwind.example',
    async *run() {},
  })
  return wrongDeclaration(JSON.parse(JSON.stringify({ ...manifestOf(module), ...more })), 'probe')
}

describe('the settings that somebody else’s module declares', () => {
  it.each([
    undefined,
    t.Object({}),
    t.Object({ most: t.Integer({ default: 100, minimum: 1, description: 'Paths of one site.' }) }),
    t.Object({ word: t.Optional(t.String({ default: 'www', maxLength: 63 })), on: t.Boolean({ default: true }) }),
    t.Object({ kind: t.Enum(['a', 'b'], { default: 'a' }), other: t.Union([t.Literal('p'), t.Literal('q')]) }),
    t.Object({ ports: t.Array(t.Integer({ minimum: 1, maximum: 65_535 }), { default: [80, 443] }) }),
  ])('may be values and lists of them: %j', (settings) => {
    expect(wrongWith({ settings })).toBeUndefined()
  })

  it.each([
    t.Object({ word: t.String({ pattern: '^(a+)+$', default: `${'a'.repeat(40)}!` }) }),
    t.Object({ words: t.Array(t.String({ pattern: '^(a+)+$' })) }),
    t.Object({ word: t.String({ format: 'email' }) }),
    t.Object({ words: t.Record(t.String(), t.String()) }),
    t.Object({ deep: t.Object({ deeper: t.String() }) }),
    { type: 'object', properties: { word: { $ref: '#' } } },
    { type: 'object', properties: { word: { not: {} } } },
    { type: 'object', properties: { '"]);process.exit();([': { type: 'string' } } },
    { type: 'object', patternProperties: { '^(a+)+$': {} }, properties: {} },
  ])('have nothing in them that computes: %j', (settings) => {
    expect(wrongWith({ settings })).toContain('settings')
  })
})

describe('the time that a task of somebody else’s module may take', () => {
  it.each(['30s', '10m', '1h'])('is %s', (timeout) => expect(wrongWith({ limits: { timeout } })).toBeUndefined())

  it.each(['61m', '1000d', `${'9'.repeat(90)}d`, 'long'])('is not %s', (timeout) =>
    expect(wrongWith({ limits: { timeout } })).toContain('timeout'),
  )
})
