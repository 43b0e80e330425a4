import { existsSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { storedEntity } from '../fake/world.ts'
import { openPeople } from '../people.ts'
import { csvRow, entityColumns, entityRow } from './csv.ts'
import { fileOutput } from './output.ts'
import { jsonLine, printable } from './printable.ts'
import { entityLine } from './results.ts'
import { styleOf } from './style.ts'
import { table } from './table.ts'
import { bytes, counted, cut, duration, fit, stopwatch, widthOf, wrap } from './text.ts'

test('printable text is one line that no terminal obeys', () => {
  expect(printable('a\tb\nc\u001b[31m\u202e\u0085')).toBe('a\\tb\\nc\\u001b[31m\\u202e\\u0085')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) =>
      /^[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]*$/u.test(printable(text)),
    ),
  )
})

test('a line of JSON is one line and reads back the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = jsonLine({ text })
      expect(line.slice(0, -1)).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u)
      expect(JSON.parse(line)).toEqual({ text })
    }),
  )
})

test('text is cut by what it takes on the screen', () => {
  expect(cut('example.com', 8)).toBe('example…')
  expect(cut('例え.テスト', 6)).toBe('例え.…')
  expect(cut('abc', 0)).toBe('')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }).map(printable), fc.nat(20), (text, columns) => {
      expect(widthOf(fit(text, columns))).toBe(columns)
    }),
  )
})

test('words wrap, and a word wider than the line stays whole', () => {
  expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrap('a verylongword b', 5)).toEqual(['a', 'verylongword', 'b'])
})

test('tables align, and the flexible column gives way first', () => {
  const rows = [
    ['crtsh', 'a long text that has to give way', 'x'],
    ['dns', 'short', 'yy'],
  ]
  expect(table(rows)).toEqual([
    'crtsh  a long text that has to give way  x',
    'dns    short                             yy',
  ])
  expect(table(rows, { columns: 24, flexible: 1 })).toEqual(['crtsh  a long text …  x', 'dns    short          yy'])
  expect(table([['run_aaaabbbbcccc', 'a name that is long', 'x']], { columns: 20 })[0]).toMatch(/^run_aaaabbbbcccc  /)
  const wide = [['run_aaaabbbbcccc', 'a name that is long', 'one', 'second', 'third']]
  const spare = { flexible: 1, spare: [4, 2] }
  expect(table(wide, { columns: 60, ...spare })).toEqual(['run_aaaabbbbcccc  a name that is long  one  second  third'])
  expect(table(wide, { columns: 50, ...spare })).toEqual(['run_aaaabbbbcccc  a name that…  one  second  third'])
  expect(table(wide, { columns: 45, ...spare })).toEqual(['run_aaaabbbbcccc  a name that i…  one  second'])
  expect(table(wide, { columns: 40, ...spare })).toEqual(['run_aaaabbbbcccc  a name that i…  second'])
})

test('numbers and times as people read them', () => {
  expect([counted(1, 'finding'), counted(1204, 'entity', 'entities')]).toEqual(['1 finding', '1,204 entities'])
  expect([duration(0.42), duration(59.7), duration(125), duration(12_000)]).toEqual([
    '0.4 s',
    '1 min 0 s',
    '2 min 5 s',
    '3 h 20 min',
  ])
  expect([stopwatch(7.9), stopwatch(760), stopwatch(3723)]).toEqual(['0:07', '12:40', '1:02:03'])
  expect([bytes(999), bytes(2_400_000_000)]).toEqual(['999 B', '2.4 GB'])
})

test('a line of an entity has four columns whatever it holds', () => {
  const line = entityLine({
    type: 'text',
    value: 'a\tb\n',
    modules: ['crawler', 'x'],
    tags: ['cdn', 'waf'],
    scope: 'affiliate',
  })
  expect(line).toBe('[text]\ta\\tb\\n\tcrawler,x\t(cdn, waf, affiliate)\n')
})

test('csv quotes what must be, and no field is a formula', () => {
  expect(csvRow(['a', 'b,c', 'say "hi"', '=1+1', '@x', '+49 30 123', '-2', '+cmd'])).toBe(
    `a,"b,c","say ""hi""",'=1+1,'@x,+49 30 123,-2,'+cmd\n`,
  )
  const row = entityRow({ entity: storedEntity('domain', 'example.com', { tags: ['cdn', 'waf'] }) })
  expect(row.split(',')).toHaveLength(entityColumns.length)
  expect(row).toMatch(/^domain,example\.com,,,,cdn waf,crtsh,/)
})

const silent = openPeople(new PassThrough(), styleOf(false), 'mirage')

// The callback of a write hears of the failure before the stream tells it, or after, as the disk likes.
test.runIf(existsSync('/dev/full'))('a file on a full disk is never taken for written', async () => {
  for (let i = 0; i < 300; i++) {
    const output = await fileOutput('/dev/full', { signal: new AbortController().signal, people: silent })
    const written = output.write('a line').then(() => output.end())
    await expect(written).rejects.toThrow('/dev/full cannot be written: the disk is full.')
  }
})
