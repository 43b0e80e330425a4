import { entityRef } from '@mirage/model/entity.ts'
import { describe, expect, test } from 'vitest'
import { defineModule, type AnyModule } from './define.ts'
import { ModuleError } from './error.ts'
import { finding, observe, url } from './observe.ts'
import { openReplay } from './replay.ts'
import { runModule } from './run.ts'
import { about, apex, now, run } from './testing/sample.ts'
import { Type as t } from 'typebox'

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
