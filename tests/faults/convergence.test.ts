import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteBus } from '@mirage/adapters/sqlite/bus.ts'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { openSqliteGraph } from '@mirage/adapters/sqlite/graph.ts'
import { openSqliteSearch } from '@mirage/adapters/sqlite/search.ts'
import { openSqliteSql } from '@mirage/adapters/sqlite/sql.ts'
import { consume } from '@mirage/kit/consume.ts'
import type { OutgoingEvent } from '@mirage/kit/event.ts'
import { silentLog } from '@mirage/kit/log.ts'
import { itemsOf } from '@mirage/kit/pages.ts'
import type { Consumer } from '@mirage/kit/service.ts'
import { openMetrics } from '@mirage/kit/telemetry.ts'
import { testCall } from '@mirage/kit/testing/call.ts'
import type { DeliveredEvent } from '@mirage/ports/bus.ts'
import { correlationEngine } from '@mirage/services/correlation-engine/service.ts'
import { dataStorage } from '@mirage/services/data-storage/service.ts'
import { scanOrchestration } from '@mirage/services/scan-orchestration/service.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nothingStored } from './correlation.ts'
import { demoScan, Installation } from './installation.ts'

/**
 * What was published during a real run is given to each of its three readers again: as it was, twice, backwards, and
 * with every batch in halves. Each must end in the same state, whichever way it came.
 */

const workspace = 'default'
const now = Date.parse('2026-06-01T12:00:00Z')

/** Ways in which a stream may arrive. Each answers deliveries, one after the other. */
const ways: Record<string, (events: DeliveredEvent[]) => DeliveredEvent[][]> = {
  'as it was': (events) => heaps(events),
  'in one heap': (events) => [events],
  twice: (events) => heaps(events).flatMap((heap) => [heap, heap]),
  'twice as a whole': (events) => [events, events],
  backwards: (events) => heaps(events.toReversed()),
  'backwards, one by one': (events) => events.toReversed().map((event) => [event]),
}

function heaps(events: DeliveredEvent[]): DeliveredEvent[][] {
  return Array.from({ length: Math.ceil(events.length / 8) }, (_, i) => events.slice(i * 8, i * 8 + 8))
}

interface Reader extends AsyncDisposable {
  consumers: Consumer[]
  state(): Promise<unknown>
}

type OpenReader = (folder: string, announced: OutgoingEvent[], signal: AbortSignal) => Promise<Reader>

let place = ''
let run = ''
let events: DeliveredEvent[] = []
let recorded: Installation

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'mirage-convergence-'))
  recorded = await Installation.create()
  const modules = 'dns-resolve dns-brute dns-transfer http-probe crawler extract-contacts certspotter rdap-domain'
  const rows = await recorded.rows(...demoScan(modules, '--quiet'))
  run = rows.at(-1)!['run'] as string
  events = await publishedIn(recorded.dataDirectory)
}, 120_000)
afterAll(async () => {
  rmSync(place, { recursive: true, force: true })
  await recorded?.[Symbol.asyncDispose]()
})

async function publishedIn(dataDirectory: string): Promise<DeliveredEvent[]> {
  const seen: DeliveredEvent[] = []
  const options = { path: join(dataDirectory, 'bus.db'), offsets: join(place, 'offsets.db'), now: () => Date.now() }
  await using bus = await openSqliteBus(options)
  const names = ['observations.collected', 'collection.finished', 'run.drained']
  await using subscription = await bus.subscribe(
    { name: 'test:everything', events: names },
    async (events) => void seen.push(...events),
  )
  await subscription.drained()
  return seen
}

const call = testCall()

async function all<T>(rows: AsyncIterable<T> | Promise<AsyncIterable<T>>): Promise<string[]> {
  const lines: string[] = []
  for await (const row of await rows) lines.push(JSON.stringify(row))
  return lines
}

/** What was said at the end, once. */
function settledOf(announced: OutgoingEvent[]): string[] {
  return [...new Set(announced.filter(({ name }) => name === 'run.settled').map(({ body }) => body))]
}

function surroundings(service: string, announced: OutgoingEvent[], signal: AbortSignal) {
  return {
    clock: { now: () => now },
    log: silentLog,
    metrics: openMetrics(service),
    signal,
    announce: async (events: OutgoingEvent[]) => void announced.push(...events),
    caughtUp: async () => undefined,
  }
}

/** Batches are delivered after the end of their run, too: what is missing then will come. */
const everythingComes = {
  repeatTasks: async () => ({ coming: true }),
  announceDrained: async () => ({}),
  getRun: async () => ({ status: 'finished', losses: 0 }),
} as never // only these are called

const openStorage: OpenReader = async (folder, announced, signal) => {
  const documents = await openSqliteDocuments({ path: join(folder, 'documents'), perWorkspace: true, use: 'data' })
  const search = await openSqliteSearch({ path: join(folder, 'search'), now: () => now, followMs: 5 })
  const { consumes = [], handlers } = await dataStorage.start({
    documents,
    search,
    scans: everythingComes,
    settings: { eventsPerWrite: 16 },
    ...surroundings('data-storage', announced, signal),
  })
  return {
    consumers: consumes,
    async state() {
      while ((await search.delay(workspace)).records > 0) await new Promise((resume) => setTimeout(resume, 10))
      const { total } = await handlers.searchEntities({ run, query: 'type:domain "mail"', limit: 1 }, call)
      return {
        entities: await all(handlers.exportEntities({ run }, call)),
        observations: await all(handlers.exportObservations({ run }, call)),
        relationships: await all(handlers.exportRelationships({ run }, call)),
        settled: settledOf(announced),
        mails: total,
      }
    },
    async [Symbol.asyncDispose]() {
      await documents[Symbol.asyncDispose]()
      await search[Symbol.asyncDispose]()
    },
  }
}

const openCorrelation: OpenReader = async (folder, announced, signal) => {
  const documents = await openSqliteDocuments({ path: join(folder, 'findings.db'), perWorkspace: false, use: 'data' })
  const graph = await openSqliteGraph({ path: join(folder, 'graph') })
  const running = await correlationEngine.start({
    documents,
    graph,
    scans: everythingComes,
    storage: nothingStored,
    settings: { evaluateEveryMs: 60_000 },
    ...surroundings('correlation-engine', announced, signal),
  })
  for (const { rebuild, rebuildNow } of running.consumes ?? []) if (rebuildNow) await rebuild?.()
  return {
    consumers: running.consumes ?? [],
    async state() {
      return {
        graph: (await all(running.handlers.exportGraph({ run }, call))).sort(),
        findings: await all(running.handlers.exportFindings({ run }, call)),
        counts: await running.handlers.countGraph({ run }, call),
        settled: settledOf(announced),
      }
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]?.()
      await documents[Symbol.asyncDispose]()
      await graph[Symbol.asyncDispose]()
    },
  }
}

const openOrchestration: OpenReader = async (folder, announced, signal) => {
  const path = join(folder, 'scans.db')
  const start = async (signal: AbortSignal) => {
    const sql = await openSqliteSql({ path })
    const running = await scanOrchestration.start({
      sql,
      bus: { pressure: async () => 0 } as never, // all it asks of the bus
      installation: { dataDirectory: folder, masterKey: new Uint8Array(32), ownerKey: '' },
      registry: {} as never, // asked when a run is planned
      storage: {} as never, // asked when a run is compared or deleted
      correlation: {} as never,
      settings: {
        maxRuns: 4,
        leaseMs: 60_000,
        maxLostLeases: 30,
        minFreeBytes: 0,
        allowPrivateTargets: false,
        carryOn: true,
      },
      ...surroundings('scan-orchestration', announced, signal),
    })
    return { sql, running }
  }
  const first = new AbortController()
  const empty = await start(first.signal)
  first.abort()
  await empty.running[Symbol.asyncDispose]?.()
  await empty.sql[Symbol.asyncDispose]()
  giveOutEverything(join(recorded.dataDirectory, 'scan-orchestration.db'), path)
  const { sql, running } = await start(signal)
  return {
    consumers: running.consumes ?? [],
    async state() {
      const { status, entities, observations, requests, queries, byType, outcomes, losses } =
        await running.handlers.getRun({ run }, call)
      const reached = await all(itemsOf((place) => running.handlers.listReached({ run, ...place }, call)))
      return { status, entities, observations, requests, queries, byType, outcomes, losses, reached }
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]?.()
      await sql[Symbol.asyncDispose]()
    },
  }
}

/** The recorded run as it was when every task had been given out and nothing had come back. */
function giveOutEverything(from: string, to: string): void {
  using source = new DatabaseSync(from, { readOnly: true })
  using target = new DatabaseSync(to)
  const copy = (table: string, change: Record<string, unknown>): void => {
    for (const row of source.prepare(`select * from ${table}`).all()) {
      const changed = { ...row, ...(row['number'] === 0 ? {} : change) }
      const columns = Object.keys(changed)
      target
        .prepare(`insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`)
        .run(...(Object.values(changed) as (string | number | null)[]))
    }
  }
  const fresh = { status: 'running', stopping: null, round: 0, drained_round: 0, summary: null, ended_at: null }
  copy('run', { ...fresh, requests: 0, queries: 0, announced: '' })
  const open = {
    status: 'leased',
    worker: 'test',
    finished: null,
    finished_attempt: null,
    batches: null,
    outcome: null,
  }
  copy('task', { ...open, observations: 0, closed: null })
  target.prepare("update task set status = 'routing', closed = null where number = 0").run()
}

const readers: Record<string, OpenReader> = {
  'data-storage': openStorage,
  'correlation-engine': openCorrelation,
  'scan-orchestration': openOrchestration,
}

describe.each(Object.keys(readers))('%s', (name) => {
  let count = 0

  /** Its state after all events came to a reader that starts from nothing. */
  async function stateAfter(feed: (reader: Reader) => Promise<void>): Promise<unknown> {
    const stop = new AbortController()
    const announced: OutgoingEvent[] = []
    await using reader = await readers[name]!(join(place, `${name}-${count++}`), announced, stop.signal)
    try {
      await feed(reader)
      return await reader.state()
    } finally {
      stop.abort()
    }
  }

  async function deliver({ consumers }: Reader, delivery: DeliveredEvent[]): Promise<void> {
    const poison = {
      log: silentLog,
      signal: call.signal,
      async setAside(event: DeliveredEvent, reason: string) {
        throw new Error(`${event.name} was set aside: ${reason}`)
      },
    }
    for (const consumer of consumers) {
      const its = delivery.filter(({ name }) => name === consumer.event.name)
      for (let from = 0; from < its.length; from += consumer.maxEvents)
        await consume(consumer, its.slice(from, from + consumer.maxEvents), poison)
    }
  }

  async function deliverInHalves({ consumers }: Reader, event: DeliveredEvent): Promise<void> {
    for (const consumer of consumers) {
      if (event.name !== consumer.event.name) continue
      const whole = { ...event, payload: JSON.parse(event.body) as never, partial: false }
      const halves = consumer.split?.(whole.payload)
      if (!halves) await consumer.handle([whole] as never[])
      else {
        for (const payload of halves.toReversed())
          await consumer.handle([{ ...whole, payload, partial: true }] as never[])
        await consumer.settle!(whole, 0)
      }
    }
  }

  it('ends in the same state whichever way the events of a run come', { timeout: 120_000 }, async () => {
    expect(events.length).toBeGreaterThan(100)
    const [[, first]] = Object.entries(ways) as [[string, (typeof ways)[string]]]
    const expected = await stateAfter(async (reader) => {
      for (const delivery of first(events)) await deliver(reader, delivery)
    })
    expect(JSON.stringify(expected).length).toBeGreaterThan(10_000)
    for (const [way, arrive] of Object.entries(ways).slice(1)) {
      const state = await stateAfter(async (reader) => {
        for (const delivery of arrive(events)) await deliver(reader, delivery)
      })
      expect(state, way).toEqual(expected)
    }
    const halved = await stateAfter(async (reader) => {
      for (const event of events) await deliverInHalves(reader, event)
    })
    expect(halved, 'in halves').toEqual(expected)
  })
})
