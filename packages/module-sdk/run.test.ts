import { entityRef } from '@mirage/model/entity.ts'
import { describe, expect, test } from 'vitest'
import type { Transport } from './context.ts'
import { type AnyModule, defineModule } from './define.ts'
import { ModuleError } from './error.ts'
import { lineOf } from './notation.ts'
import { finding, observe, url } from './observe.ts'
import { openReplay } from './replay.ts'
import { type Ended, type RunOptions, type Task, runModule } from './run.ts'
import { Type as t } from 'typebox'

const apex = entityRef('domain', 'northwind.example')
const now = Date.UTC(2026, 0, 1)
const about = {
  id: 'sample',
  version: 1,
  title: 'Sample',
  summary: 'A module of the tests',
  homepage: 'https://source.example',
  consumes: [{ type: 'domain' as const }],
  produces: ['domain' as const, 'ip-address' as const, 'dns-record' as const],
  contact: 'stored' as const,
  useCases: ['footprint' as const],
  sample: 'northwind.example',
}

interface Ran {
  lines: string[]
  findings: unknown[]
  end: Ended
}

async function run(
  module: AnyModule,
  task: Partial<Task> = {},
  options: Partial<RunOptions> & { transport?: Transport } = {},
): Promise<Ran> {
  const { transport = openReplay({}), ...rest } = options
  const lines: string[] = []
  const findings: unknown[] = []
  const given = { signal: new AbortController().signal, now: () => now, ...rest }
  for await (const item of runModule(module, { run: 'run_1', entities: [apex], ...task }, transport, given)) {
    if (item.kind === 'end') return { lines, findings, end: item }
    if (item.kind === 'finding') findings.push(item.finding)
    else lines.push(lineOf(item.observation, apex, now))
  }
  throw new Error('no end')
}

function yielding(...items: ReturnType<typeof observe<'domain' | 'ip-address' | 'dns-record'>>[]): AnyModule {
  return defineModule({
    ...about,
    async *run() {
      yield* items
    },
  })
}

describe('what is yielded', () => {
  test('is normalised, keeps how it was seen, and makes an edge in its direction', async () => {
    const { lines, end } = await run(
      yielding(
        observe('domain', 'WWW.Northwind.example.', {
          via: 'subdomain',
          attributes: { note: 'x', none: undefined, empty: '' },
        }),
        observe('ip-address', '::ffff:198.18.0.1', {
          via: 'dns_record',
          qualifier: 'A',
          from: { type: 'domain', value: 'www.northwind.EXAMPLE' },
          tags: ['b', 'a', 'a'],
        }),
        observe('ip-address', '198.18.0.2', { via: 'contains', direction: 'in', key: 'k' }),
      ),
    )
    expect(lines).toEqual([
      '-subdomain-> domain:www.northwind.example {"note":"x"}',
      'domain:www.northwind.example -dns_record:A-> ip-address:198.18.0.1 #a #b',
      '<-contains- ip-address:198.18.0.2 [k]',
    ])
    expect(end).toMatchObject({ outcome: 'found', counts: { observations: 3, dropped: 0 } })
  })

  test('is dropped and counted when it is not of its type, was not declared, or its source is nothing', async () => {
    const { lines, end } = await run(
      yielding(
        observe('domain', 'not a name'),
        observe('email', 'a@northwind.example') as never,
        observe('domain', 'a.example', { via: 'subdomain', from: { type: 'domain', value: '?' } }),
      ),
    )
    expect(lines).toEqual([])
    expect(end).toMatchObject({ outcome: 'empty', counts: { dropped: 3, observations: 0 } })
  })

  test('has one id whatever its time and attributes, and another for another key, source or run', async () => {
    const ids = async (task: Partial<Task>, ...items: ReturnType<typeof observe<'domain'>>[]): Promise<string[]> => {
      const found: string[] = []
      const options = { signal: new AbortController().signal, now: () => now }
      for await (const item of runModule(
        yielding(...items),
        { run: 'run_1', entities: [apex], ...task },
        openReplay({}),
        options,
      )) {
        if (item.kind === 'observation') found.push(item.observation.id)
      }
      return found
    }
    const plain = observe('domain', 'a.example', { via: 'subdomain' })
    const [id] = await ids({}, plain)
    expect(await ids({}, { ...plain, value: 'A.example', seenAt: '2020-01-01', attributes: { x: 1 } })).toEqual([id])
    for (const other of [
      await ids({ run: 'run_2' }, plain),
      await ids({}, { ...plain, key: 'x' }),
      await ids({}, { ...plain, direction: 'in' }),
    ]) {
      expect(other).not.toEqual([id])
    }
  })

  test('comes once, and again only to widen the time it was seen', async () => {
    const at = (seenAt?: string) => observe('domain', 'a.example', { via: 'subdomain', seenAt })
    const { lines } = await run(
      yielding(at('2025-06-01'), at('2025-06-01'), at('2025-05-01'), at('2025-05-15'), at(), at('2025-07-01')),
    )
    expect(lines.map((line) => /@(\S{10})/.exec(line)?.[1])).toEqual(['2025-06-01', '2025-05-01', '2025-07-01'])
  })

  test('has the time that the source says, in UTC where it names no zone, else now', async () => {
    const times = ['2025-01-31T09:30:00', '2025-01-31 09:30:00', '2025-01-31T09:30:00+01:00', 1738315800000, 'nonsense']
    const { lines } = await run(yielding(...times.map((seenAt, i) => observe('domain', `a${i}.example`, { seenAt }))))
    expect(lines.map((line) => /@(\S+)/.exec(line)?.[1])).toEqual([
      '2025-01-31T09:30:00.000Z',
      '2025-01-31T09:30:00.000Z',
      '2025-01-31T08:30:00.000Z',
      '2025-01-31T09:30:00.000Z',
      undefined,
    ])
  })

  test('is bounded: long texts are cut, lone surrogates replaced', async () => {
    const { lines } = await run(
      yielding(observe('domain', 'a.example', { attributes: { title: `\ud800${'x'.repeat(10_000)}` } })),
    )
    expect(lines[0]).toContain('{"title":"�xxx')
    expect(lines[0]!.length).toBeLessThan(4200)
  })

  test('carries the exchange that the module was given last, or the one it names', async () => {
    const url = 'https://source.example/'
    const module = defineModule({
      ...about,
      async *run({ http, dns }) {
        const first = await http.get(url)
        yield observe('domain', 'a.example')
        await dns.resolve('b.example', 'A')
        yield observe('domain', 'b.example')
        yield observe('domain', 'c.example', { exchange: first.exchange })
      },
    })
    const seen: unknown[] = []
    const transport = openReplay({ http: [{ url }], dns: 'b.example A 198.18.0.1' })
    const options = { signal: new AbortController().signal, now: () => now }
    for await (const item of runModule(module, { run: 'run_1', entities: [apex] }, transport, options)) {
      seen.push(item.kind === 'observation' ? item.observation.exchange : item.kind === 'end' && item.counts)
    }
    expect(seen).toEqual([
      'exchange-1',
      'exchange-2',
      'exchange-1',
      { requests: 1, queries: 1, dropped: 0, observations: 3, findings: 0 },
    ])
  })
})

describe('findings', () => {
  test('are about the entities they name, or those of the task', async () => {
    const statement = { rule: 'sample.rule', severity: 'low', title: 'T', explanation: 'E' } as const
    const { findings, end } = await run(
      defineModule({
        ...about,
        async *run() {
          yield finding(statement)
          yield finding({ ...statement, about: [{ type: 'domain', value: 'A.example' }] })
          yield finding({ ...statement, about: [{ type: 'domain', value: '?' }] })
        },
      }),
    )
    expect(findings).toEqual([
      { ...statement, entities: [apex] },
      { ...statement, entities: [entityRef('domain', 'a.example')] },
    ])
    expect(end).toMatchObject({ outcome: 'found', counts: { findings: 2, dropped: 1 } })
  })
})

describe('the end', () => {
  const failing = (error: unknown): AnyModule =>
    defineModule({
      ...about,
      async *run() {
        yield observe('domain', 'a.example')
        throw error
      },
    })

  test.for<[string, unknown, object]>([
    [
      'an outcome',
      new ModuleError('quota', 'spent', { exchange: 'e1' }),
      { outcome: 'quota', reason: 'spent', exchange: 'e1' },
    ],
    [
      'an error of the network',
      Object.assign(new Error('down'), { outcome: 'unreachable' }),
      { outcome: 'unreachable', reason: 'down' },
    ],
    ['a bug', new TypeError('x is undefined'), { outcome: 'failed', reason: 'TypeError: x is undefined' }],
    ['an outcome that does not exist', Object.assign(new Error('hm'), { outcome: 'great' }), { outcome: 'failed' }],
    ['no error at all', 'text', { outcome: 'failed', reason: 'text' }],
  ])('says why after %s, and what came before is kept', async ([, error, expected]) => {
    const { lines, end } = await run(failing(error))
    expect(lines).toEqual(['= domain:a.example'])
    expect(end).toMatchObject(expected)
  })

  test('comes at once when the signal aborts, also when the module does not heed it', async () => {
    const controller = new AbortController()
    const module = defineModule({
      ...about,
      async *run() {
        yield observe('domain', 'a.example')
        controller.abort()
        await new Promise(() => {})
      },
    })
    expect((await run(module, {}, { signal: controller.signal })).end).toMatchObject({ outcome: 'cancelled' })
    expect(
      (await run(module, {}, { signal: AbortSignal.abort(new ModuleError('timed-out', 'too long')) })).end,
    ).toMatchObject({
      outcome: 'timed-out',
      reason: 'too long',
    })
    expect((await run(module, {}, { signal: AbortSignal.timeout(0) })).end.outcome).toMatch(/timed-out|cancelled/)
  })

  test('closes the module when nobody reads on', async () => {
    let closed = false
    const module = defineModule({
      ...about,
      async *run() {
        try {
          for (let i = 0; ; i++) yield observe('domain', `a${i}.example`)
        } finally {
          closed = true
        }
      },
    })
    const options = { signal: new AbortController().signal, now: () => now }
    for await (const _ of runModule(module, { run: 'r', entities: [apex] }, openReplay({}), options)) break
    await new Promise((resolve) => setImmediate(resolve))
    expect(closed).toBe(true)
  })

  test('is no-key without the key, skipped with settings that are wrong, failed for entities it cannot take', async () => {
    const module = defineModule({
      ...about,
      needs: { key: 'SAMPLE_KEY', where: 'https://source.example', tier: 'free' },
      settings: t.Object({ most: t.Integer({ default: 3, minimum: 1 }) }),
      async *run({ key, settings }) {
        yield observe('domain', `${key}-${settings.most}.example`)
      },
    })
    expect((await run(module)).end).toMatchObject({ outcome: 'no-key', reason: expect.stringContaining('SAMPLE_KEY') })
    expect((await run(module, { key: 'k' })).lines).toEqual(['= domain:k-3.example'])
    expect((await run(module, { key: 'k', settings: { most: 7 } })).lines).toEqual(['= domain:k-7.example'])
    expect((await run(module, { key: 'k', settings: { most: 0 } })).end).toMatchObject({ outcome: 'skipped' })
    expect((await run(module, { key: 'k', entities: [apex, apex] })).end).toMatchObject({ outcome: 'failed' })
  })

  test('is unreachable when no resolver answered anything', async () => {
    const module = defineModule({
      ...about,
      async *run({ dns }) {
        const { records } = await dns.resolve('a.example', 'A')
        for (const { data } of records) yield observe('ip-address', data)
      },
    })
    const ask = async (zone: string): Promise<string> =>
      (await run(module, {}, { transport: openReplay({ dns: zone }) })).end.outcome
    expect(await ask('a.example TIMEOUT')).toBe('unreachable')
    expect(await ask('a.example NXDOMAIN')).toBe('empty')
  })

  test('a module that takes one is run for each of a batch, and what fails for one does not stop the rest', async () => {
    const module = defineModule({
      ...about,
      batch: 10,
      async *run({ entity, http }) {
        if (entity.value === 'b.example') throw new TypeError('a page that nobody can read')
        await http.get(`https://${entity.value}/`)
        yield observe('domain', `www.${entity.value}`, { via: 'subdomain' })
        yield finding({ rule: 'seen', severity: 'info', title: 'Seen', explanation: 'It was seen.' })
      },
    })
    const entities = ['a.example', 'b.example', 'c.example'].map((value) => entityRef('domain', value))
    const http = ['a', 'c'].map((name) => ({ url: `https://${name}.example/`, body: name }))
    const { lines, findings, end } = await run(module, { entities }, { transport: openReplay({ http }) })
    expect(lines).toEqual(['a', 'c'].map((n) => `domain:${n}.example -subdomain-> domain:www.${n}.example`))
    expect(findings).toMatchObject([{ entities: [entities[0]] }, { entities: [entities[2]] }])
    expect(end).toMatchObject({ outcome: 'failed', reason: 'TypeError: a page that nobody can read' })
  })

  test('a batch must say which entity a sighting is of', async () => {
    const module = defineModule({
      ...about,
      batch: 10,
      async *runBatch({ entities }) {
        for (const from of entities) yield observe('domain', `www.${from.value}`, { via: 'subdomain', from })
        yield observe('domain', 'lost.example')
      },
    })
    const { lines, end } = await run(module, { entities: [apex, entityRef('domain', 'b.example')] })
    expect(lines).toEqual([
      '-subdomain-> domain:www.northwind.example',
      'domain:b.example -subdomain-> domain:www.b.example',
    ])
    expect(end).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('from') })
  })
})

test('a module that yields what it does not declare does not compile', () => {
  const module = defineModule({
    ...about,
    produces: ['domain'],
    // @ts-expect-error -- an e-mail address is not among `produces`
    async *run() {
      yield observe('email', 'a@northwind.example')
    },
  })
  expect(module.produces).toEqual(['domain'])
})

test('a module that yields without a pause lets timers run, and ends with its time', async () => {
  const endless = defineModule({
    ...about,
    async *run() {
      for (let i = 0; ; i++) yield observe('domain', `n${i % 100}.northwind.example`)
    },
  })
  const { end } = await run(endless, {}, { signal: AbortSignal.timeout(50) })
  expect(end.outcome).toBe('timed-out')
})

test('a URL takes any value, also what no text can hold', () => {
  expect(url`https://a.example/?after=${'x\ud800/&'}&page=${2}`).toBe(
    'https://a.example/?after=x%EF%BF%BD%2F%26&page=2',
  )
})
