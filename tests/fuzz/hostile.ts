import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DnsAnswer, DnsQuestion, DnsRecord, DnsStatus, HttpAnswer, RecordType } from '@mirage/model/exchange.ts'
import type { Transport } from '@mirage/module-sdk/context.ts'
import type { Chance } from './seed.ts'

/** A peer that means ill, or is broken: what it answers to every question, whatever was asked. */
export interface Hostility {
  /** The answer to the nth request of a task; what is longer than the request allows is cut, as the network cuts it. */
  http?: (url: string, nth: number) => Partial<HttpAnswer>
  dns?: (question: DnsQuestion, nth: number) => Partial<DnsAnswer>
  transfer?: (zone: string) => DnsRecord[]
  banner?: (port: number) => Uint8Array
  chain?: () => Uint8Array[]
  whois?: (server: string, nth: number) => string
}

/** Whoever is asked more often than this by one task is in an endless loop. */
const mostRequests = 5_000

export interface HostileTransport extends Transport {
  asked(): number
}

export function hostileTransport(hostility: Hostility): HostileTransport {
  let asked = 0
  let exchanges = 0
  const count = (): number => {
    if (++asked > mostRequests) throw new Error('asked without end')
    return asked
  }
  const exchange = (): string => `exchange-${++exchanges}`

  function page(url: string, maxBytes: number): HttpAnswer {
    // A path that cannot exist, which tells the crawler a site that answers everything alike from one to be read.
    const isControl = /\/[a-z2-7]{12}$/.test(url)
    const given = isControl ? { status: 404 } : (hostility.http?.(url, count()) ?? {})
    const body = given.body ?? new Uint8Array()
    return {
      exchange: exchange(),
      status: 200,
      headers: {},
      url,
      hops: [],
      address: '198.18.0.66',
      elapsedMs: 1,
      ...given,
      body: body.subarray(0, maxBytes),
      truncated: given.truncated === true || body.length > maxBytes,
    }
  }

  function answer(question: DnsQuestion): DnsAnswer {
    const given = hostility.dns?.(question, count()) ?? {}
    return { ...question, status: 'NOERROR', records: [], server: '198.18.0.53', exchange: exchange(), ...given }
  }

  async function* answers(questions: Iterable<DnsQuestion> | AsyncIterable<DnsQuestion>): AsyncGenerator<DnsAnswer> {
    for await (const question of questions) yield answer(question)
  }

  return {
    asked: () => asked,
    async request({ url, maxBytes }, signal) {
      signal.throwIfAborted()
      return page(url, maxBytes)
    },
    // A page is recorded as it was cut when it was fetched.
    recorded: async (url) => page(url, 2 * 1024 * 1024),
    dns: {
      resolve: async (name, type) => answer({ name, type }),
      resolveMany: answers,
      async *guess(parent, labels) {
        let guessed = 0
        for (const label of labels) if (guessed++ < 100) yield answer({ name: `${label}.${parent}`, type: 'A' })
      },
      isWildcard: async () => false,
      async transfer(zone) {
        count()
        return hostility.transfer && { records: hostility.transfer(zone), exchange: exchange() }
      },
    },
    tcp: {
      async *scan(address, ports) {
        for (const port of ports) {
          const banner = hostility.banner?.(port)
          yield { address, port, state: 'open', exchange: exchange(), ...(banner && { banner }) }
        }
      },
    },
    tls: {
      async peer() {
        count()
        const chain = hostility.chain?.()
        return (
          chain && {
            protocol: 'TLSv1.3',
            cipher: 'TLS_AES_128_GCM_SHA256',
            chain,
            untrusted: 'SELF_SIGNED',
            address: '198.18.0.66',
            exchange: exchange(),
          }
        )
      },
    },
    whois: {
      query: async (server) => ({ text: hostility.whois?.(server, count()) ?? '', exchange: exchange() }),
    },
  }
}

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
