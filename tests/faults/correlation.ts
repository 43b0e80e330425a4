import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { openSqliteGraph } from '@mirage/adapters/sqlite/graph.ts'
import { consume } from '@mirage/kit/consume.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import type { OutgoingEvent } from '@mirage/kit/event.ts'
import { silentLog } from '@mirage/kit/log.ts'
import type { Consumer } from '@mirage/kit/service.ts'
import { openMetrics } from '@mirage/kit/telemetry.ts'
import { testCall } from '@mirage/kit/testing/call.ts'
import type { DeliveredEvent } from '@mirage/ports/bus.ts'
import type { Documents } from '@mirage/ports/documents.ts'
import type { Graph } from '@mirage/ports/graph.ts'
import type { Finding } from '@mirage/services/correlation-engine/contract.ts'
import { correlationEngine } from '@mirage/services/correlation-engine/service.ts'
import { type ObservationBatch, observationsCollected } from '@mirage/services/data-collection/contract.ts'
import type { Run } from '@mirage/services/scan-orchestration/contract.ts'
import { deliveredBatch, now, workspace } from './company.ts'

/** The correlation engine on stores of its own, fed as by the bus, and what can be seen of it from outside. */

export interface Options {
  evaluateEveryMs?: number
  /** Called before each announcement; may throw. */
  onAnnounce?: () => void
  /** Stands between the service and its graph. */
  wrapGraph?: (graph: Graph) => Graph
  runs?: Record<string, Partial<Run>>
  storage?: typeof nothingStored
  differences?: { kind: 'unconfirmed'; id: string; type: string; value: string; reason: string }[]
}

export type Stores = {
  documents: Documents
  graph: Graph
  announced: OutgoingEvent[]
  letters: string[]
} & AsyncDisposable

export async function openStores(): Promise<Stores> {
  const path = mkdtempSync(join(tmpdir(), 'mirage-correlation-'))
  const documents = await openSqliteDocuments({ path: join(path, 'documents.db'), perWorkspace: false, use: 'data' })
  const graph = await openSqliteGraph({ path: join(path, 'graph') })
  return {
    documents,
    graph,
    announced: [],
    letters: [],
    async [Symbol.asyncDispose]() {
      await documents[Symbol.asyncDispose]()
      await graph[Symbol.asyncDispose]()
      rmSync(path, { recursive: true, force: true })
    },
  }
}

const noPage = async () => ({ items: [] })
/** A data-storage that holds nothing. */
export const nothingStored = {
  listWorkspaces: noPage,
  listAppliedBatches: noPage,
  listVoices: noPage,
  listRetold: noPage,
  listDrainedRuns: noPage,
} as never // only these are called

/** The service on these stores, as after a start: whatever was in memory before is gone. */
export async function open(
  stores: Stores,
  {
    onAnnounce,
    wrapGraph,
    runs = {},
    differences = [],
    storage = nothingStored,
    evaluateEveryMs = 60_000,
  }: Options = {},
) {
  const stop = new AbortController()
  const running = await correlationEngine.start({
    documents: stores.documents,
    graph: wrapGraph ? wrapGraph(stores.graph) : stores.graph,
    scans: {
      getRun: async ({ run }: { run: string }) => {
        const found = runs[run]
        if (!found) throw new MirageError({ code: 'runs.not_found', status: 404, detail: 'no such run' })
        return found as Run
      },
      compareRuns: async function* () {
        yield* differences
      },
      repeatTasks: async () => ({ coming: true }),
      announceDrained: async () => ({}),
    } as never, // only these are called
    storage,
    settings: { evaluateEveryMs },
    clock: { now: () => now },
    log: silentLog,
    metrics: openMetrics('correlation-engine'),
    signal: stop.signal,
    announce: async (events) => {
      onAnnounce?.()
      stores.announced.push(...events)
    },
    caughtUp: async () => undefined,
  })
  const consumers = running.consumes!
  for (const { rebuild, rebuildNow } of consumers) if (rebuildNow) await rebuild?.()
  const poison = {
    log: silentLog,
    signal: stop.signal,
    setAside: async (event: DeliveredEvent, reason: string) => void stores.letters.push(`${event.name}: ${reason}`),
  }
  return {
    handlers: running.handlers,
    consumers,
    call: testCall({ workspace, signal: stop.signal }),
    /** Gives events of one name to their consumer, as the bus does. */
    async deliver(...events: DeliveredEvent[]): Promise<void> {
      const consumer = consumers.find(({ event }) => event.name === events[0]?.name) as Consumer
      await consume(consumer, events, poison)
    },
    /** The same in halves, each handled by itself, as when something in it could not be handled. */
    async deliverSplit(batch: ObservationBatch): Promise<void> {
      const consumer = consumers.find(({ event }) => event === observationsCollected)!
      const event = { ...deliveredBatch(batch), payload: batch, partial: false }
      for (const half of consumer.split!(batch as never) ?? [batch])
        await consumer.handle([{ ...event, payload: half, partial: true }] as never)
      await consumer.settle!(event as never, 0)
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running[Symbol.asyncDispose]?.()
    },
  }
}

export async function all<T>(rows: AsyncIterable<T> | Promise<AsyncIterable<T>>): Promise<T[]> {
  return Array.fromAsync(await rows)
}

/** Everything that can be seen of a run from outside. */
export async function stateOf(stores: Stores, run: string): Promise<unknown> {
  await using service = await open(stores)
  const { handlers, call } = service
  const rows = await all(handlers.exportGraph({ run }, call))
  const latest = new Map<string, Finding>()
  for (const { name, body } of stores.announced)
    if (name === 'findings.changed')
      for (const finding of (JSON.parse(body) as { findings: Finding[] }).findings) latest.set(finding.id, finding)
  const settled = stores.announced.filter(({ name }) => name === 'run.settled').map(({ id, body }) => `${id} ${body}`)
  return {
    graph: rows.map((row) => JSON.stringify(row)).sort(),
    findings: await all(handlers.exportFindings({ run }, call)),
    counts: await handlers.countGraph({ run }, call),
    announced: [...latest.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    settled: [...new Set(settled)],
  }
}
