import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { entityId } from '@mirage/model/entity.ts'
import { contentId } from '@mirage/model/id.ts'
import { jsonLinesOf, linesOf, runCommand } from '../fake/cli.ts'
import { startFakeGateway } from '../fake/gateway.ts'
import { notFound } from '@mirage/kit/errors.ts'
import {
  at,
  handlersWith,
  pageOf,
  rows,
  sampleEntities,
  sampleFinding,
  sampleHandlers,
  sampleRun,
  storedEntity,
} from '../fake/world.ts'

const run = 'run_aaaabbbbcccc'

test('entities: columns, values, a count, JSON with seed, distance and scope', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const out = async (...words: string[]): Promise<string> =>
    (await runCommand(['entities', 'last', ...words], { gateway })).stdout
  expect(await out('type:ip-address')).toBe('[ip-address]\t192.0.2.7\tdns-resolve\t()\n')
  expect(await out('--values=domain')).toBe('example.com\nmail.example.com\n')
  expect(await out('--values')).toBe('example.com\nmail.example.com\n192.0.2.7\n')
  expect(await out('--count')).toBe('3\n')
  expect(jsonLinesOf(await out('--json'))[1]).toMatchObject({
    kind: 'entity',
    type: 'domain',
    value: 'mail.example.com',
    run,
    seed: 'domain:example.com',
    distance: 0,
    scope: 'in',
    tags: ['expired'],
    modules: ['crtsh'],
  })
  expect((await runCommand(['entities', 'last', '--json', '--count'], { gateway })).code).toBe(2)
  expect(await out('type:domain', '--values=ip-address')).toBe('')
  expect(await runCommand(['entities', 'last', '--values=domain,ips'], { gateway })).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('--values: there is no “ips”'),
  })
})

test('entities come page after page', async () => {
  const pages: Record<string, ReturnType<typeof storedEntity>[]> = {
    '': [storedEntity('domain', 'a.example')],
    second: [storedEntity('domain', 'b.example')],
  }
  await using gateway = await startFakeGateway(
    handlersWith({
      storage: {
        searchEntities: ({ after = '' }) => ({
          items: pages[after]!,
          ...(after === '' ? { next: 'second' } : {}),
          total: 2,
          totalIsLowerBound: true,
        }),
      },
    }),
  )
  expect((await runCommand(['entities', 'last', '--values'], { gateway })).stdout).toBe('a.example\nb.example\n')
})

test('why shows the chain from the target, with module, time and exchange', async () => {
  const observation = {
    id: contentId('observation'),
    run,
    module: 'crtsh',
    moduleVersion: 2,
    entity: entityId('domain', 'mail.example.com'),
    source: entityId('domain', 'example.com'),
    kind: 'subdomain',
    direction: 'out' as const,
    key: '',
    firstSeenAt: at,
    lastSeenAt: at,
    raw: '*.mail.example.com',
    attributes: {},
    tags: [],
    exchange: 'exchange1',
  }
  await using gateway = await startFakeGateway(
    handlersWith({
      storage: {
        explainEntity: () => ({
          items: [{ entity: sampleEntities[0]! }, { entity: sampleEntities[1]!, observation }],
          observations: [observation],
        }),
      },
      collection: {
        getExchange: ({ id }) => ({
          id,
          run,
          task: 1,
          module: 'crtsh',
          at,
          protocol: 'https',
          request: 'GET https://crt.sh/?q=%25.example.com&output=json',
          peer: '192.0.2.1:443',
          outcome: 'answered',
          status: 200,
          elapsedMs: 412.3,
          bytes: 12_400,
        }),
      },
    }),
  )
  const { stdout } = await runCommand(['why', 'last', 'mail.example.com'], { gateway })
  expect(gateway.calls.find(({ name }) => name === 'explainEntity')?.input).toEqual({
    run,
    entity: 'domain:mail.example.com',
  })
  expect(linesOf(stdout)).toEqual([
    'example.com (domain)',
    'a target of this run',
    '  └ subdomain → mail.example.com (domain)',
    expect.stringMatching(/^ {6}by crtsh version 2, 2026-11-21 .*, seen as “\*\.mail\.example\.com”$/),
    '      GET https://crt.sh/?q=%25.example.com&output=json  200, 12.4 KB, 412 ms, from 192.0.2.1:443  exchange exchange1',
  ])
})

test('why takes a word in whichever reading the run has met, and names what comes near', async () => {
  const nginx = storedEntity('technology', 'nginx')
  const acme = [storedEntity('organization', 'lei:1|Acme'), storedEntity('organization', 'given|Acme')]
  await using gateway = await startFakeGateway(
    handlersWith({
      storage: {
        explainEntity({ entity }) {
          if (entity === 'keyword:jdoe')
            return { items: [{ entity: storedEntity('keyword', 'jdoe') }], observations: [] }
          if (entity === nginx.id) return { items: [{ entity: nginx }], observations: [] }
          throw notFound('entities', entity)
        },
        searchEntities: ({ query }) =>
          pageOf([nginx, ...acme].filter(({ value }) => value.toLowerCase().includes(query!.replaceAll('"', '')))),
      },
    }),
  )
  const out = async (word: string): Promise<string> => {
    const { code, stdout, stderr } = await runCommand(['why', 'last', word], { gateway })
    return code === 0 ? linesOf(stdout)[0]! : `${code} ${stderr}`
  }
  expect(await out('jdoe')).toBe('jdoe (keyword)')
  expect(await out('nginx')).toBe('nginx (technology)')
  expect(await out('acme')).toBe(
    `2 ${run} has several of the name “acme”; write one of: organization:lei:1|Acme  organization:given|Acme\n`,
  )
  expect(await out('ngin')).toBe(`2 ${run} has no entity “ngin”; write one of: technology:nginx\n`)
  expect(await out('other.example')).toBe(
    `2 ${run} has not seen “other.example”. “mirage entities ${run}” lists what it has.\n`,
  )
})

test('findings in words and as JSON, filtered by the service', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const { stdout } = await runCommand(['findings', 'last', '--severity', 'high,critical', '--json'], { gateway })
  expect(jsonLinesOf(stdout)).toMatchObject([{ kind: 'finding', severity: 'high', rule: 'certificate-expired' }])
  expect(gateway.calls.at(-1)?.input).toMatchObject({ run, severity: ['high', 'critical'] })
  const words = await runCommand(['findings', 'last'], { gateway })
  expect(linesOf(words.stdout).slice(0, 3)).toEqual([
    'HIGH      Expired certificate on mail.example.com',
    '          The certificate ended on 2026-01-01, so clients refuse it or learn to ignore the warning.',
    '          · mail.example.com: presented a certificate that ended on 2026-01-01',
  ])
  expect((await runCommand(['findings', 'last', '--severity', 'hihg'], { gateway })).stderr).toContain(
    'did you mean “high”?',
  )
})

test('what a person says of a finding is kept, accepted until the end of a day', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const id = contentId('finding')
  const until = await runCommand(['finding', id.slice(0, 6), 'accept', '--until', '2999-01-31'], { gateway })
  expect({ code: until.code, input: gateway.calls.at(-1)?.input }).toEqual({
    code: 0,
    input: { finding: id, state: 'accepted', acceptedUntil: '2999-01-31T23:59:59.000Z' },
  })
  for (const [verb, state] of [
    ['confirm', 'confirmed'],
    ['dismiss', 'dismissed'],
  ] as const) {
    await runCommand(['finding', id, verb], { gateway })
    expect(gateway.calls.at(-1)?.input).toEqual({ finding: id, state })
  }
  for (const words of [
    ['accept', '--until', 'someday'],
    ['accept', '--until', '2001-01-01'],
    ['confirm', '--until', '9d'],
    ['forget'],
    ['--comment', 'said of nothing'],
  ])
    expect({ words, code: (await runCommand(['finding', id, ...words], { gateway })).code }).toEqual({ words, code: 2 })
})

test('mark needs something to mark with', async () => {
  await using gateway = await startFakeGateway(handlersWith({ storage: { markEntities: () => ({ marked: 2 }) } }))
  expect((await runCommand(['mark', 'last', 'type:domain'], { gateway })).code).toBe(2)
  const { stderr } = await runCommand(
    ['mark', 'last', 'type:domain', '"mail"', '--tag', 'a', '--tag', 'b', '--false-positive', '--note', 'ours'],
    { gateway },
  )
  expect(stderr).toBe('2 entities marked.\n')
  expect(gateway.calls.at(-1)?.input).toEqual({
    run,
    query: 'type:domain "mail"',
    addTags: ['a', 'b'],
    falsePositive: true,
    note: 'ours',
  })
})

test('nothing that was written into a run or a question commands the terminal', async () => {
  const evil = 'a\u001b]0;title\u0007\u009b31m'
  await using gateway = await startFakeGateway(
    sampleHandlers({ run: sampleRun({ name: evil }), findings: [sampleFinding({ title: evil })] }),
  )
  for (const words of [
    ['runs'],
    ['show', 'last'],
    ['findings', 'last'],
    ['entities', 'last', `type:${evil}`],
    ['mark', 'last', `type:${evil}`, '--tag', 'x'],
    ['export', 'last', '--format', 'json'],
    ['show', evil],
  ]) {
    const { stdout, stderr } = await runCommand(words, { gateway })
    expect(stdout + stderr, words.join(' ')).toMatch(/^(?:[^\p{Cc}]|[\n\t])*$/u)
  }
})

test.runIf(existsSync('/dev/full'))('export says that the disk is full', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const { code, stderr } = await runCommand(['export', 'last', '-o', '/dev/full'], { gateway })
  expect({ code, stderr }).toEqual({ code: 1, stderr: '/dev/full cannot be written: the disk is full.\n' })
})

test('export writes every format, to standard output or a file', async () => {
  await using gateway = await startFakeGateway(
    handlersWith({
      views: { exportGraphView: ({ format }) => ({ type: 'application/json', body: rows([`<${format}`, '/>']) }) },
    }),
  )
  const out = async (...words: string[]): Promise<string> =>
    (await runCommand(['export', 'last', ...words], { gateway })).stdout
  const lines = jsonLinesOf(await out())
  expect(lines.map(({ kind }) => kind)).toEqual(['entity', 'entity', 'entity', 'relationship', 'finding'])
  const document = JSON.parse(await out('--format', 'json')) as Record<string, unknown[]>
  expect([document['entities']?.length, document['relationships']?.length, document['findings']?.length]).toEqual([
    3, 1, 1,
  ])
  expect(linesOf(await out('--format', 'csv'))).toHaveLength(4)
  expect(await out('--format', 'graphml')).toBe('<graphml/>')
  const folder = await mkdtemp(join(tmpdir(), 'mirage-'))
  expect(await out('--format', 'cytoscape', '-o', join(folder, 'graph.json'))).toBe('')
  const written = await readFile(join(folder, 'graph.json'), 'utf8')
  await rm(folder, { recursive: true })
  expect(written).toBe('<cytoscape/>')
  expect((await runCommand(['export', 'last', '--format', 'xlsx'], { gateway })).code).toBe(2)
})
