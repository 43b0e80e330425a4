import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { cp, mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunEvent } from '@mirage/services/scan-orchestration/contract.ts'
import { type FakeGateway, startFakeGateway } from './fake/gateway.ts'
import { entityEvent, sampleHandlers } from './fake/world.ts'

/** The command as a process: signals, pipes, exit codes. */

const launcher = join(import.meta.dirname, 'bin', 'mirage.js')
const run = 'run_aaaabbbbcccc'

function start(argv: string[], gateway: FakeGateway, options: { node?: string[]; cwd?: string } = {}): ChildProcess {
  return spawn(process.execPath, [...(options.node ?? []), launcher, ...argv], {
    env: { PATH: process.env['PATH'], MIRAGE_URL: gateway.url, MIRAGE_API_KEY: gateway.apiKey },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

interface Ended {
  code: number | null
  signal: string | null
  stdout: string
  stderr: string
}

async function end(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.setEncoding('utf8').on('data', (chunk: string) => (output[name] += chunk))
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { code, signal, ...output }
}

/** A run that goes on until the test ends. */
async function* endless(): AsyncIterable<RunEvent> {
  yield entityEvent('domain', 'example.com')
  await new Promise<void>((resolve) => setTimeout(resolve, 60_000).unref())
}

/** A node option that makes the process believe it is an older Node. */
const oldNode = [
  '--import',
  `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })`,
]

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  test(`${signal}: the run is paused, the resume command printed, the exit code ${code}`, async () => {
    await using gateway = await startFakeGateway(sampleHandlers({ events: endless() }))
    const child = start(['scan', 'example.com'], gateway)
    const ended = end(child)
    await once(child.stdout!, 'data')
    child.kill(signal)
    child.kill(signal) // a terminal and npm both pass it on
    const { stderr, ...rest } = await ended
    expect(rest).toEqual({ code, signal: null, stdout: '[domain]\texample.com\tcrtsh\t()\n' })
    expect(stderr).toContain(`Go on with: npx mirage resume ${run}\n`)
    expect(gateway.calls.at(-1)).toEqual({ name: 'pauseRun', input: { run } })
  })

test('a reader that leaves ends it in silence, and the run is kept', async () => {
  async function* many(): AsyncIterable<RunEvent> {
    for (let n = 0; n < 1_000_000; n++) yield entityEvent('domain', `host${n}.example.com`)
  }
  await using gateway = await startFakeGateway(sampleHandlers({ events: many() }))
  const child = start(['scan', 'example.com', '--silent'], gateway)
  child.stdout!.once('data', () => child.stdout!.destroy())
  const stderr: string[] = []
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => stderr.push(chunk))
  const [code] = (await once(child, 'exit')) as [number]
  expect({ code, stderr }).toEqual({ code: 0, stderr: [] })
  expect(gateway.calls.at(-1)).toEqual({ name: 'pauseRun', input: { run } })
})

test('results and nothing else are on standard output, also of a process', async () => {
  await using gateway = await startFakeGateway(sampleHandlers())
  const { code, stdout, stderr } = await end(start(['entities', 'last', '--values'], gateway))
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: 'example.com\nmail.example.com\n192.0.2.7\n',
    stderr: '',
  })
  expect((await end(start(['entities'], gateway))).code).toBe(2)
})

test('on an older Node the launcher starts the one that came with the dependencies', async () => {
  await using gateway = await startFakeGateway(sampleHandlers({ events: endless() }))
  const version = await end(start(['--version'], gateway, { node: oldNode }))
  expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' })
  expect((await end(start(['scan'], gateway, { node: oldNode }))).code).toBe(2)
  const child = start(['scan', 'example.com', '--quiet'], gateway, { node: oldNode })
  const ended = end(child)
  await once(child.stdout!, 'data')
  child.kill('SIGTERM')
  expect((await ended).code).toBe(143)
})

test('a pipe that nobody reads is waited for, and Ctrl-C ends that too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-'))
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await using gateway = await startFakeGateway(sampleHandlers({ events: endless() }))
  const child = start(['scan', 'example.com', '-o', pipe], gateway)
  const ended = end(child)
  let said = ''
  for await (const chunk of on(child.stderr!, 'data')) if ((said += String(chunk)).includes(`reader of ${pipe}`)) break
  child.kill('SIGINT')
  const { code, stderr } = await ended
  await rm(folder, { recursive: true })
  expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining(`resume ${run}`) })
})

test('a list is waited for that nobody writes, and Ctrl-C ends that too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-'))
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await using gateway = await startFakeGateway(sampleHandlers())
  const child = start(['scan', '-l', pipe], gateway)
  const ended = end(child)
  // It can be written to once it is read.
  const written = await open(pipe, 'w')
  child.kill('SIGINT')
  const { code } = await ended
  await written.close()
  await rm(folder, { recursive: true })
  expect(code).toBe(130)
})

test('where that one is missing, it says what to do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-'))
  await mkdir(join(folder, 'bin'))
  await cp(launcher, join(folder, 'bin', 'mirage.mjs'))
  const child = spawn(process.execPath, [...oldNode, join(folder, 'bin', 'mirage.mjs'), 'scan'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { code, stderr } = await end(child)
  await rm(folder, { recursive: true })
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^Mirage runs on Node 24 or later, and this is Node 20\.1\.0 .*run “npm ci”/s),
  })
})
