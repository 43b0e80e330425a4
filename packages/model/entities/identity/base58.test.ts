import { Network, validate } from 'bitcoin-address-validation'
import { assert, constantFrom, nat, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { isBase58Address } from './base58.ts'

const addresses = [
  '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
  '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy',
  '1111111111111111111114oLvT2',
  '17VZNX1SN5NtKa8UQFxwQbFeFc3iqRYhem',
]

test('addresses with a right checksum are true, and so says the reference', () => {
  expect(addresses.map(isBase58Address)).toEqual(addresses.map((address) => validate(address, Network.mainnet)))
  expect(addresses.map(isBase58Address)).toEqual([true, true, true, true])
})

test('an address of another net, or one `1` more or less, is none', () => {
  const wrong = [
    'mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn',
    '11A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
    '111111111111111111114oLvT2',
  ]
  expect(wrong.map(isBase58Address)).toEqual([false, false, false])
})

test('whatever is changed in one, the reference says the same', () => {
  const unit = constantFrom(...'123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0OIl'.split(''))
  assert(
    property(constantFrom(...addresses), nat(33), string({ unit, maxLength: 3 }), (address, at, text) => {
      const changed = address.slice(0, at) + text + address.slice(at + 1)
      const isRight = /^[13]/.test(changed) && validate(changed, Network.mainnet)
      expect(isBase58Address(changed)).toBe(isRight)
    }),
    { numRuns: 2000 },
  )
})
