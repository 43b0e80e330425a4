import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { RunEvent } from '@mirage/services/scan-orchestration/contract.ts'
import { Interrupted } from '../exit.ts'
import { jsonLinesOf, linesOf, runCommand } from '../fake/cli.ts'
import { startFakeGateway } from '../fake/gateway.ts'
import { fakeTerminal } from '../fake/terminal.ts'
import { at, entityEvent, sampleFinding, sampleHandlers, sampleLane, sampleRun } from '../fake/world.ts'

const run = 'run_aaaabbbbcccc'

test('--json writes one object a line, the run first and the summary last', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const { code, stdout } = await runCommand(['scan', 'example.com', '--json'], { gateway })
  const lines = jsonLinesOf(stdout)
  expect({ code, kinds: lines.map(({ kind }) => kind) }).toEqual({
    code: 0,
    kinds: ['run', 'entity', 'entity', 'entity', 'task', 'finding', 'relationship', 'summary'],
  })
  expect(lines[0]).toMatchObject({ format: 'mirage/1', run })
  expect(lines[2]).toEqual({
    kind: 'entity',
    id: expect.stringMatching(/^[a-z2-7]{26}$/),
    type: 'domain',
    value: 'mail.example.com',
    run,
    seed: 'domain:example.com',
    distance: 0,
    scope: 'in',
    tags: ['expired'],
    firstSeenAt: at,
    lastSeenAt: at,
    modules: ['crtsh'],
  })
  expect(Object.keys(lines[5]!)).toEqual(
    expect.arrayContaining(['severity', 'rule', 'title', 'explanation', 'entities', 'evidence', 'state']),
  )
  expect(lines[7]).toEqual({
    kind: 'summary',
    run,
    status: 'finished',
    stopReason: null,
    seconds: 4.2,
    requests: 12,
    queries: 34,
    entities: 3,
    observations: 4,
    relationships: 2,
    findings: 1,
    losses: 0,
    byType: { domain: 2, 'ip-address': 1 },
    outcomes: { crtsh: { found: 1 }, 'dns-resolve': { found: 1, 'rate-limited': 2 } },
  })
})

test('three lines before the first packet, and a summary with three next commands', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const { stderr } = await runCommand(['scan', 'example.com'], { gateway })
  const lines = linesOf(stderr)
  expect(lines.slice(0, 3)).toEqual([
    'Contacts  the target: packets from this machine; crt.sh',
    'No key    hunter (HUNTER_API_KEY): left out; add one with “mirage keys set HUNTER_API_KEY”',
    'To stop   Ctrl-C; everything is kept, and “mirage resume last” goes on',
  ])
  expect(lines.slice(3)).toEqual([
    'HIGH      Expired certificate on mail.example.com',
    '',
    'example.com: finished in 4.2 s. 3 entities, 4 observations, 2 relationships, 1 finding; 12 requests, 34 DNS queries.',
    '  domain 2 · ip-address 1',
    '',
    'Findings: 1 high',
    '  HIGH      Expired certificate on mail.example.com',
    '',
    'Not answered:',
    '  rate-limited  dns-resolve ×2',
    '',
    'Next:',
    `  mirage entities ${run} type:domain`,
    `  mirage findings ${run}`,
    `  mirage export ${run} --format graphml -o run.graphml`,
  ])
  expect(gateway.calls.map(({ name }) => name).slice(0, 3)).toEqual(['planRun', 'createRun', 'watchRun'])
})

test('into a pipe: columns with tabs', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const { stdout } = await runCommand(['scan', 'example.com', '--quiet'], { gateway })
  expect(stdout).toBe(
    '[domain]\texample.com\tseed\t()\n[domain]\tmail.example.com\tcrtsh\t(expired)\n[ip-address]\t192.0.2.7\tdns-resolve\t()\n',
  )
})

test('--values, each once, of the types asked for; --silent says nothing else', async () => {
  const word = [entityEvent('username', 'acme'), entityEvent('keyword', 'acme')]
  const events: RunEvent[] = [
    entityEvent('domain', 'example.com'),
    ...word,
    { kind: 'ended', run: sampleRun({ status: 'finished' }) },
  ]
  await using gateway = await startFakeGateway(sampleHandlers({ events }))
  expect(await runCommand(['scan', '--silent', 'example.com'], { gateway })).toEqual({
    code: 0,
    stdout: 'example.com\nacme\n',
    stderr: '',
  })
  const { stdout } = await runCommand(['scan', '--values=domain,email', 'example.com'], { gateway })
  expect(stdout).toBe('example.com\n')
})

test('-O writes every file of the run, -o the results', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-'))
  await using gateway = await startFakeGateway(sampleHandlers())
  const results = join(folder, 'results.ndjson')
  const { code, stdout } = await runCommand(
    ['scan', 'example.com', '-O', join(folder, 'all'), '-o', results, '--json', '--quiet'],
    { gateway },
  )
  const written = await readFile(results, 'utf8')
  const files = await Promise.all(
    (await readdir(join(folder, 'all'))).map(async (name) => [name, await readFile(join(folder, 'all', name), 'utf8')]),
  )
  await rm(folder, { recursive: true })
  expect({ code, stdout, kinds: jsonLinesOf(written).length }).toEqual({ code: 0, stdout: '', kinds: 8 })
  const byName = Object.fromEntries(files) as Record<string, string>
  expect(Object.keys(byName).toSorted()).toEqual([
    'addresses.txt',
    'domains.txt',
    'emails.txt',
    'entities.csv',
    'entities.ndjson',
    'findings.ndjson',
    'plan.json',
    'relationships.ndjson',
    'run.json',
    'summary.json',
    'urls.txt',
  ])
  expect(byName['domains.txt']).toBe('example.com\nmail.example.com\n')
  expect(byName['addresses.txt']).toBe('192.0.2.7\n')
  expect(byName['emails.txt']).toBe('')
  expect(linesOf(byName['entities.csv']!)).toHaveLength(4)
  expect(JSON.parse(byName['summary.json']!)).toMatchObject({ kind: 'summary', status: 'finished' })
  expect(JSON.parse(byName['plan.json']!)).toMatchObject({ profile: 'footprint' })
  expect(jsonLinesOf(byName['relationships.ndjson']!)[0]).toMatchObject({ kind: 'relationship', type: 'subdomain' })
})

test('a place that cannot be written is found out before anything is sent', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const file = join(import.meta.dirname, 'scan.test.ts')
  for (const [option, place, problem] of [
    ['-o', import.meta.dirname, `${import.meta.dirname} cannot be written: it is a folder.`],
    [
      '-O',
      join(file, 'below'),
      `${join(file, 'below', 'run.json')} cannot be written: a part of its path is no folder.`,
    ],
  ] as const) {
    const { code, stdout, stderr } = await runCommand(['scan', 'example.com', option, place], { gateway })
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `${problem}\nNothing was sent.\n` })
  }
})

test('--fail-on leaves aside what somebody has dismissed or accepted', async () => {
  const codes = []
  for (const state of ['new', 'confirmed', 'dismissed', 'accepted'] as const) {
    await using gateway = await startFakeGateway(sampleHandlers({ findings: [sampleFinding({ state })] }))
    codes.push((await runCommand(['scan', 'example.com', '--fail-on', 'low'], { gateway })).code)
  }
  expect(codes).toEqual([3, 3, 0, 0])
})

test('--fail-on ends with 3 when a finding is as severe', async () => {
  await using gateway = await startFakeGateway(sampleHandlers({ findings: [sampleFinding({ severity: 'medium' })] }))
  const codes = []
  for (const severity of ['critical', 'high', 'medium', 'LOW'])
    codes.push((await runCommand(['scan', 'example.com', '--fail-on', severity], { gateway })).code)
  expect(codes).toEqual([0, 0, 3, 3])
})

test('a run that failed or was cancelled ends with 1', async () => {
  for (const status of ['failed', 'cancelled'] as const) {
    await using gateway = await startFakeGateway(
      sampleHandlers({ events: [{ kind: 'ended', run: sampleRun({ status }) }] }),
    )
    expect((await runCommand(['scan', 'example.com'], { gateway })).code).toBe(1)
  }
})

test('wrong usage ends with 2, and nothing reaches the API', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const lines = [
    ['scan'],
    ['scan', '999.1.1.1'],
    ['scan', 'example.com', '--fail-on', 'terrible'],
    ['scan', 'example.com', '--max-time', 'soon'],
    ['scan', 'example.com', '--json', '--values'],
    ['scan', 'example.com', '--values=emial'],
    ['scan', 'example.com', '--no-such-option'],
    ['scan', '-l', '/nonexistent/list'],
    ['scan', '-'],
    ['scna', 'example.com'],
  ]
  for (const line of lines) {
    const { code, stdout, stderr } = await runCommand(line, { gateway })
    expect({ line, code, stdout }).toEqual({ line, code: 2, stdout: '' })
    expect(stderr).not.toBe('')
  }
  expect(gateway.calls).toEqual([])
})

test('a definition that the service refuses is wrong usage, too', async () => {
  await using gateway = await startFakeGateway({})
  const { code, stderr } = await runCommand(['scan', 'example.com'], { gateway })
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'There is no operation “planRun” here.\n' })
})

test('Ctrl-C pauses the run, says how to go on, and ends with 130', async () => {
  const interrupt = new AbortController()
  async function* endless(): AsyncIterable<RunEvent> {
    yield entityEvent('domain', 'example.com')
    interrupt.abort(new Interrupted('SIGINT'))
    await new Promise<void>((resolve) => setTimeout(resolve, 5000).unref())
  }
  await using gateway = await startFakeGateway(sampleHandlers({ events: endless() }))
  const { code, stderr } = await runCommand(['scan', 'example.com'], { gateway, signal: interrupt.signal })
  expect({ code, last: linesOf(stderr).slice(-2) }).toEqual({
    code: 130,
    last: ['Stopped; what was found is kept.', `Go on with: mirage resume ${run}`],
  })
  expect(gateway.calls.at(-1)).toEqual({ name: 'pauseRun', input: { run } })
})

test('a reader that leaves, as head does, ends it in silence', async () => {
  async function* many(): AsyncIterable<RunEvent> {
    for (let n = 0; n < 100_000; n++) yield entityEvent('domain', `host${n}.example.com`)
  }
  await using gateway = await startFakeGateway(sampleHandlers({ events: many() }))
  const stdout = new PassThrough()
  stdout.once('data', () => stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })))
  const { code, stderr } = await runCommand(['scan', 'example.com', '--quiet'], { gateway, stdout })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(gateway.calls.at(-1)).toEqual({ name: 'pauseRun', input: { run } })
})

test('a connection that breaks is taken up where it broke', async () => {
  const handlers = sampleHandlers()
  const asked: (string | undefined)[] = []
  Object.assign(handlers.scans!, {
    async *watchRun(_input: unknown, call: { lastEventId?: string }) {
      asked.push(call.lastEventId)
      if (asked.length === 1) {
        yield { id: '7', data: entityEvent('domain', 'example.com') }
        throw new Error('the connection broke')
      }
      yield { id: '8', data: { kind: 'ended', run: sampleRun({ status: 'finished' }) } }
    },
  })
  await using gateway = await startFakeGateway(handlers)
  const { code, stdout } = await runCommand(['scan', 'example.com', '--silent'], { gateway })
  expect({ code, stdout, asked }).toEqual({ code: 0, stdout: 'example.com\n', asked: [undefined, '7'] })
})

test('a host that is gone for good ends it with 1 and the command to go on', async () => {
  const handlers = sampleHandlers({ events: [entityEvent('domain', 'example.com')] })
  await using gateway = await startFakeGateway(handlers)
  const { code, stderr } = await runCommand(['scan', 'example.com', '--quiet'], { gateway })
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `The host of ${run} went away.\nWhat was found is kept. Go on with: mirage resume ${run}\n`,
  })
})

test('on a terminal: lanes while it goes on, findings that stay, and the summary in the end', async () => {
  const lanes = [sampleLane('crtsh', { done: 1, observations: 2, outcomes: { found: 1 } })]
  async function* events(): AsyncIterable<RunEvent> {
    yield { kind: 'progress', run: sampleRun(), lanes }
    yield entityEvent('domain', 'mail.example.com')
    yield { kind: 'ended', run: sampleRun({ status: 'finished' }) }
  }
  await using gateway = await startFakeGateway(sampleHandlers({ events: events() }))
  const terminal = fakeTerminal(80, 40)
  const { code } = await runCommand(['scan', 'example.com'], {
    gateway,
    stdout: terminal.stream,
    stderr: terminal.stream,
  })
  const screen = terminal.all()
  expect({ code, shown: terminal.isCursorShown() }).toEqual({ code: 0, shown: true })
  expect(screen.slice(3, 7)).toEqual([
    'To stop   Ctrl-C; everything is kept, and “mirage resume last” goes on',
    'HIGH      Expired certificate on mail.example.com',
    '',
    'example.com: finished in 4.2 s. 3 entities, 4 observations, 2 relationships, 1',
  ])
  expect(screen.at(-1)).toBe(`  mirage export ${run} --format graphml -o run.graphml`)
  expect(screen.join('\n')).not.toMatch(/[⠋⠙━]/)
})
