import { fork } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { announcement, type OutgoingEvent } from '@mirage/kit/event.ts'
import { createClient } from '@mirage/kit/client.ts'
import { othersTurn, systemClock } from '@mirage/kit/clock.ts'
import { openDispatch } from '@mirage/kit/dispatch.ts'
import { openTokens } from '@mirage/kit/token.ts'
import { openSqliteBus } from '@mirage/adapters/sqlite/bus.ts'
import { entityRef } from '@mirage/model/entity.ts'
import { type Observation, observationId } from '@mirage/model/observation.ts'
import { relationshipId } from '@mirage/model/relationship.ts'
import { openInstallation } from '@mirage/server/data-directory/installation.ts'
import { startMirage } from '@mirage/server/start.ts'
import { collectionFinished, observationsCollected } from '@mirage/services/data-collection/contract.ts'
import { scans } from '@mirage/services/scan-orchestration/contract.ts'
import type { Figure } from './figure.ts'

/**
 * The whole path behind a module: one new host name an observation, announced in batches of 500, until it is routed,
 * stored, searchable and in the graph. Everything real but the module: this program stands in for the collector.
 */

// As the command does: threads then start from compiled code.
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'mirage'))

const perBatch = 500
const tasksAtOnce = 4
const apex = 'northwind.example'
const everyone = ['auth', 'module-registry', 'data-storage', 'correlation-engine', 'scan-orchestration', 'api-gateway']
const readers = /^(data-storage|correlation-engine|scan-orchestration):observations\.collected$/

export async function benchPath(sizes = [10_000, 100_000, 1_000_000]): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const size of sizes) figures.push(...(await measureApart(size)))
  return figures
}

/** In a process of its own, with the flags of this one: memory that another size left behind is not counted. */
function measureApart(size: number): Promise<Figure[]> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [String(size)], { stdio: ['ignore', 2, 2, 'ipc'] })
    let figures: Figure[] | undefined
    child.on('message', (message) => (figures = message as Figure[]))
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      figures ? resolve(figures) : reject(new Error(`the path over ${size} observations ended with ${signal ?? code}`)),
    )
  })
}

async function measure(size: number): Promise<Figure[]> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'mirage-path-'))
  try {
    await using _server = await startMirage({ dataDirectory, services: everyone })
    const { masterKey } = openInstallation(dataDirectory, undefined)
    const tokens = openTokens(masterKey, systemClock)
    await using dispatch = openDispatch({
      addressOf: (service) => ({ socket: join(dataDirectory, 'sockets', `${service}.sock`) }),
      authorization: async () =>
        `Bearer ${await tokens.issue({ caller: { kind: 'service', id: 'bench' }, workspace: 'default', rights: [] })}`,
    })
    await using bus = await openSqliteBus({ path: join(dataDirectory, 'bus.db'), now: () => systemClock.now() })
    const client = createClient(scans, dispatch.wire)
    const { run } = await client.createRun({
      definition: { seeds: [{ type: 'domain', value: apex }], modules: ['dns-brute'] },
    })
    const { tasks } = await client.leaseTasks({ worker: 'bench#1', free: { 'dns-brute': 1 }, others: 0, waitMs: 5000 })
    const { task, attempt } = tasks[0]!
    const lags = async (): Promise<number> => {
      const states = await bus.states()
      return Math.max(...states.filter(({ name }) => readers.test(name)).map(({ lag }) => lag))
    }

    const delays: number[] = []
    const answers: number[] = []
    const resident: number[] = []
    let due = performance.now()
    const beat = setInterval(() => {
      delays.push(Math.max(0, performance.now() - due - 5))
      due = performance.now()
    }, 5)
    const renew = setInterval(() => {
      void client.renewLeases({ worker: 'bench#1', leases: [{ run, task, attempt, requests: 0, queries: 1 }] })
      resident.push(process.memoryUsage.rss())
    }, 500)
    const ask = setInterval(() => {
      const askedAt = performance.now()
      void client.listRuns({}).then(() => answers.push(performance.now() - askedAt))
    }, 50)
    const batches = Math.ceil(size / perBatch)
    const collected = (index: number): OutgoingEvent => {
      const observations = Array.from({ length: perBatch }, (_, i) => sighting(run, index * perBatch + i))
      const batch = { run, task, attempt, index, module: 'dns-brute', moduleVersion: 1, observations, findings: [] }
      return announcement(observationsCollected, 'default', `${run}/${task}/${attempt}/${index}`, batch)
    }
    const publishedAt = performance.now()
    await bus.publish([collected(0)])
    // The readers' threads start with the first observation there is.
    while ((await lags()) > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    const startedAt = performance.now()
    const before = processorTimes()
    const writtenBefore = bytesWritten()
    // As of four tasks at once: what comes together is flushed together.
    for (let index = 1; index < batches; index += tasksAtOnce) {
      const events: OutgoingEvent[] = []
      for (let i = index; i < Math.min(index + tasksAtOnce, batches); i++) {
        events.push(collected(i))
        await othersTurn()
      }
      await bus.publish(events)
      // Back pressure as leases give it: never far ahead of the slowest reader.
      await until(async () => (await lags()) <= 40)
    }
    await until(async () => (await lags()) === 0)
    const seconds = (performance.now() - startedAt) / 1000
    const spent = processorTimes()
    const written = bytesWritten()
    clearInterval(beat)
    clearInterval(renew)
    clearInterval(ask)
    const end = { batches, outcome: 'found' as const, requests: 0, queries: 0, observations: size, dropped: 0, ms: 0 }
    await bus.publish([
      announcement(collectionFinished, 'default', `${run}/${task}/${attempt}`, { run, task, attempt, ...end }),
    ])
    // A worker that finds nothing left to do: only then is the run known to have drained.
    while ((await client.getRun({ run })).status !== 'finished')
      await client.leaseTasks({ worker: 'bench#1', free: { 'dns-brute': 1 }, others: 0, waitMs: 20 })
    const { entities, observations } = await client.getRun({ run })
    const drainedAt = performance.now()
    const name = `path, ${size.toLocaleString('en')} observations`
    const half = resident.slice(resident.length >> 1)
    return [
      { name, value: Math.round((size - perBatch) / seconds), unit: 'observations/s', limit: 15_000 },
      { name: `${name}: until the first are everywhere`, value: Math.round(startedAt - publishedAt), unit: 'ms' },
      ...[...spent].map(([thread, ms]) => ({
        name: `${name}: processor time of ${thread}`,
        value: ((ms - (before.get(thread) ?? 0)) * 1000) / (size - perBatch),
        unit: 'µs an observation',
      })),
      ...[...written].map(([thread, bytes]) => ({
        name: `${name}: written by ${thread}`,
        value: (bytes - (writtenBefore.get(thread) ?? 0)) / (size - perBatch),
        unit: 'bytes an observation',
      })),
      { name: `${name}: kept`, value: observations - 1, unit: 'observations', limit: size },
      { name: `${name}: entities`, value: entities - 1, unit: 'entities', limit: size },
      { name: `${name}: until the run is over`, value: Math.round(drainedAt - startedAt - seconds * 1000), unit: 'ms' },
      {
        name: `${name}: resident at most`,
        value: Math.round(Math.max(...resident, process.memoryUsage.rss()) / 1e6),
        unit: 'MB',
        limit: 700,
      },
      {
        name: `${name}: growth over the second half`,
        value: Math.round(((half.at(-1) ?? 0) - (half[0] ?? 0)) / 1e6),
        unit: 'MB',
      },
      {
        name: `${name}: main loop p99`,
        value: Math.round(p99(delays)),
        unit: 'ms',
        limit: 100,
      },
      { name: `${name}: API p99`, value: Math.round(p99(answers)), unit: 'ms', limit: 100 },
      { name: `${name}: on disk`, value: Math.round(sizeOf(dataDirectory) / size), unit: 'bytes an observation' },
    ]
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true })
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}

function sighting(run: string, number: number): Observation {
  const source = entityRef('domain', apex)
  const entity = entityRef('domain', `host-${number.toString(36)}.${apex}`)
  const id = observationId({
    run,
    module: 'dns-brute',
    source: source.id,
    kind: 'subdomain',
    direction: 'out',
    entity: entity.id,
    key: '',
  })
  const edge = {
    id: relationshipId(source.id, 'subdomain', '', entity.id),
    kind: 'subdomain' as const,
    qualifier: '',
    direction: 'out' as const,
  }
  return {
    id,
    entity,
    source,
    edge,
    key: '',
    at: 1_770_000_000_000 + number,
    attributes: { issuer: 'C=US, O=Example CA' },
  }
}

function p99(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0
}

/** Bytes handed to files by thread, where the system tells. */
function bytesWritten(): Map<string, number> {
  const written = new Map<string, number>()
  for (const { thread, folder } of threadsOfProcess()) {
    const bytes = Number(/^wchar: (\d+)$/m.exec(readFileSync(join(folder, 'io'), 'utf8'))?.[1] ?? 0)
    written.set(thread, (written.get(thread) ?? 0) + bytes)
  }
  return written
}

/** Milliseconds on a processor by thread, where the system tells: wall time says little on a machine that others use. */
function processorTimes(): Map<string, number> {
  const times = new Map<string, number>()
  for (const { thread, folder } of threadsOfProcess()) {
    // User and system time in ticks of 10 ms: fields 14 and 15, counted behind the name in parentheses.
    const [user, system] = readFileSync(join(folder, 'stat'), 'utf8').split(') ')[1]!.split(' ').slice(11, 13)
    times.set(thread, (times.get(thread) ?? 0) + (Number(user) + Number(system)) * 10)
  }
  return times
}

/** Threads of this process where the system lists them (Linux, /proc). */
function threadsOfProcess(): { thread: string; folder: string }[] {
  const tasks = '/proc/self/task'
  if (!existsSync(tasks)) return []
  return readdirSync(tasks).map((task) => {
    const folder = join(tasks, task)
    const name = readFileSync(join(folder, 'comm'), 'utf8').trim()
    return { thread: { MainThread: 'main', store: 'store', graph: 'graph' }[name] ?? 'the runtime', folder }
  })
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((total, entry) => total + statSync(join(entry.parentPath, entry.name)).size, 0)
}

if (import.meta.main) {
  const sizes = process.argv.slice(2).map(Number)
  if (process.send) {
    process.send(await measure(sizes[0]!))
    process.disconnect()
  } else {
    for (const { name, value, unit, limit } of await benchPath(sizes.length > 0 ? sizes : undefined))
      console.log(
        `${name}: ${value.toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}${limit === undefined ? '' : ` (asked for: ${limit.toLocaleString('en')})`}`,
      )
  }
}
