import { expect, test } from 'vitest'
import { type FoundLine, groupedGaps, scoreAgainstTruth } from './score.ts'
import type { TruthLine } from './truth.ts'

async function* each<T>(items: T[]): AsyncGenerator<T> {
  yield* items
}

const address = (value: string): TruthLine => ({ kind: 'entity', type: 'ip-address', value, by: ['dns-resolve'] })
const record = (to: string): Omit<Extract<TruthLine, { kind: 'relationship' }>, 'by'> => ({
  kind: 'relationship',
  from: 'domain:northwind.example',
  type: 'dns_record',
  qualifier: 'A',
  to: `ip-address:${to}`,
})

test('says what is missing and what is not there, by whom', async () => {
  const truth: TruthLine[] = [
    address('198.18.0.1'),
    { ...record('198.18.0.1'), by: ['dns-resolve'] },
    address('198.18.0.2'),
    { ...record('198.18.0.2'), by: ['dns-resolve'] },
    { kind: 'entity', type: 'email', value: 'hidden@northwind.example', by: [] },
    { kind: 'entity', type: 'email', value: 'guessed@northwind.example', by: [] },
  ]
  const found: FoundLine[] = [
    { kind: 'entity', type: 'ip-address', value: '198.18.0.1', modules: ['dns-resolve'] },
    // What no module is promised to find may be found all the same.
    { kind: 'entity', type: 'email', value: 'guessed@northwind.example', modules: ['hunter'] },
    { ...record('198.18.0.9'), modules: ['dns-resolve'] },
  ]
  const score = await scoreAgainstTruth(each(found), each(truth))
  expect(score).toMatchObject({ expected: 4, found: 3, recall: 1 / 4, precision: 2 / 3 })
  expect(score.missed.map(({ line }) => line)).toEqual([
    'domain:northwind.example –dns_record[A]→ ip-address:198.18.0.1',
    'ip-address:198.18.0.2',
    'domain:northwind.example –dns_record[A]→ ip-address:198.18.0.2',
  ])
  expect(score.invented).toEqual([
    {
      line: 'domain:northwind.example –dns_record[A]→ ip-address:198.18.0.9',
      what: 'dns_record[A]',
      modules: ['dns-resolve'],
    },
  ])
  expect(groupedGaps(score.missed)).toEqual([
    '2 × dns_record[A] (dns-resolve), such as domain:northwind.example –dns_record[A]→ ip-address:198.18.0.1',
    '1 × ip-address (dns-resolve), such as ip-address:198.18.0.2',
  ])
})

test('another qualifier is another line, and nothing found of nothing to find is whole', async () => {
  const aaaa: FoundLine = { ...record('198.18.0.1'), qualifier: 'AAAA', modules: ['dns-resolve'] }
  const score = await scoreAgainstTruth(each([aaaa]), each([{ ...record('198.18.0.1'), by: ['dns-resolve'] }]))
  expect([score.missed.length, score.invented.length]).toEqual([1, 1])
  expect(await scoreAgainstTruth(each([]), each([]))).toMatchObject({ recall: 1, precision: 1 })
})
