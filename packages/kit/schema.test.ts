import { Type as t } from 'typebox'
import { describe, expect, it } from 'vitest'
import { decodeParameters, demand, fits, Instant, misfits, Page } from './schema.ts'

const Toy = t.Object(
  {
    id: t.String(),
    size: t.Optional(t.Integer({ minimum: 0 })),
    parts: t.Optional(t.Array(t.Object({ name: t.String() }))),
  },
  { additionalProperties: false },
)

describe('what does not fit', () => {
  it('is named by field', () => {
    expect(misfits(Toy, { size: -1 })).toEqual(expect.arrayContaining(['missing field “id”', 'size: must be >= 0']))
    expect(misfits(Toy, { id: 'a', colour: 'red' })).toEqual(['unknown field “colour”'])
    expect(misfits(Toy, { id: 'a', parts: [{}] })).toEqual(['missing field “parts.0.name”'])
    expect(misfits(t.Object({ kind: t.Enum(['a', 'b']) }), { kind: 'c' })).toEqual(['kind: must be one of a, b'])
  })

  it('is at most five sentences', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, t.String()]))
    expect(misfits(t.Object(many), Object.fromEntries(Object.keys(many).map((name) => [name, 1])))).toHaveLength(5)
  })

  it('is thrown as a 400 that names the thing', () => {
    expect(() => demand(Toy, { id: 1 }, 'The toy')).toThrow(
      expect.objectContaining({
        code: 'request.invalid',
        status: 400,
        detail: expect.stringMatching(/^The toy is not valid: id: /),
      }),
    )
    const toy = { id: 'a' }
    expect(demand(Toy, toy)).toBe(toy)
  })
})

describe('parameters', () => {
  const properties = {
    size: t.Integer(),
    ratio: t.Number(),
    loud: t.Boolean(),
    tags: t.Array(t.String()),
    sizes: t.Array(t.Integer()),
  }
  const decode = (text: string): unknown => decodeParameters(properties, new URLSearchParams(text))

  it('are decoded as their schema says', () => {
    expect(decode('size=-3&ratio=1.5&loud=false&tags=a&sizes=1&sizes=2')).toEqual({
      size: -3,
      ratio: 1.5,
      loud: false,
      tags: ['a'],
      sizes: [1, 2],
    })
  })

  it('stay text where they cannot be, so that validation names them', () => {
    expect(decode('size=1e3&loud=yes&ratio=')).toEqual({ size: '1e3', loud: 'yes', ratio: '' })
    expect(decode('size=1&size=2')).toEqual({ size: ['1', '2'] })
  })

  it('keep names that objects have anyway', () => {
    expect(decode('constructor=x')).toEqual({ constructor: 'x' })
  })
})

describe('shared shapes', () => {
  it('take instants in UTC only', () => {
    expect(fits(Instant, '2026-11-21T10:00:00.000Z')).toBe(true)
    for (const text of ['2026-11-21T10:00:00+01:00', '2026-11-21', 'x2026-11-21T10:00:00Z', '2026-11-21T10:00:00Z\n'])
      expect(fits(Instant, text)).toBe(false)
  })

  it('take a page without a next one', () => {
    expect(fits(Page(t.Integer()), { items: [1], total: 1, totalIsLowerBound: false })).toBe(true)
    expect(fits(Page(t.Integer()), { items: ['1'], total: 1, totalIsLowerBound: false })).toBe(false)
  })
})
