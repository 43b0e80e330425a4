import { expect, test } from 'vitest'
import { requestHead } from './request.ts'

const hop = {
  method: 'GET',
  url: new URL('http://www.northwind.example:8080/a b?c=ä'),
  headers: {},
} as const

test('a request names its host and what can be read of the answer', () => {
  expect(requestHead({ ...hop, headers: { 'x-y': '1', host: 'other.example' } }).split('\r\n')).toEqual([
    'GET /a%20b?c=%C3%A4 HTTP/1.1',
    'host: www.northwind.example:8080',
    'connection: keep-alive',
    'accept-encoding: gzip, deflate, br',
    'x-y: 1',
    '',
    '',
  ])
  expect(requestHead({ ...hop, headers: { 'accept-encoding': 'zstd' } })).not.toContain('gzip')
})

test.each([
  ['POST', 'ä', 2],
  ['POST', undefined, 0],
  ['PUT', Uint8Array.of(1, 2, 3), 3],
  ['GET', 'x', 1],
] as const)('the length of the body of a %s is what it is: %s', (method, body, length) => {
  const headers = { 'content-length': '99' }
  const head = requestHead({ ...hop, method, headers, ...(body !== undefined && { body }) })
  expect(head.match(/content-length: \d+/g)).toEqual([`content-length: ${length}`])
})

test.each([
  ['x', 'a\r\nhost: other.example'],
  ['x', 'a\nb'],
  ['x', 'a\0b'],
  ['x', 'ā'],
  ['x y', 'a'],
  ['x:', 'a'],
  ['', 'a'],
  ['transfer-encoding', 'chunked'],
  ['connection', 'upgrade'],
])('a header %j: %j cannot be sent', (name, value) => {
  expect(() => requestHead({ ...hop, headers: { [name]: value } })).toThrow(
    expect.objectContaining({ outcome: 'failed', reason: 'malformed' }),
  )
})
