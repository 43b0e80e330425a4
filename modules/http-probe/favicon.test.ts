import { expect, test } from 'vitest'
import { faviconHash, murmur3 } from './favicon.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test.for([
  ['', 0],
  ['foo', -156908512],
  ['hello', 613153351],
  ['hello, world', 345750399],
  ['The quick brown fox jumps over the lazy dog', 776992547],
] as const)('murmur3 of “%s” is what the reference gives', ([text, hash]) => {
  expect(murmur3(bytes(text))).toBe(hash)
})

test('an icon is hashed as base64 in lines of 76 characters with a final line feed', () => {
  const icon = new Uint8Array(100).fill(7)
  const base64 = Buffer.from(icon).toString('base64')
  expect(faviconHash(icon)).toBe(murmur3(bytes(`${base64.slice(0, 76)}\n${base64.slice(76)}\n`)))
})
