import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { controlLab, ensureLab, runningLab, stopLab, readLabLog, type TrafficEntry } from '@mirage/lab/lab.ts'
import { manifest } from '@mirage/modules/manifest.generated.ts'
import type { Run } from '@mirage/services/scan-orchestration/contract.ts'

/** What a command line ended with. */
export interface Ended {
  /** Null when a signal ended it. */
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** A `mirage` command under way. */
export interface Command {
  child: ChildProcess
  ended: Promise<Ended>
  /** Resolves when this text has been written to one of its outputs; rejects when it ends before. */
  says(text: string | RegExp): Promise<void>
}

/** One line of `--json` or of an export. */
export type Row = Record<string, unknown> & { kind: string }

const root = join(import.meta.dirname, '../..')

/** The arguments of a scan of the demo company by these modules, their ids with spaces between. */
export function demoScan(modules: string, ...more: string[]): string[] {
  return ['scan', 'northwind.example', '--lab', '--json', '--modules', modules.replaceAll(' ', ','), ...more]
}

/** A data directory of its own, with the demo lab in a process of its own, and the real command line over it. */
export class Installation implements AsyncDisposable {
  readonly dataDirectory: string
  readonly #variables: Record<string, string>
  readonly #commands = new Set<Command>()
  readonly #place: string

  private constructor(place: string, dataDirectory: string, variables: Record<string, string>) {
    this.#place = place
    this.#variables = variables
    this.dataDirectory = dataDirectory
    mkdirSync(this.dataDirectory, { recursive: true })
  }

  /** `place` is an empty folder, a new one unless said; it is removed with the installation. */
  static async create({
    variables = {},
    place = mkdtempSync(join(tmpdir(), 'mirage-')),
    dataDirectory = join(place, 'data'),
  }: { variables?: Record<string, string>; place?: string; dataDirectory?: string } = {}): Promise<Installation> {
    const installation = new Installation(place, dataDirectory, variables)
    await installation.startLab()
    return installation
  }

  get labDirectory(): string {
    return join(this.dataDirectory, 'lab')
  }

  /** The demo world in a process that outlives every command. */
  async startLab(): Promise<void> {
    await ensureLab(this.labDirectory, { size: 'demo', seed: 7 })
  }

  /** Asks the lab's remote control. */
  async control(method: string, path: string, body?: object): Promise<unknown> {
    const lab = await runningLab(this.labDirectory)
    if (!lab) throw new Error('no lab runs here')
    return controlLab(lab, method, path, body)
  }

  async killLab(): Promise<void> {
    const lab = await runningLab(this.labDirectory)
    if (!lab) throw new Error('no lab runs here')
    process.kill(lab.pid, 'SIGKILL')
    while (await runningLab(this.labDirectory)) await delay(20)
  }

  /** What the lab has received so far, in the order in which it wrote it down. */
  async traffic(): Promise<TrafficEntry[]> {
    await delay(120) // the log is at most 50 ms behind
    return Array.fromAsync(readLabLog(this.labDirectory))
  }

  start(...argv: string[]): Command {
    const trouble = (): string => this.trouble()
    const child = spawn(process.execPath, [join(root, 'apps/cli/main.ts'), ...argv], {
      cwd: this.#place,
      env: { PATH: process.env['PATH'], HOME: this.#place, ...this.#variables, MIRAGE_DATA: this.dataDirectory },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const ended = new Promise<Ended>((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
    )
    const command: Command = {
      child,
      ended,
      async says(text) {
        let over = false
        void ended.then(() => (over = true))
        const said = (): boolean =>
          typeof text === 'string' ? (stdout + stderr).includes(text) : text.test(stdout + stderr)
        while (!said()) {
          if (over) throw new Error(`the command ended without saying ${String(text)}:\n${stderr}${trouble()}`)
          await delay(20)
        }
      },
    }
    this.#commands.add(command)
    void ended.then(() => this.#commands.delete(command))
    return command
  }

  /** Runs a command to its end. */
  run(...argv: string[]): Promise<Ended> {
    return this.start(...argv).ended
  }

  /** The rows that a command writes. Fails when it does not end well. */
  async rows(...argv: string[]): Promise<Row[]> {
    const { code, stdout, stderr } = await this.run(...argv)
    if (code !== 0) throw new Error(`mirage ${argv.join(' ')} ended with ${code}:\n${stderr}${this.trouble()}`)
    return rowsOf(stdout)
  }

  async show(run: string): Promise<Run> {
    const { stdout } = await this.run('runs', '--json')
    const row = rowsOf(stdout).find((row) => row['run'] === run)
    return row as unknown as Run // `runs --json` writes one run a line
  }

  /** Everything a run holds, without what two equal runs may differ in: run id, times and volatile attributes. */
  async result(run: string): Promise<Result> {
    return resultOf(await this.rows('export', run, '--format', 'ndjson'), run)
  }

  log(): string {
    return readFileSync(join(this.dataDirectory, 'logs', 'mirage.ndjson'), 'utf8')
  }

  /** What the host logged as errors, latest last: for messages of failing tests. */
  trouble(): string {
    const errors = this.log()
      .split('\n')
      .filter((line) => line.includes('"level":50'))
    return errors
      .slice(-3)
      .map((line) => `\n${line.slice(0, 1500)}`)
      .join('')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child, ended } of Array.from(this.#commands)) {
      child.kill('SIGKILL')
      await ended
    }
    await stopLab(this.labDirectory)
    if (process.env['MIRAGE_TEST_KEEP']) console.info(`kept: ${this.dataDirectory}`)
    else rmSync(this.#place, { recursive: true, force: true, maxRetries: 5 })
  }
}

export function rowsOf(output: string): Row[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}

export interface Result {
  entities: string[]
  observations: string[]
  relationships: string[]
  findings: string[]
}

const volatile = new Map(manifest.map(({ id, volatile }) => [id, new Set<string>(volatile)]))
const everyVolatile = new Set(manifest.flatMap(({ volatile = [] }) => volatile))

/** Ids of observations, exchanges and findings of a run are made with the id of the run. */
const ofTheRun = ['run', 'runs', 'exchange', 'firstSeenAt', 'lastSeenAt', 'createdAt', 'changedAt', 'evaluatedAt']

export function resultOf(rows: Row[], run: string): Result {
  const lines = (kind: string, ...leaveOut: string[]): string[] =>
    rows
      .filter((row) => row.kind === kind)
      .map((row) => lineOf(row, run, new Set([...ofTheRun, ...leaveOut])))
      .sort()
  return {
    // Of an entity the latest value of each attribute is shown, which is a matter of time; its observations have them all.
    entities: lines('entity', 'attributes'),
    observations: lines('observation', 'id'),
    relationships: lines('relationship'),
    findings: lines('finding'),
  }
}

function lineOf(row: Row, run: string, leaveOut: Set<string>): string {
  const module = row['module']
  const unsteady = typeof module === 'string' ? (volatile.get(module) ?? new Set()) : everyVolatile
  return JSON.stringify(row, function replace(this: unknown, name: string, value: unknown) {
    if (leaveOut.has(name)) return undefined
    if (name !== 'attributes' || typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).filter(([attribute]) => !unsteady.has(attribute)))
  }).replaceAll(run, '<run>')
}

/** What each has and the other has not, in words short enough to read. */
export function differences(one: Result, other: Result): string[] {
  const found: string[] = []
  for (const kind of ['entities', 'observations', 'relationships', 'findings'] as const) {
    for (const [mark, from, to] of [
      ['-', one[kind], other[kind]],
      ['+', other[kind], one[kind]],
    ] as const) {
      const left = countOf(to)
      for (const line of from) {
        const count = left.get(line) ?? 0
        if (count > 0) left.set(line, count - 1)
        else found.push(`${mark} ${line.slice(0, 600)}`)
      }
    }
  }
  return found
}

export function countOf<T>(items: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return counts
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
