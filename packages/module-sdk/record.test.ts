import { entityRef } from '@mirage/model/entity.ts'
import { describe, expect, test } from 'vitest'
import { defineModule } from './define.ts'
import { finding, observe } from './observe.ts'
import { openReplay } from './replay.ts'
import { type Task, runModule } from './run.ts'
import { about, apex, now, run, yielding } from './testing/sample.ts'

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
