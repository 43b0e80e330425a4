import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** What a person does at a shell: the command, the platform and the lab, whole, in a data directory of their own. */

const launcher = join(import.meta.dirname, '..', '..', 'apps', 'cli', 'bin', 'mirage.js')
/** Few modules, so that the journey is short; what each finds is the business of other tests. */
const few = ['--modules', 'dns-resolve,crtsh']
let data = ''
let run = ''

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'mirage-journey-'))
})
afterAll(async () => {
  await mirage('lab', 'stop')
  await rm(data, { recursive: true, force: true })
})

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

function start(...argv: string[]): ChildProcess {
  return spawn(process.execPath, [launcher, ...argv], {
    env: { PATH: process.env['PATH'], HOME: data, MIRAGE_DATA: data },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function end(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.setEncoding('utf8').on('data', (chunk: string) => (output[name] += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...output }
}

function mirage(...argv: string[]): Promise<Ended> {
  return end(start(...argv))
}

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

function idsOf(lines: Record<string, unknown>[], kind: string): string[] {
  return lines.filter((line) => line['kind'] === kind).map(({ id }) => id as string)
}

test('scan: one command, no server, lines of JSON', async () => {
  const { code, stdout, stderr } = await mirage(
    'scan',
    'northwind.example',
    '--lab',
    ...few,
    '--json',
    '--name',
    'ACME',
    '-O',
    join(data, 'results'),
  )
  const lines = linesOf(stdout)
  const entities = lines.filter(({ kind }) => kind === 'entity')
  expect({ code, first: lines[0], last: lines.at(-1) }).toMatchObject({
    code: 0,
    first: { kind: 'run', format: 'mirage/1' },
    last: { kind: 'summary', status: 'finished', entities: entities.length },
  })
  run = lines[0]!['run'] as string
  expect(new Set(entities.map(({ id }) => id)).size).toBe(entities.length)
  expect(entities).toContainEqual(expect.objectContaining({ type: 'domain', value: 'mx1.northwind.example', run }))
  expect(stderr).toMatch(/^Contacts {2}.*\nNo key {4}.*\nTo stop {3}/)
  expect(stderr).toContain(`npx mirage entities ${run} `)
  expect((await readdir(join(data, 'results'))).toSorted()).toEqual([
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
})

test('what was found is there for other commands', async () => {
  expect(linesOf((await mirage('runs', '--json')).stdout)).toMatchObject([{ run, status: 'finished', name: 'ACME' }])
  const domains = (await mirage('entities', 'ACME', '--values=domain')).stdout.trim().split('\n')
  expect(domains).toContain('mx1.northwind.example')
  expect((await mirage('entities', 'last', 'domain:mx1.northwind.example', '--values')).stdout).toBe(
    'mx1.northwind.example\n',
  )
  const { stdout: why } = await mirage('why', 'last', 'mx1.northwind.example')
  expect(why).toMatch(/^northwind\.example .*\n.*target of this run\n {2}└ .*mx1\.northwind\.example/)
  const exported = linesOf((await mirage('export', run, '--format', 'ndjson')).stdout)
  for (const kind of ['entity', 'observation', 'relationship']) expect(idsOf(exported, kind).length).toBeGreaterThan(0)
  const file = join(data, 'graph.graphml')
  expect((await mirage('export', run, '--format', 'graphml', '-o', file)).code).toBe(0)
  expect(await readFile(file, 'utf8')).toContain('<graphml')
})

test('lines of an export are ordered by id, each kind for itself', async () => {
  const exported = linesOf((await mirage('export', run, '--format', 'ndjson')).stdout)
  for (const kind of ['entity', 'observation', 'relationship', 'finding'])
    expect({ kind, ids: idsOf(exported, kind) }).toEqual({ kind, ids: idsOf(exported, kind).toSorted() })
})

test('a rerun finds the same, and the comparison says so', async () => {
  expect((await mirage('rerun', run, '--quiet')).code).toBe(0)
  expect(linesOf((await mirage('compare', 'last', '--json')).stdout).at(-1)).toEqual({
    kind: 'summary',
    new: 0,
    gone: 0,
    changed: 0,
    unconfirmed: 0,
  })
})

test('interrupted: everything is kept, resume goes on with nothing else said', async () => {
  const child = start('scan', 'northwind.example', '--lab', '--modules', 'dns-resolve,dns-brute', '--silent')
  const ended = end(child)
  await once(child.stdout!, 'data')
  child.kill('SIGINT')
  const { code, stderr } = await ended
  const [, interrupted] = /Go on with: npx mirage resume (run_\w+)/.exec(stderr) ?? []
  expect({ code, interrupted }).toEqual({ code: 130, interrupted: expect.any(String) })
  expect(linesOf((await mirage('runs', '--json')).stdout)[0]).toMatchObject({ run: interrupted, status: 'paused' })
  const resumed = await mirage('resume', interrupted!, '--json')
  expect({ code: resumed.code, last: linesOf(resumed.stdout).at(-1) }).toMatchObject({
    code: 0,
    last: { kind: 'summary', run: interrupted, status: 'finished' },
  })
})

test('two commands on one data directory: one host, one client', async () => {
  const first = start('scan', 'northwind.example', '--lab', ...few, '--silent', '--name', 'first')
  const firstEnded = end(first)
  await once(first.stdout!, 'data')
  const connection = JSON.parse(await readFile(join(data, 'connection.json'), 'utf8')) as { pid: number }
  expect(connection.pid).toBe(first.pid)
  const second = await mirage('scan', 'northwind.example', '--lab', ...few, '--silent', '--name', 'second')
  const { code } = await firstEnded
  expect({ first: code, second: second.code, found: second.stdout !== '' }).toEqual({
    first: 0,
    second: 0,
    found: true,
  })
  expect(existsSync(join(data, 'connection.json'))).toBe(false)
  const latest = linesOf((await mirage('runs', '--json')).stdout).slice(0, 2)
  expect(latest.map(({ name, status }) => [name, status])).toEqual([
    ['second', 'finished'],
    ['first', 'finished'],
  ])
})

test('the host is killed: its client takes its place and ends its own run; that of the dead waits to be resumed', async () => {
  // Some hosts of the lab let a client wait, so this one is still at work when it is killed.
  const slow = ['--modules', 'dns-resolve,http-probe,crawler']
  const first = start('scan', 'northwind.example', '--lab', ...slow, '--silent')
  const firstEnded = end(first)
  await once(first.stdout!, 'data')
  const second = start('scan', 'northwind.example', '--lab', ...few, '--json')
  const secondEnded = end(second)
  await once(second.stdout!, 'data')
  first.kill('SIGKILL')
  await firstEnded
  const { code, stdout } = await secondEnded
  const lines = linesOf(stdout)
  const ids = lines.filter(({ kind }) => kind === 'entity').map(({ id }) => id)
  expect({ code, last: lines.at(-1), twice: ids.length - new Set(ids).size }).toMatchObject({
    code: 0,
    last: { kind: 'summary', status: 'finished' },
    twice: 0,
  })
  const [, dead] = linesOf((await mirage('runs', '--json')).stdout)
  expect(dead).toMatchObject({ status: 'paused' })
  const sent = linesOf((await mirage('lab', 'log', '--json')).stdout).length
  expect((await mirage('entities', 'last', '--count')).code).toBe(0)
  expect(linesOf((await mirage('lab', 'log', '--json')).stdout)).toHaveLength(sent)
  const resumed = linesOf((await mirage('resume', dead!['run'] as string, '--json')).stdout)
  expect(resumed.at(-1)).toMatchObject({ kind: 'summary', status: 'finished' })
})

test('passive: nothing of the lab’s log is from us to the target, nor a question about it', async () => {
  const before = linesOf((await mirage('lab', 'log', '--json')).stdout).length
  expect(
    (await mirage('scan', 'northwind.example', '--lab', '--passive', '--modules', 'certspotter', '--quiet')).code,
  ).toBe(0)
  const log = linesOf((await mirage('lab', 'log', '--json')).stdout).slice(before)
  expect(log.length).toBeGreaterThan(0)
  expect(log.filter(({ role }) => role === 'target')).toEqual([])
})

test('serve: the platform for other commands, until it is stopped', async () => {
  const server = start('serve', '--port', '0')
  const ended = end(server)
  const [line] = (await once(server.stderr!.setEncoding('utf8'), 'data')) as [string]
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
  expect((await mirage('serve')).stderr).toBe(`Mirage runs already at ${url} (process ${server.pid}).\n`)
  expect((await mirage('runs', '--json')).code).toBe(0)
  server.kill('SIGTERM')
  const { code, stderr } = await ended
  const key = (await readFile(join(data, 'api-key'), 'utf8')).trim()
  expect({ code, showsKey: stderr.includes(key) }).toEqual({ code: 0, showsKey: false })
})

test('what there is to find is named as what was found', async () => {
  const truth = linesOf((await mirage('lab', 'truth', '--json')).stdout)
  const found = linesOf((await mirage('export', run, '--format', 'ndjson')).stdout)
  const types = (lines: Record<string, unknown>[], kind: string): unknown[] => [
    ...new Set(lines.filter((line) => line['kind'] === kind).map(({ type }) => type)),
  ]
  for (const kind of ['entity', 'relationship']) {
    expect(types(found, kind).length, kind).toBeGreaterThan(1)
    expect(types(truth, kind), kind).toEqual(expect.arrayContaining(types(found, kind)))
  }
  expect(truth.filter(({ kind }) => kind !== 'entity' && kind !== 'relationship')).toEqual([])
})
