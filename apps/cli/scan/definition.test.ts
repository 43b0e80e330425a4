import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fits } from '@mirage/kit/schema.ts'
import { RunDefinition } from '@mirage/services/scan-orchestration/contract.ts'
import { UsageError } from '../exit.ts'
import { type DefinitionOptions, readDefinition } from './definition.ts'

const seeds = [{ type: 'domain' as const, value: 'example.com' }]
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mirage-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}

test('without options only the targets are said, so that the profile decides', async () => {
  expect(await readDefinition(seeds, {})).toEqual({ seeds })
})

test('every option finds its place, and the result fits the contract', async () => {
  const options: DefinitionOptions = {
    profile: 'passive',
    modules: ['crtsh'],
    excludeModules: ['whois'],
    want: ['email'],
    allow: ['invasive'],
    contact: 'relayed',
    include: ['example.org'],
    exclude: ['shop.example.com'],
    excludeFile: [await file('exclude.txt', 'a.example.com\n\n# no\nb.example.com # either\n')],
    distance: '2',
    maxRequests: '100',
    maxQueries: '1000',
    maxTime: '1h30m',
    maxEntities: '500',
    depth: '3',
    rate: '2.5',
    moduleRate: ['hackertarget=10/m'],
    resolvers: '192.0.2.1,192.0.2.2:5353',
    proxy: 'socks5h://127.0.0.1:9050',
    header: ['X-Bug-Bounty: me: and you'],
    userAgent: 'Mirage',
    name: 'ACME',
    note: 'first look',
    lab: true,
  }
  const definition = await readDefinition(seeds, options)
  expect(definition).toEqual({
    seeds,
    profile: 'passive',
    modules: ['crtsh'],
    excludeModules: ['whois'],
    want: ['email'],
    allow: ['invasive'],
    contact: 'relayed',
    include: ['example.org'],
    exclude: ['shop.example.com', 'a.example.com', 'b.example.com'],
    distance: 2,
    budget: { maxRequests: 100, maxQueries: 1000, maxTimeMs: 5_400_000, maxEntities: 500, depth: 3 },
    rate: 2.5,
    moduleRates: { hackertarget: '10/m' },
    resolvers: ['192.0.2.1', '192.0.2.2:5353'],
    proxy: 'socks5h://127.0.0.1:9050',
    headers: { 'X-Bug-Bounty': 'me: and you' },
    userAgent: 'Mirage',
    name: 'ACME',
    note: 'first look',
    lab: { size: 'demo', seed: 7 },
  })
  expect(fits(RunDefinition, definition)).toBe(true)
})

test('--passive is the ceiling “stored”, and refuses a higher one', async () => {
  expect(await readDefinition(seeds, { passive: true })).toMatchObject({ contact: 'stored' })
  expect(await readDefinition(seeds, { passive: true, contact: 'none' })).toMatchObject({ contact: 'none' })
  await expect(readDefinition(seeds, { passive: true, contact: 'target' })).rejects.toThrow(
    /--passive allows no contact/,
  )
})

test('a profile may be a file; what is wrong in it is said', async () => {
  const good = await file('mine.yaml', 'name: mine\ntitle: Mine\nsummary: two modules\nmodules: [crtsh, whois]\n')
  expect(await readDefinition(seeds, { profile: good })).toMatchObject({ profile: { modules: ['crtsh', 'whois'] } })
  const bad = await file('bad.yaml', 'name: bad\ntitle: Bad\nsummary: x\nmodule: [crtsh]\n')
  await expect(readDefinition(seeds, { profile: bad })).rejects.toThrow(/unknown field “module”/)
  await expect(readDefinition(seeds, { profile: join(folder, 'none.yaml') })).rejects.toThrow(/cannot be read/)
})

test('resolvers may be a file', async () => {
  const resolvers = await file('resolvers.txt', '192.0.2.1\n2001:db8::1\n')
  expect(await readDefinition(seeds, { resolvers })).toMatchObject({ resolvers: ['192.0.2.1', '2001:db8::1'] })
})

test('--lab means the world that runs here, else the demo', async () => {
  const running = async () => ({ size: '10k', seed: 3 })
  expect(await readDefinition(seeds, { lab: true }, running)).toMatchObject({ lab: { size: '10k', seed: 3 } })
  expect(await readDefinition(seeds, { lab: true })).toMatchObject({ lab: { size: 'demo', seed: 7 } })
  expect(await readDefinition(seeds, { labSize: '100k', labSeed: '1' }, running)).toMatchObject({
    lab: { size: '100k', seed: 1 },
  })
})

test('every wrong option is named at once', async () => {
  const rules = await file('rules.txt', '# ours\nshop.example.com\n10.0.0.0/33\n')
  const wrong = readDefinition(seeds, {
    want: ['emial'],
    allow: ['everything'],
    contact: 'some',
    distance: 'far',
    depth: '101',
    maxEntities: '0',
    maxTime: '3 years',
    rate: '0',
    moduleRate: ['10/m', 'crtsh=10'],
    header: ['no colon', 'X Y: me', 'X-Z: me\r\nHost: other'],
    userAgent: 'me\n',
    labSize: 'huge',
    include: ['example.com', '!!'],
    excludeFile: [join(folder, 'none.txt'), rules],
  })
  const error = await wrong.catch((error: unknown) => error)
  expect(error).toBeInstanceOf(UsageError)
  expect((error as UsageError).message.split('\n')).toEqual([
    '--want: there is no “emial”; did you mean “email”?',
    '--allow: there is no “everything”; choose from invasive, slow, unofficial.',
    '--contact: there is no “some”; did you mean “none”?',
    expect.stringMatching(/^--include: `!!` is not a rule: give a domain, .*`type:value`\.$/),
    expect.stringMatching(/^--exclude-file: .*none\.txt cannot be read/),
    expect.stringMatching(/rules\.txt, line 3: /),
    '--distance: “far” is not a whole number.',
    '--max-time: “3 years” is not a time; write 90s, 10m, 2h or 1h30m.',
    '--max-entities: 0 is less than 1.',
    '--depth: 101 is more than 100.',
    '--rate: “0” is not a number above 0.',
    '--module-rate: “10/m” has no “=”; write hackertarget=10/m.',
    '--module-rate: “crtsh=10” says no rate; write hackertarget=10/m (s, m, h or d).',
    "--header: “no colon” has no “:”; write 'X-Bug-Bounty: me'.",
    '--header: “X Y” is not the name of a header.',
    expect.stringMatching(/^--header: X-Z: “me.*” holds a line break or a character that no header may hold\.$/),
    expect.stringMatching(/^--user-agent: .* holds a line break/),
    '--lab-size: there is no “huge”; choose from demo, 10k, 100k, 1m.',
    'Nothing was sent.',
  ])
})
