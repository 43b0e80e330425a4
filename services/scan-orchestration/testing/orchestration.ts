import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteSql } from '@mirage/adapters/sqlite/sql.ts'
import type { OutgoingEvent } from '@mirage/kit/event.ts'
import { silentLog } from '@mirage/kit/log.ts'
import { openMetrics } from '@mirage/kit/telemetry.ts'
import { testCall } from '@mirage/kit/testing/call.ts'
import type { CollectionFinished } from '@mirage/services/data-collection/contract.ts'
import type { ModuleInfo } from '@mirage/services/module-registry/contract.ts'
import type { Budget, Difference, LeasedTask, Run, RunDefinition } from '../contract.ts'
import { scanOrchestration } from '../service.ts'

const call = testCall()

type Sighting = {
  entity: string
  type: string
  value: string
  looks: { module: string; source?: string; attributes: object }[]
}

async function* stream<T>(items: T[]): AsyncIterable<T> {
  yield* items
}

function moduleOf(id: string, batch: number): ModuleInfo {
  return {
    id,
    version: 1,
    title: id,
    summary: '',
    homepage: '',
    consumes: [{ type: 'domain' }],
    produces: [],
    contact: 'stored',
    discloses: false,
    origin: id,
    useCases: ['footprint'],
    flags: [],
    limits: {},
    onlyInScope: false,
    volatile: [],
    sample: '',
    batch,
    enabled: true,
  }
}

/** The service on a database of its own, whose events come back to it when the test says so. */
export class Orchestration implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'mirage-leases-'))
  readonly #modules: string[]
  readonly #batch: number
  readonly #stack = new AsyncDisposableStack()
  #announced: OutgoingEvent[] = []
  #running!: Awaited<ReturnType<typeof scanOrchestration.start>>
  #stop = new AbortController()
  now = 1_000_000
  /** What data-storage holds of each run, in the order of the ids. */
  readonly sightings = new Map<string, Sighting[]>()

  private constructor(modules: string[], batch: number) {
    this.#modules = modules
    this.#batch = batch
    this.#stack.defer(() => rmSync(this.#folder, { recursive: true, force: true }))
  }

  static async open(modules = ['lookup'], batch = 1): Promise<Orchestration> {
    const orchestration = new Orchestration(modules, batch)
    await orchestration.#start()
    return orchestration
  }

  async #start(): Promise<void> {
    const stop = (this.#stop = new AbortController())
    const sql = await openSqliteSql({ path: join(this.#folder, 'scans.db') })
    this.#stack.use(sql)
    this.#running = await scanOrchestration.start({
      sql,
      bus: { pressure: async () => 0 } as never, // all it asks of the bus
      installation: { dataDirectory: this.#folder, masterKey: new Uint8Array(32), ownerKey: '' },
      registry: { listModules: async () => ({ items: this.#modules.map((id) => moduleOf(id, this.#batch)) }) } as never, // all it asks of it
      storage: { exportSightings: async ({ run }: { run: string }) => stream(this.sightings.get(run) ?? []) } as never, // asked for them when a run is compared
      correlation: {} as never,
      settings: {
        maxRuns: 4,
        leaseMs: 3_000,
        maxLostLeases: 5,
        minFreeBytes: 0,
        allowPrivateTargets: false,
        carryOn: true,
      },
      clock: { now: () => this.now },
      log: silentLog,
      metrics: openMetrics('scan-orchestration'),
      signal: stop.signal,
      announce: async (events) => void this.#announced.push(...events),
      caughtUp: async () => undefined,
    })
    const running = this.#running
    this.#stack.defer(async () => {
      stop.abort()
      await running[Symbol.asyncDispose]?.()
    })
  }

  /** Ends the service, in order or as by a death that leaves it no word, and starts it on the same data. */
  async restart(how: 'in order' | 'after a death'): Promise<void> {
    this.#stop.abort()
    if (how === 'in order') await this.#running[Symbol.asyncDispose]?.()
    await this.#start()
  }

  async #deliver(name: string, payloads: object[]): Promise<void> {
    const consumer = this.#running.consumes!.find(({ event }) => event.name === name)!
    const events = payloads.map((payload) => ({
      id: '',
      workspace: 'default',
      publishedAt: 0,
      payload,
      partial: false,
    }))
    await consumer.handle(events as never[]) // events of the consumer's own type
  }

  async run(seeds: number, budget: Budget = {}, more: Partial<RunDefinition> = {}): Promise<string> {
    const values = Array.from({ length: seeds }, (_, at) => ({ type: 'domain' as const, value: `n${at}.example` }))
    const definition = { seeds: values, modules: this.#modules, budget, ...more }
    const { run } = await this.#running.handlers.createRun({ definition }, call)
    const seen = this.#announced.filter((event) => event.name === 'observations.collected')
    this.#announced = []
    await this.#deliver(
      'observations.collected',
      seen.map(({ body }) => JSON.parse(body) as object),
    )
    return run
  }

  async lease(worker: string, slots = 64, waitMs = 0): Promise<LeasedTask[]> {
    const free = Object.fromEntries(this.#modules.map((id) => [id, slots]))
    const { tasks } = await this.#running.handlers.leaseTasks({ worker, free, others: 0, waitMs }, call)
    return tasks
  }

  async renew(worker: string, tasks: LeasedTask[], requests: number): Promise<number> {
    const leases = tasks.map(({ run, task, attempt }) => ({ run, task, attempt, requests, queries: 0 }))
    return (await this.#running.handlers.renewLeases({ worker, leases }, call)).stop.length
  }

  async giveBack(worker: string, tasks: LeasedTask[], requests: number): Promise<void> {
    const returned = tasks.map(({ run, task, attempt }) => ({
      run,
      task,
      attempt,
      requests,
      queries: 0,
      failed: false,
    }))
    await this.#running.handlers.returnTasks({ worker, tasks: returned }, call)
  }

  async leave(worker: string): Promise<void> {
    await this.#running.handlers.returnTasks({ worker, tasks: [], leaves: true }, call)
  }

  async finish(tasks: LeasedTask[], requests = 0, more: Partial<CollectionFinished> = {}): Promise<void> {
    const ends = tasks.map(({ run, task, attempt }): CollectionFinished => {
      const counts = { batches: 0, requests, queries: 0, observations: 0, dropped: 0, ms: 0 }
      return { run, task, attempt, outcome: 'empty', ...counts, ...more }
    })
    await this.#deliver('collection.finished', ends)
  }

  async pause(run: string): Promise<void> {
    await this.#running.handlers.pauseRun({ run }, call)
  }

  async resume(run: string): Promise<void> {
    await this.#running.handlers.resumeRun({ run }, call)
  }

  async halt(reason: string): Promise<void> {
    await this.#running.handlers.haltRuns({ reason }, call)
  }

  async compare(run: string, before: string): Promise<Difference[]> {
    return Array.fromAsync(
      (await this.#running.handlers.compareRuns({ run, before }, call)) as AsyncIterable<Difference>,
    )
  }

  async show(run: string): Promise<Run> {
    return this.#running.handlers.getRun({ run }, call)
  }

  async list(): Promise<Run[]> {
    const { items } = await this.#running.handlers.listRuns({}, call)
    return items
  }

  /** Changes what lies in its database behind its back. */
  damage(statement: string): void {
    using database = new DatabaseSync(join(this.#folder, 'scans.db'))
    database.exec(statement)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}
