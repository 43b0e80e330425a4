import type { HttpAnswer } from '@mirage/model/exchange.ts'
import { expect, test } from 'vitest'
import type { Http } from './context.ts'
import { type RecordedPage, readRecorded } from './recorded.ts'

const url = 'https://a.example/'

function read(body: string, changes: Partial<HttpAnswer> = {}): Promise<RecordedPage | undefined> {
  const answer = {
    url,
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: new TextEncoder().encode(body),
    exchange: 'exchange-1',
    truncated: false,
    ...changes,
  }
  // Nothing else of it is asked for.
  return readRecorded({ recorded: () => Promise.resolve(answer) } as unknown as Http, url)
}

test('what several modules read is parsed once', async () => {
  const first = await read('<title>A</title>Hello')
  expect(first).toMatchObject({ seen: 'Hello', page: { title: 'A' } })
  expect(await read('<title>A</title>Hello')).toBe(first)
})

test('another answer of the same id is another page', async () => {
  const first = await read('<p>one')
  expect((await read('<p>two'))?.seen).toBe('two')
  expect((await read('<p>one', { url: 'https://b.example/' }))?.seen).toBe('one')
  expect((await read('<p>one', { headers: { 'content-type': 'text/plain' } }))?.seen).toBe('<p>one')
  expect(await read('<p>one')).not.toBe(first)
})

test('only so many bytes are kept', async () => {
  const first = await read('<p>first', { exchange: 'first' })
  for (let i = 0; i < 9; i++) await read(`<!-- ${String(i).repeat(1024 * 1024)} -->`, { exchange: `large-${i}` })
  expect(await read('<p>first', { exchange: 'first' })).not.toBe(first)
})

test('nothing recorded, and an error page, are no page', async () => {
  expect(await read('gone', { status: 404 })).toBeUndefined()
  expect(await readRecorded({ recorded: () => Promise.resolve(undefined) } as unknown as Http, url)).toBeUndefined()
})
