import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MirageError } from '@mirage/kit/errors.ts'
import { entityId } from '@mirage/model/entity.ts'
import { contentId } from '@mirage/model/id.ts'
import { jsonLinesOf, linesOf, runCommand } from '../fake/cli.ts'
import { type FakeHandlers, startFakeGateway } from '../fake/gateway.ts'
import {
  at,
  pageOf,
  rows,
  sampleEntities,
  sampleHandlers,
  sampleModule,
  sampleRun,
  storedEntity,
} from '../fake/world.ts'

const run = 'run_aaaabbbbcccc'

/** The sample run, with more handlers. */
function handlersWith(more: FakeHandlers): FakeHandlers {
  const handlers = sampleHandlers()
  for (const [group, given] of Object.entries(more) as [keyof FakeHandlers, object][])
    handlers[group] = { ...handlers[group], ...given }
  return handlers
}

test('runs --json: a line a run with run and status', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const { code, stdout } = await runCommand(['runs', '--json'], { gateway })
  expect({ code, lines: jsonLinesOf(stdout) }).toMatchObject({ code: 0, lines: [{ run, status: 'running' }] })
})

test('a run is named by id, the beginning of one, its name, or “last”', async () => {
  const others = ['run_aaaaxxxxxxxx', 'run_bbbbbbbbbbbb'].map((run) => sampleRun({ run, name: `name of ${run}` }))
  const all = [sampleRun(), ...others]
  await using gateway = await startFakeGateway(
    handlersWith({
      scans: {
        listRuns: () => pageOf(all),
        getRun(input) {
          const found = all.find(({ run }) => run === input.run)
          if (found) return found
          throw new MirageError({ code: 'runs.not_found', status: 404, detail: 'no such run' })
        },
      },
    }),
  )
  const shown = async (text: string): Promise<unknown> => {
    const { code, stdout, stderr } = await runCommand(['show', text, '--json'], { gateway })
    return code === 0 ? jsonLinesOf(stdout)[0]!['run'] : `${code}: ${stderr.trim()}`
  }
  expect({
    last: await shown('last'),
    id: await shown('run_bbbbbbbbbbbb'),
    beginning: await shown('run_b'),
    bare: await shown('bbbb'),
    name: await shown('name of run_aaaaxxxxxxxx'),
    ambiguous: await shown('run_aaaa'),
    misspelt: await shown('run_bbbbbbbbbbbx'),
    unknown: await shown('zebra'),
  }).toEqual({
    last: run,
    id: 'run_bbbbbbbbbbbb',
    beginning: 'run_bbbbbbbbbbbb',
    bare: 'run_bbbbbbbbbbbb',
    name: 'run_aaaaxxxxxxxx',
    ambiguous: '2: “run_aaaa” is the beginning of 2 runs: run_aaaabbbbcccc, run_aaaaxxxxxxxx. Write more of it.',
    misspelt: '2: There is no run “run_bbbbbbbbbbbx”; did you mean “run_bbbbbbbbbbbb”?',
    unknown: '2: There is no run “zebra”. “mirage runs” lists them.',
  })
})

test('pause, cancel and delete say what is so now', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const said = []
  for (const verb of ['pause', 'cancel', 'delete']) said.push((await runCommand([verb, 'last'], { gateway })).stderr)
  expect(said).toEqual([
    `${run} is paused. Go on with: mirage resume ${run}\n`,
    `${run} is cancelled. What it found: mirage show ${run}\n`,
    `${run} is deleted.\n`,
  ])
})

test('resume and rerun follow the run as scan does', async () => {
  for (const verb of ['resume', 'rerun']) {
    await using gateway = await startFakeGateway(sampleHandlers())
    const { code, stdout } = await runCommand([verb, 'last', '--json', '--fail-on', 'high'], { gateway })
    expect({ code, first: jsonLinesOf(stdout)[0], last: jsonLinesOf(stdout).at(-1) }).toMatchObject({
      code: 3,
      first: { kind: 'run' },
      last: { kind: 'summary' },
    })
    expect(gateway.calls.map(({ name }) => name)).toContain(`${verb}Run`)
  }
})

test('plan says who would be contacted and creates nothing', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const { code, stdout } = await runCommand(['plan', 'example.com', '--passive'], { gateway })
  expect(code).toBe(0)
  expect(linesOf(stdout)).toEqual(
    expect.arrayContaining([
      'Who learns of the target',
      '  crt.sh',
      '  hunter  stored  no key: HUNTER_API_KEY, from https://hunter.io',
    ]),
  )
  expect(gateway.calls).toEqual([
    {
      name: 'planRun',
      input: { definition: { seeds: [{ type: 'domain', value: 'example.com' }], contact: 'stored' } },
    },
  ])
})

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

test('compare ends in a summary, the later run against the earlier whatever their order', async () => {
  const earlier = sampleRun({ run: 'run_bbbbbbbbbbbb', createdAt: '2026-01-01T00:00:00.000Z' })
  await using gateway = await startFakeGateway(
    handlersWith({
      scans: {
        getRun: (input) => (input.run === earlier.run ? earlier : sampleRun()),
        compareRuns: () =>
          rows([
            { kind: 'new' as const, id: entityId('domain', 'new.example'), type: 'domain', value: 'new.example' },
            { kind: 'summary' as const, new: 1, gone: 0, changed: 0, unconfirmed: 0 },
          ]),
      },
    }),
  )
  const { stdout } = await runCommand(['compare', earlier.run, run, '--json'], { gateway })
  expect(jsonLinesOf(stdout).at(-1)).toEqual({ kind: 'summary', new: 1, gone: 0, changed: 0, unconfirmed: 0 })
  expect(gateway.calls.at(-1)?.input).toEqual({ run, before: earlier.run })
  expect((await runCommand(['compare', run], { gateway })).stdout).toBe(
    '+ domain            new.example\n1 new, 0 gone, 0 changed, 0 unconfirmed.\n',
  )
})

const shodan = sampleModule('shodan', {
  consumes: [{ type: 'ip-address' }],
  sample: '192.0.2.1',
  key: { name: 'SHODAN_API_KEY', where: 'https://shodan.io', tier: 'tiered', state: 'set' },
})

test('modules by what goes in and comes out', async () => {
  await using gateway = await startFakeGateway(handlersWith({ modules: { listModules: () => pageOf([shodan]) } }))
  const { stdout } = await runCommand(['modules', '--consumes', 'ip-address', '--produces', 'open-port'], { gateway })
  expect(linesOf(stdout)[1]).toBe('shodan  stored   ip-address → domain  SHODAN_API_KEY: set')
  expect(gateway.calls.at(-1)?.input).toEqual({ consumes: 'ip-address', produces: 'open-port' })
  expect((await runCommand(['modules', '--produces', 'emial'], { gateway })).stderr).toContain('did you mean “email”?')
})

test('a key is read from standard input, and nothing repeats it', async () => {
  await using gateway = await startFakeGateway(
    handlersWith({ modules: { setKey: ({ name }) => ({ name, state: 'set', modules: ['shodan'] }) } }),
  )
  const { code, stdout, stderr } = await runCommand(['keys', 'set', 'SHODAN_API_KEY'], {
    gateway,
    stdin: 'the-secret\n',
  })
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: '',
    stderr: 'SHODAN_API_KEY is stored, encrypted; used by shodan.\n',
  })
  expect(gateway.calls.at(-1)?.input).toEqual({ name: 'SHODAN_API_KEY', value: 'the-secret' })
  const inline = await runCommand(['keys', 'set', 'SHODAN_API_KEY=the-secret'], { gateway })
  expect({ code: inline.code, leaks: inline.stderr.includes('the-secret') }).toEqual({ code: 2, leaks: false })
  expect((await runCommand(['keys', 'set', 'SHODAN_API_KEY'], { gateway, stdin: '\n' })).code).toBe(1)
})

test('keys test asks each source and ends with 1 where one refuses', async () => {
  await using gateway = await startFakeGateway(
    handlersWith({
      modules: { listModules: () => pageOf([sampleModule('crtsh'), shodan]) },
      collection: {
        tryModule: () => ({ outcome: 'key-refused', reason: '401', observations: [], findings: [], requests: 1 }),
      },
    }),
  )
  const { code, stdout } = await runCommand(['keys', 'test'], { gateway })
  expect({ code, stdout }).toEqual({ code: 1, stdout: 'SHODAN_API_KEY  shodan  key-refused: 401\n' })
  expect(gateway.calls.at(-1)?.input).toEqual({ module: 'shodan', type: 'ip-address', value: '192.0.2.1' })
})

test('keys import stores what modules need and names the rest', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-'))
  await writeFile(join(folder, 'keys.yaml'), 'shodan: [abc]\ncensys: [x]\n')
  await using gateway = await startFakeGateway(
    handlersWith({
      modules: {
        listModules: () => pageOf([shodan]),
        setKey: ({ name }) => ({ name, state: 'set', modules: ['shodan'] }),
      },
    }),
  )
  const { code, stderr } = await runCommand(['keys', 'import', join(folder, 'keys.yaml')], { gateway })
  await rm(folder, { recursive: true })
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: 'No module here needs a key for: censys\n1 key stored, encrypted: SHODAN_API_KEY.\n',
  })
})

test('every command has help with a description, and help ends with 0', async () => {
  const { stdout } = await runCommand(['--help'])
  const names = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[| <| {2,})/gm)].map(([, name]) => name!)
  expect(names).toEqual(
    expect.arrayContaining(['scan', 'runs', 'entities', 'export', 'modules', 'serve', 'lab', 'doctor']),
  )
  for (const name of names.filter((name) => name !== 'help')) {
    const help = await runCommand([name, '--help'])
    expect({ name, code: help.code, usage: help.stdout.startsWith(`Usage: mirage ${name}`) }).toEqual({
      name,
      code: 0,
      usage: true,
    })
  }
})

test('what is misspelt gets a suggestion', async () => {
  expect((await runCommand(['scna', 'x'])).stderr).toContain('(Did you mean scan?)')
  expect((await runCommand(['scan', '--moduels', 'x'])).stderr).toContain('(Did you mean --modules?)')
  expect((await runCommand(['example.com'])).stderr).toContain('To scan it: mirage scan example.com')
})

test('without a key of a host elsewhere, or the host, it says what to do', async () => {
  const noKey = await runCommand(['runs'], { environment: { url: 'http://127.0.0.1:9' } })
  expect({ code: noKey.code, stderr: noKey.stderr }).toEqual({
    code: 1,
    stderr: 'MIRAGE_URL is set, but MIRAGE_API_KEY is not. The host at http://127.0.0.1:9 prints where its key is.\n',
  })
  const nobody = await runCommand(['runs'], { environment: { url: 'http://127.0.0.1:9', apiKey: 'x' } })
  expect({ code: nobody.code, stderr: nobody.stderr }).toEqual({
    code: 1,
    stderr: 'Mirage at http://127.0.0.1:9 does not answer. Is it running?\n',
  })
  const url = await runCommand(['runs'], { environment: { url: 'localhost', apiKey: 'x' } })
  expect(url.stderr).toContain('MIRAGE_URL is “localhost”, which is not an address')
})

test('completion offers commands, options, and values of options', async () => {
  const complete = async (...words: string[]): Promise<string[]> =>
    linesOf((await runCommand(['complete', '--', ...words])).stdout).map((line) => line.split('\t')[0]!)
  expect(await complete('sc')).toEqual(['scan'])
  expect(await complete('scan', '--pas')).toEqual(['--passive'])
  expect(await complete('export', 'last', '--format', 'c')).toEqual(['csv', 'cytoscape'])
  expect(await complete('keys', '')).toEqual(expect.arrayContaining(['list', 'set', 'test', 'import']))
  expect(await complete('show', 'la')).toEqual(['last'])
})
