import { expect, test } from 'vitest'
import { bareValues } from './options.ts'

test('a bare --values takes no target for its types', () => {
  expect(bareValues(['scan', '--values', 'example.com'])).toEqual(['scan', '--values=*', 'example.com'])
  expect(bareValues(['scan', '--values=email', 'x'])).toEqual(['scan', '--values=email', 'x'])
  expect(bareValues(['scan', '--', '--values'])).toEqual(['scan', '--', '--values'])
})
