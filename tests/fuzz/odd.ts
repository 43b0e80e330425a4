import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DnsQuestion, DnsRecord, DnsStatus, RecordType } from '@mirage/model/exchange.ts'
import type { Chance } from './seed.ts'

/** What programs trip over: values, texts, records, and documents with some of them in. */

export const types = {
  json: { 'content-type': 'application/json' },
  html: { 'content-type': 'text/html; charset=utf-8' },
  plain: { 'content-type': 'text/plain' },
  xml: { 'content-type': 'application/xml' },
  script: { 'content-type': 'application/javascript' },
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

const long = new Map<string, Uint8Array>()

/** `text` again and again: more than any answer may hold, so that it is cut; made once. */
export function filled(text: string): Uint8Array {
  let bytes = long.get(text)
  if (!bytes) long.set(text, (bytes = new Uint8Array(Buffer.alloc(20 * 1024 * 1024, text))))
  return bytes
}

export function randomBytes(chance: Chance, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => chance.below(256))
}

/** Values that programs trip over, for the place of a value that was expected. */
export const oddValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  -1e308,
  2 ** 53,
  0.1,
  '',
  ' ',
  '\0',
  '\ud800',
  '\udfff\ud800',
  '‮',
  '%',
  '%zz',
  '../../etc/passwd',
  '<script>',
  "' or 1=1",
  'https://[',
  'http://a b/',
  'https://\ud800.example/',
  'a@b@c',
  '.',
  '..',
  '*.',
  '*',
  '-',
  'xn--',
  'xn--a',
  '::',
  '1.2.3',
  '999.999.999.999',
  '1/0',
  '0.0.0.0/0',
  '::/0',
  '9e999',
  '9999-99-99',
  '+275760-09-13T00:00:01Z',
  '-1',
  'NaN',
  '__proto__',
  'constructor',
  'a'.repeat(1e5),
  'a.'.repeat(200),
  'é'.repeat(300),
  `https://x.example/${'a/'.repeat(5e3)}`,
  [],
  {},
  [[]],
  [null],
  [{}],
  { __proto__: null },
  { length: -1 },
  Array.from({ length: 2e3 }, () => 'x'),
  { toString: 1 },
  nested(500),
]

function nested(depth: number): unknown {
  let value: unknown = 'deep'
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

/** A copy of a document in which about one value of `rate` is an odd one, or gone. */
export function mutated(document: unknown, chance: Chance, rate: number): unknown {
  if (chance.below(rate) === 0) return chance.one(oddValues)
  if (Array.isArray(document)) return document.map((item) => mutated(item, chance, rate))
  if (typeof document === 'object' && document !== null)
    return Object.fromEntries(
      Object.entries(document)
        .filter(() => chance.below(rate * 2) !== 0)
        .map(([name, value]) => [name, mutated(value, chance, rate)]),
    )
  return document
}

/** A copy of a text with pieces gone, doubled, moved and replaced. */
export function garbled(text: string, chance: Chance): string {
  let garbled = text
  for (let change = 0; change <= chance.below(6); change++) {
    const from = chance.below(garbled.length + 1)
    const to = Math.min(garbled.length, from + chance.below(60))
    const piece = garbled.slice(from, to)
    const other = chance.one([
      '',
      piece + piece,
      '\0',
      '\n',
      '"',
      '<',
      '>',
      '&#0;',
      ':',
      ',',
      '\ud800',
      'é',
      JSON.stringify(chance.one(oddValues)).slice(0, 300),
    ])
    garbled = garbled.slice(0, from) + other + garbled.slice(to)
  }
  return garbled
}

/** The recorded and documented answers of a module, by file name. */
export function fixturesOf(module: string): { name: string; text: string }[] {
  const folder = join(import.meta.dirname, '../../modules', module, 'fixtures')
  return globSync('*.{json,html,txt,csv}', { cwd: folder })
    .sort()
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
}

const recordData = [
  '',
  '.',
  '10',
  '10 ',
  '-1 x',
  '99999999999 mail',
  '0 .',
  '0 0 0 .',
  '0 0 99999 x',
  'NaN NaN NaN x',
  '\0',
  '\ud800',
  '256.1.1.1',
  '1.2.3',
  'fe80::1%eth0',
  '::ffff:127.0.0.1',
  'a'.repeat(64),
  'a.'.repeat(127),
  `${'a'.repeat(63)}.`,
  'v=spf1',
  'v=spf1 include:',
  'v=spf1 ip4:999/99 ip6:: a/ mx//64 exists:%{i}',
  `v=spf1 ${'include:x.example '.repeat(2e3)}`,
  'v=DMARC1',
  'v=DMARC1;;;=;p',
  'v=DMARC1; rua=mailto:,mailto:@,mailto:a@b!!',
  'v=STSv1',
  'v=TLSRPTv1; rua=',
  'p=',
  '64500 | 198.18.0.0/24 | ZZ | x | 0',
  '|||',
  ' | | ',
  'AS | /33',
  'x'.repeat(6e4),
  '\\',
  '\\000',
  '\\1',
  '"',
  '"a" "',
]

export function hostileRecord({ name }: DnsQuestion, types: readonly RecordType[], chance: Chance): DnsRecord {
  const owners = [
    name,
    name,
    name,
    '',
    '.',
    `x.${name}`,
    'elsewhere.example',
    '*.x',
    name.toUpperCase(),
    '_',
    '\\000.x',
  ]
  return {
    name: chance.one(owners),
    type: chance.one(types),
    ttl: chance.one([0, 300, 2 ** 31, 4_294_967_295]),
    data: chance.one([...recordData, name, 'elsewhere.example', '198.18.0.66']),
  }
}

export const statuses: readonly DnsStatus[] = [
  'NOERROR',
  'NOERROR',
  'NOERROR',
  'NODATA',
  'NXDOMAIN',
  'SERVFAIL',
  'REFUSED',
  'FORMERR',
  'NOTIMP',
  'TIMEOUT',
  'LIED',
]
