import { type Static, Type as t } from 'typebox'
import { anything, assert, property } from 'fast-check'
import { expect, test } from 'vitest'
import { fits } from '@mirage/kit/schema.ts'
import { readAs } from './permissive.ts'

const Rows = t.Array(t.Object({ name: t.String(), seen: t.Optional(t.String()) }))
const Page = t.Object({ hosts: Rows, cursor: t.Optional(t.String()) })

test('what fits is taken as it is, fields that nobody named included', () => {
  const document = [{ name: 'a', more: { deep: true } }]
  expect(readAs(Rows, document)).toEqual({ value: document, dropped: 0 })
})

test('a bad row is left out and counted, and so is a bad optional field; null is an absent one', () => {
  expect(readAs(Rows, [{ name: 'a', seen: null }, { name: 7 }, { name: 'b', seen: 5 }, 'x'])).toEqual({
    value: [{ name: 'a' }, { name: 'b' }],
    dropped: 3,
  })
  expect(readAs(Page, { hosts: [{}, { name: 'a' }], cursor: null })).toEqual({
    value: { hosts: [{ name: 'a' }] },
    dropped: 1,
  })
})

test('nothing is read where a required field is missing or no row fits', () => {
  expect(readAs(Page, { cursor: 'x' }).value).toBeUndefined()
  expect(readAs(Page, { hosts: [{ nam: 'a' }, {}] }).value).toBeUndefined()
  expect(readAs(Rows, { error: 'sentence' }).value).toBeUndefined()
  expect(readAs(Rows, []).value).toEqual([])
})

test('the document is not changed', () => {
  const document = { hosts: [{ name: 'a', seen: 1 }, { name: 2 }], cursor: 3 }
  const before = structuredClone(document)
  readAs(Page, document)
  expect(document).toEqual(before)
})

test('any document is read or not, and what is read fits', () => {
  assert(
    property(anything(), (document) => {
      const value: Static<typeof Page> | undefined = readAs(Page, { hosts: document, cursor: document }).value
      expect(value === undefined || fits(Page, value)).toBe(true)
    }),
  )
})
