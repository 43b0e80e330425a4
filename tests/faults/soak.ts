import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { manifest } from '@mirage/modules/manifest.generated.ts'
import { chance, type Command, delay, differences, Installation, type Result, rowsOf } from './installation.ts'

/**
 * `npm run soak -- 20`: scans the demo company with every module, so many times, each in a data directory of its own and
 * disturbed in another way at moments of chance, and says what differs from the first scan, which nothing disturbs.
 * `npm run soak -- 20 kill pause` disturbs in these ways only; `MIRAGE_TEST_SEED` chooses the same moments again, and
 * `MIRAGE_SOAK_SCAN` adds options to the scan, such as “--profile investigate”.
 * Ends with 1 where anything differed.
 */

const options = (process.env['MIRAGE_SOAK_SCAN'] ?? '').split(' ').filter((word) => word !== '')
const scan = ['scan', 'northwind.example', '--lab', '--json', '--quiet', ...options]
/** How often one scan is disturbed. */
const disturbances = 3
/** What a scan takes longest, in which it is disturbed; on a slow machine more. Milliseconds. */
const within = Number(process.env['MIRAGE_SOAK_MS'] ?? 8_000)

/** Brings one scan to its end, however it is disturbed on the way, and answers its run. */
type Way = (installation: Installation, random: () => number) => Promise<string>

const ways: Record<string, Way> = {
  /** In one process, undisturbed. */
  async alone(installation) {
    return runOf((await installation.rows(...scan)).at(-1))
  },

  /** With each service in a process of its own, undisturbed. */
  async split(installation) {
    await startServer(installation, '--split')
    return runOf((await installation.rows(...scan)).at(-1))
  },

  /** Ctrl-C, and resumed. */
  async interrupt(installation, random) {
    return again(installation, random, 'SIGINT')
  },

  /** Its process is killed, and it is resumed. */
  async kill(installation, random) {
    return again(installation, random, 'SIGKILL')
  },

  /** Paused and resumed over the API, while the server stays. */
  async pause(installation, random) {
    await startServer(installation)
    const command = installation.start(...scan)
    await command.says('"kind":"run"')
    const run = await firstRun(installation)
    for (let i = 0; i < disturbances; i++) {
      await delay((random() * within) / disturbances)
      if ((await installation.run('pause', run)).code !== 0) break
      await delay(random() * 1_000)
      const resumed = installation.start('resume', run, '--json', '--quiet')
      await resumed.says('"kind":"run"')
    }
    await ended(installation, run)
    return run
  },

  /** The collector is killed again and again, with each service in a process of its own. */
  async collector(installation, random) {
    const server = await startServer(installation, '--split')
    const command = installation.start(...scan)
    await command.says('"kind":"run"')
    const run = await firstRun(installation)
    for (let i = 0; i < disturbances; i++) {
      await delay((random() * within) / disturbances)
      if ((await installation.show(run)).status === 'finished') break
      const lock = join(installation.dataDirectory, 'locks', 'data-collection.json')
      process.kill((JSON.parse(readFileSync(lock, 'utf8')) as { pid: number }).pid, 'SIGKILL')
      await server.says(new RegExp(`(data-collection runs again[\\s\\S]*){${i + 1}}`))
    }
    await ended(installation, run)
    return run
  },
}

/** The scan in this process's children, each of which is ended by `signal` at some moment, until one comes to the end. */
async function again(installation: Installation, random: () => number, signal: NodeJS.Signals): Promise<string> {
  let run: string | undefined
  for (let i = 0; i < disturbances; i++) {
    const command = run === undefined ? installation.start(...scan) : resume(installation, run)
    let isOver = false
    void command.ended.then(() => (isOver = true))
    if (run === undefined) await command.says('"kind":"run"')
    await delay((random() * within) / disturbances)
    if (!isOver) command.child.kill(signal)
    const { code, stdout } = await command.ended
    run ??= rowsOf(stdout.slice(0, stdout.lastIndexOf('\n'))).find(({ kind }) => kind === 'run')!['run'] as string
    if (code === 0) return run
  }
  if ((await installation.show(run!)).status !== 'finished') {
    const { code, stderr } = await resume(installation, run!).ended
    if (code !== 0) throw new Error(`the run could not be resumed:\n${stderr}${installation.trouble()}`)
  }
  return run!
}

function resume(installation: Installation, run: string): Command {
  return installation.start('resume', run, '--json', '--quiet')
}

async function startServer(installation: Installation, ...options: string[]): Promise<Command> {
  const server = installation.start('serve', '--port', '0', ...options)
  await server.says('Ctrl-C stops')
  return server
}

async function firstRun(installation: Installation): Promise<string> {
  return runOf((await installation.rows('runs', '--json')).at(0))
}

function runOf(row: Record<string, unknown> | undefined): string {
  return row?.['run'] as string // of every run and of every summary
}

async function ended(installation: Installation, run: string): Promise<void> {
  while ((await installation.show(run)).status !== 'finished') await delay(200)
}

interface Outcome {
  result: Result
  /** What is shown of a run, and how its tasks ended that found nothing for a reason. */
  shown: Record<string, unknown>
}

/** How many tasks these modules make of what they find at the moment is chance. */
const batched = new Set(manifest.filter(({ batch }) => batch !== undefined).map(({ id }) => id))

async function outcomeOf(way: Way, random: () => number): Promise<Outcome> {
  await using installation = await Installation.create()
  current = installation
  const run = await way(installation, random)
  const [row] = await installation.rows('show', run, '--json')
  const { status, stopReason, losses, entities, observations, relationships, findings, byType, modules } = row!
  const lanes = modules as { module: string; outcomes: Record<string, number> }[] // as “show” writes them
  const reasons = lanes.map(({ module, outcomes }) => {
    const others = Object.entries(outcomes).filter(([outcome]) => outcome !== 'found' && outcome !== 'empty')
    return [module, batched.has(module) ? others.map(([outcome]) => outcome) : Object.fromEntries(others)]
  })
  return {
    result: await installation.result(run),
    shown: {
      status,
      stopReason,
      losses,
      entities,
      observations,
      relationships,
      findings,
      byType,
      reasons: Object.fromEntries(reasons),
    },
  }
}

/** What is different in `other`, a line each. */
function compare(one: Outcome, other: Outcome): string[] {
  const found = differences(one.result, other.result)
  for (const name of Object.keys(one.shown)) {
    const [before, after] = [one, other].map(({ shown }) => sortedJson(shown[name]))
    if (before !== after) found.push(`- ${name} ${before}`, `+ ${name} ${after}`)
  }
  return found
}

/** JSON with the names of every object in order. */
function sortedJson(value: unknown): string | undefined {
  return JSON.stringify(value, (_name, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}

/** Removed with all its processes when this one is told to stop. */
let current: Installation | undefined

async function leave(): Promise<void> {
  await current?.[Symbol.asyncDispose]()
  process.exit(130)
}

process.once('SIGINT', () => void leave()).once('SIGTERM', () => void leave())

const [count = '6', ...named] = process.argv.slice(2)
const seed = Number(process.env['MIRAGE_TEST_SEED'] ?? Date.now() % 1_000_000)
const names = named.length > 0 ? named : Object.keys(ways)
const unknown = names.find((name) => !(name in ways))
if (unknown !== undefined || !/^\d+$/.test(count)) {
  console.error(`npm run soak -- COUNT [WAY …]; the ways are: ${Object.keys(ways).join(', ')}.`)
  process.exit(2)
}
console.log(`MIRAGE_TEST_SEED=${seed}`)
const first = await outcomeOf(ways['alone']!, chance(seed))
console.log(`undisturbed: ${JSON.stringify({ ...first.shown, byType: undefined })}`)
for (let i = 0; i < Number(count); i++) {
  const name = names[i % names.length]!
  let found: string[]
  try {
    found = compare(first, await outcomeOf(ways[name]!, chance(seed + i)))
  } catch (error) {
    found = [(error as Error).message]
  }
  console.log(`${i + 1} ${name}: ${found.length === 0 ? 'the same' : `differs\n${found.join('\n')}`}`)
  if (found.length > 0) process.exitCode = 1
}
