import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { UsageError } from '../exit.ts'
import { readTargets, type Seed } from './targets.ts'

async function read(targets: string[], stdin = '', files: string[] = []): Promise<string[]> {
  return (await readTargets({ targets, files, stdin: Readable.from([stdin]) })).map(nameOf)
}

function nameOf({ type, value }: Seed): string {
  return `${type}:${value}`
}

async function complaintsOf(reading: Promise<unknown>): Promise<string[]> {
  const error = await reading.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(UsageError)
  return (error as UsageError).message.split('\n')
}

test('arguments are read by their form, also defanged', async () => {
  expect(
    await read(['Example.COM', 'hxxps://www[.]example[.]com/a', '192.0.2.7', 'AS64500', 'info@example.com']),
  ).toEqual([
    'domain:example.com',
    'url:https://www.example.com/a',
    'ip-address:192.0.2.7',
    'asn:AS64500',
    'email:info@example.com',
  ])
})

test('a range of addresses becomes the blocks that cover it exactly', async () => {
  expect(await read(['10.0.0.3-8'])).toEqual(['ip-address:10.0.0.3', 'netblock:10.0.0.4/30', 'ip-address:10.0.0.8'])
})

test('the type in front of a value decides', async () => {
  expect(await read(['username:jdoe', 'keyword:example.com'])).toEqual(['username:jdoe', 'keyword:example.com'])
})

test('a word with several readings is refused with all of them', async () => {
  const [complaint] = await complaintsOf(read(['jdoe']))
  expect(complaint).toMatch(/^“jdoe” can be read in several ways; write one of: username:jdoe  keyword:jdoe/)
})

test('standard input is a list with comments, blank lines and any line end', async () => {
  const text = '\ufeff# ours\r\nexample.com\r\n\r\n  example.org   # bought in 2024\nhttps://example.net/#top\r'
  expect(await read(['-'], text)).toEqual(['domain:example.com', 'domain:example.org', 'url:https://example.net/'])
})

test('a target that comes twice is one seed, whatever its source', async () => {
  expect(await read(['example.com', '-', 'example.com'], 'EXAMPLE.com\nexample.com.')).toEqual(['domain:example.com'])
})

test('every bad line is named with its list and number', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-'))
  const file = join(folder, 'targets.txt')
  await writeFile(file, 'example.com\n999.1.1.1\n# fine\nhttp://\n')
  const complaints = await complaintsOf(
    read(['300.1.1.1', '-'], 'good.example\n1.2.3\n', [file, join(folder, 'nosuch')]),
  )
  await rm(folder, { recursive: true })
  expect(complaints.map((complaint) => complaint.replace(folder, ''))).toEqual([
    '/targets.txt, line 2: `999.1.1.1` is not an address: 999 is more than 255',
    expect.stringMatching(/^\/targets.txt, line 4: `http:\/\/` /),
    expect.stringMatching(/^\/nosuch: the list cannot be read \(ENOENT/),
    '`300.1.1.1` is not an address: 300 is more than 255',
    expect.stringMatching(/^standard input, line 2: `1\.2\.3` /),
    'Nothing was sent.',
  ])
})

test('a list of nothing but mistakes does not flood the terminal', async () => {
  const complaints = await complaintsOf(read(['-'], '999.1.1.1\n'.repeat(200)))
  expect(complaints).toHaveLength(52)
  expect(complaints.at(-2)).toBe('… and 150 more: standard input, lines 51–200')
})

test('what a hostile list holds cannot move the cursor', async () => {
  for (const complaint of await complaintsOf(read(['-'], '\u001b[2Jexample com\n\u202eabc def\n')))
    expect(complaint).toMatch(/^[^\p{Cc}\p{Bidi_Control}]*$/u)
})

test('comments, blanks and line ends change nothing', async () => {
  const domain = fc.integer({ min: 1, max: 999_999 }).map((n) => `host${n}.example.com`)
  const noise = fc.constantFrom('', '   ', '# comment', '\t# another')
  const line = fc.oneof(
    domain.map((name) => ({ line: name, name })),
    fc.tuple(domain, noise).map(([name, noise]) => ({ line: `  ${name} ${noise}`, name })),
    noise.map((line) => ({ line, name: undefined })),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.constantFrom('\n', '\r\n', '\r'), async (lines, end) => {
      const names = lines.flatMap(({ name }) => (name === undefined ? [] : [`domain:${name}`]))
      expect(await read(['-'], lines.map(({ line }) => line).join(end))).toEqual([...new Set(names)])
    }),
  )
})
