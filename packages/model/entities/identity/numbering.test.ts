import { assert, constantFrom, nat, property, tuple } from 'fast-check'
import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/min'
import examples from 'libphonenumber-js/examples.mobile.json'
import { expect, test } from 'vitest'
import { extract } from '../../extract.ts'
import { judgeDigits } from './numbering.ts'

const codes = [...new Set(getCountries().map((country) => getCountryCallingCode(country)))]

test('no number that is valid by its plan is judged to be none', () => {
  const digits = tuple(constantFrom(...codes, '800', '870', '999'), nat(99_999_999), nat(9999)).map(
    ([code, first, second]) => `${code}${first}${second}`,
  )
  assert(
    property(digits, (number) => {
      const parsed = parsePhoneNumberFromString(`+${number}`)
      expect(parsed?.isValid() !== true || judgeDigits(number) !== undefined).toBe(true)
    }),
    { numRuns: 5000 },
  )
})

test('a mobile number of every country fits, and is found in text', () => {
  // The keys are countries.
  const numbers = Object.entries(examples).map(([at, national]) => getCountryCallingCode(at as CountryCode) + national)
  expect(numbers.filter((number) => judgeDigits(number) !== 'fits')).toEqual([])
  // Fewer digits are too often something else.
  const found = numbers.filter((number) => number.length >= 8).map((number) => `+${number}`)
  expect(found.flatMap((number) => extract(`call ${number}!`, ['phone']).map(({ value }) => value))).toEqual(found)
})

test('what no plan has is judged without being parsed', () => {
  expect(['999123456789', '4420794609581', '1', ''].map(judgeDigits)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  expect(judgeDigits('4402079460958')).toBe('may')
})

test('every number of a text of thousands is found', () => {
  const numbers = Array.from({ length: 5000 }, (_, i) => `+44203${String(1_000_000 + i)}`)
  expect(extract(numbers.join(' '), ['phone']).map(({ value }) => value)).toEqual(numbers)
})
