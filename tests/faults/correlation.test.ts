import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { openSqliteGraph } from '@mirage/adapters/sqlite/graph.ts'
import { pause } from '@mirage/kit/clock.ts'
import { consume } from '@mirage/kit/consume.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { announcement, type OutgoingEvent } from '@mirage/kit/event.ts'
import { silentLog } from '@mirage/kit/log.ts'
import type { Consumer } from '@mirage/kit/service.ts'
import { openMetrics } from '@mirage/kit/telemetry.ts'
import { type EntityType, entityRef } from '@mirage/model/entity.ts'
import { type Observation, observationId } from '@mirage/model/observation.ts'
import { type RelationshipKind, relationshipId } from '@mirage/model/relationship.ts'
import type { DeliveredEvent } from '@mirage/ports/bus.ts'
import type { Documents } from '@mirage/ports/documents.ts'
import type { Graph } from '@mirage/ports/graph.ts'
import type { Finding } from '@mirage/services/correlation-engine/contract.ts'
import { correlationEngine } from '@mirage/services/correlation-engine/service.ts'
import { type ObservationBatch, observationsCollected } from '@mirage/services/data-collection/contract.ts'
import { runDrained, runsChanged, type Run } from '@mirage/services/scan-orchestration/contract.ts'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const workspace = 'default'
const now = Date.parse('2026-03-01T12:00:00Z')
let folder = ''
let count = 0
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'mirage-correlation-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Seen {
  see: [EntityType, string]
  from?: [EntityType, string]
  via?: RelationshipKind
  qualifier?: string
  direction?: 'out' | 'in'
  at?: number
  attributes?: Record<string, unknown>
  tags?: string[]
}

function observation(run: string, module: string, seen: Seen): Observation {
  const { see, from, via, qualifier = '', direction = 'out', at = now, attributes, tags } = seen
  const entity = entityRef(...see)
  const source = from && entityRef(...from)
  const [start, end] = direction === 'out' ? [source, entity] : [entity, source]
  const identity = { run, module, source: source?.id, kind: via ?? '', direction, entity: entity.id, key: qualifier }
  return {
    id: observationId(identity),
    entity,
    key: qualifier,
    at,
    exchange: `x-${module}-${at}`,
    ...(source ? { source } : {}),
    ...(via && start && end
      ? { edge: { id: relationshipId(start.id, via, qualifier, end.id), kind: via, qualifier, direction } }
      : {}),
    ...(attributes ? { attributes } : {}),
    ...(tags ? { tags } : {}),
  }
}

/** A run of a small company: five tasks, several batches, things that three rules and a module find worth saying. */
function batchesOf(run: string): ObservationBatch[] {
  const apex: [EntityType, string] = ['domain', 'northwind.example']
  const batch = (task: number, index: number, module: string, seen: Seen[]): ObservationBatch => ({
    run,
    task,
    attempt: 1,
    index,
    module,
    moduleVersion: 1,
    observations: seen.map((one) => observation(run, module, one)),
    findings: [],
  })
  const names = Array.from({ length: 24 }, (_, at) => `h${at}.northwind.example`)
  const name = (at: number): [EntityType, string] => ['domain', names[at]!]
  const certificate: [EntityType, string] = ['certificate', 'ab'.repeat(32)]
  return [
    batch(0, 0, 'seed', [{ see: apex }]),
    batch(
      1,
      0,
      'crtsh',
      names
        .slice(0, 12)
        .map((_, at) => ({ see: name(at), from: apex, via: 'subdomain', at: now - at, tags: at % 2 ? ['a'] : ['b'] })),
    ),
    batch(
      1,
      1,
      'crtsh',
      names.slice(12).map((_, at) => ({ see: name(at + 12), from: apex, via: 'subdomain', at: now + at })),
    ),
    batch(
      2,
      0,
      'dns-resolve',
      names.map((_, at) => ({
        see: ['ip-address', `198.18.8.${at % 2}`],
        from: name(at),
        via: 'dns_record',
        qualifier: 'A',
        at: now - 5 + at,
        attributes: { ttl: at },
      })),
    ),
    batch(2, 1, 'dns-resolve', [
      { see: ['domain', 'gone.azurewebsites.net'], from: name(3), via: 'dns_record', qualifier: 'CNAME' },
      { see: ['domain', 'shop.azurewebsites.net'], from: name(4), via: 'dns_record', qualifier: 'CNAME' },
    ]),
    batch(3, 0, 'dns-resolve', [
      {
        see: ['ip-address', '198.18.80.5'],
        from: ['domain', 'shop.azurewebsites.net'],
        via: 'dns_record',
        qualifier: 'A',
      },
      {
        see: ['url', 'https://h6.northwind.example/'],
        from: name(8),
        via: 'links_to',
        attributes: { title: 'Grafana' },
      },
    ]),
    batch(4, 0, 'tls-certificate', [
      {
        see: certificate,
        from: name(1),
        via: 'certificate',
        attributes: { notAfter: '2020-02-01T00:00:00.000Z', subject: 'CN=h1.northwind.example' },
        tags: ['expired'],
      },
      { see: name(1), from: certificate, via: 'san_dns_name' },
      {
        see: certificate,
        from: name(2),
        via: 'certificate',
        at: now + 9,
        attributes: { untrusted: 'CERT_HAS_EXPIRED' },
      },
      {
        see: ['url', 'https://h6.northwind.example/'],
        from: name(6),
        via: 'website',
        attributes: { status: 200, title: 'Grafana' },
      },
    ]),
    {
      ...batch(5, 0, 'dns-transfer', []),
      findings: [
        {
          rule: 'dns-transfer.open',
          severity: 'medium',
          title: 'The zone can be transferred by anyone',
          explanation: 'ns1 answered.',
          entities: [entityRef(...apex)],
          exchange: 'x1',
        },
      ],
    },
    // An attempt that was given up: what it saw counts, that it is there is not asked for.
    { ...batch(4, 0, 'tls-certificate', [{ see: certificate, from: name(5), via: 'certificate' }]), attempt: 2 },
  ]
}

function drainedOf(run: string): DeliveredEvent {
  const batches: [number, number, number, number][] = [
    [0, 0, 1, 1],
    [1, 2, 1, 2],
    [3, 5, 1, 1],
  ]
  return delivered(announcement(runDrained, workspace, `${run}/1`, { run, round: 1, batches }))
}

function delivered(event: OutgoingEvent): DeliveredEvent {
  return { ...event, publishedAt: now }
}

function deliveredBatch(batch: ObservationBatch): DeliveredEvent {
  const { run, task, attempt, index } = batch
  return delivered(announcement(observationsCollected, workspace, `${run}/${task}/${attempt}/${index}`, batch))
}

interface Options {
  evaluateEveryMs?: number
  /** Called before each announcement; may throw. */
  onAnnounce?: () => void
  /** Stands between the service and its graph. */
  wrapGraph?: (graph: Graph) => Graph
  runs?: Record<string, Partial<Run>>
  differences?: { kind: 'unconfirmed'; id: string; type: string; value: string; reason: string }[]
}

type Stores = { documents: Documents; graph: Graph; announced: OutgoingEvent[]; letters: string[] } & AsyncDisposable

async function openStores(): Promise<Stores> {
  const path = join(folder, String(count++))
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
    },
  }
}

const noPage = async () => ({ items: [] })
const nothingStored = {
  listWorkspaces: noPage,
  listAppliedBatches: noPage,
  listRetold: noPage,
  listDrainedRuns: noPage,
} as never // only these are called

/** The service on these stores, as after a start: whatever was in memory before is gone. */
async function open(
  stores: Stores,
  { onAnnounce, wrapGraph, runs = {}, differences = [], evaluateEveryMs = 60_000 }: Options = {},
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
    storage: nothingStored,
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
  const call = {
    caller: { kind: 'service', id: 'test' },
    workspace,
    rights: ['*'],
    requestId: '',
    trace: '',
    signal: stop.signal,
  } as const
  return {
    handlers: running.handlers,
    call: { ...call, rights: ['*'] },
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

async function all<T>(rows: AsyncIterable<T> | Promise<AsyncIterable<T>>): Promise<T[]> {
  return Array.fromAsync(await rows)
}

/** Everything that can be seen of a run from outside. */
async function stateOf(stores: Stores, run: string): Promise<unknown> {
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

describe('correlation-engine', () => {
  const run = 'run_a'
  const batches = batchesOf(run)

  async function undisturbed(): Promise<unknown> {
    await using stores = await openStores()
    await using service = await open(stores)
    for (const batch of batches) await service.deliver(deliveredBatch(batch))
    await service.deliver(drainedOf(run))
    return await stateOf(stores, run)
  }

  it('says what there is to say, with evidence, and announces it before it settles', async () => {
    await using stores = await openStores()
    await using service = await open(stores)
    await service.deliver(...batches.map(deliveredBatch))
    await service.deliver(drainedOf(run))
    const findings = await all(service.handlers.exportFindings({ run }, service.call))
    expect(findings.map(({ title }) => title).sort()).toEqual([
      '12 names lead to 198.18.8.0',
      '12 names lead to 198.18.8.1',
      'Alias to nothing: h3.northwind.example → gone.azurewebsites.net',
      'Certificate of h1.northwind.example, h2.northwind.example and h5.northwind.example expired on 2020-02-01',
      'The zone can be transferred by anyone',
      '“Grafana” answers at h6.northwind.example',
    ])
    const alias = findings.find(({ rule }) => rule === 'dangling-alias')!
    expect(alias).toMatchObject({ severity: 'high', state: 'new', origins: 1, runs: [run] })
    expect(alias.evidence.map(({ entity, text, exchange }) => [entity.value, text, exchange])).toEqual([
      ['gone.azurewebsites.net', 'has no address, so the provider has nobody by this name', undefined],
      ['h3.northwind.example', 'is an alias of it', `x-dns-resolve-${now}`],
    ])
    expect(stores.announced.at(-1)).toMatchObject({ name: 'run.settled' })
    expect(JSON.parse(stores.announced.at(-1)!.body)).toEqual({
      run,
      round: 1,
      service: 'correlation-engine',
      losses: 0,
      counts: { nodes: 32, edges: 57, findings: 6 },
    })
  })

  it('ends in the same state whatever is repeated, reversed or split', async () => {
    const expected = await undisturbed()
    const order = fc.shuffledSubarray([...batches.keys()], { minLength: batches.length })
    await fc.assert(
      fc.asyncProperty(
        order,
        fc.array(fc.nat(batches.length - 1), { maxLength: 8 }),
        fc.nat(20),
        fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
        async (order, repeats, drainAt, splits) => {
          await using stores = await openStores()
          await using service = await open(stores)
          for (const [at, which] of [...order, ...repeats].entries()) {
            if (at === drainAt) await service.deliver(drainedOf(run))
            if (splits[at]) await service.deliverSplit(batches[which]!)
            else await service.deliver(deliveredBatch(batches[which]!))
          }
          await service.deliver(drainedOf(run))
          const state = await stateOf(stores, run)
          // A late attempt may come after the end was announced; then the counts are those of the announcement.
          const lateLast = order.indexOf(batches.length - 1) === batches.length - 1
          const settled: unknown = expect.anything()
          expect(state).toEqual(lateLast ? { ...(expected as object), settled } : expected)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('ends in the same state when it dies at any announcement and everything comes again', async () => {
    const expected = await undisturbed()
    for (let deaths = 1; deaths <= 6; deaths++) {
      await using stores = await openStores()
      let left = deaths
      const dying = {
        onAnnounce: () => {
          if (--left === 0) throw new MirageError({ code: 'store.unavailable', status: 503, detail: 'killed' })
        },
      }
      const feed = async (options: Options) => {
        await using service = await open(stores, options)
        for (const batch of batches) await service.deliver(deliveredBatch(batch))
        await service.deliver(drainedOf(run))
      }
      await feed(dying).catch(() => undefined)
      await feed({})
      expect(await stateOf(stores, run)).toEqual(expected)
    }
  })

  it('sets a poison record aside, keeps the rest, and the end says how many were lost', async () => {
    await using stores = await openStores()
    const wrapGraph = (graph: Graph): Graph => ({
      ...graph,
      upsert: (workspace, run, batch) => {
        if (batch.nodes.some(({ value }) => value === 'h7.northwind.example')) throw new Error('cannot take h7')
        return graph.upsert(workspace, run, batch)
      },
    })
    await using service = await open(stores, { wrapGraph })
    await service.deliver(...batches.map(deliveredBatch))
    await service.deliver(drainedOf(run))
    expect(stores.letters).toEqual(['observations.collected: cannot take h7', 'observations.collected: cannot take h7'])
    const end = JSON.parse(stores.announced.at(-1)!.body) as { losses: number; counts: { nodes: number } }
    expect(end).toMatchObject({ losses: 2, counts: { nodes: 31 } })
  })

  it('waits when the store is away, and loses nothing', async () => {
    await using stores = await openStores()
    let away = true
    const wrapGraph = (graph: Graph): Graph => ({
      ...graph,
      upsert: (workspace, run, batch) => {
        if (away) throw new MirageError({ code: 'store.full', status: 507, detail: 'the disk is full' })
        return graph.upsert(workspace, run, batch)
      },
    })
    await using service = await open(stores, { wrapGraph })
    await expect(service.deliver(...batches.map(deliveredBatch))).rejects.toThrow('the disk is full')
    away = false
    await service.deliver(...batches.map(deliveredBatch))
    expect(stores.letters).toEqual([])
  })

  it('keeps what people say over runs, resolves what is confirmed to be gone, and reopens what comes back', async () => {
    await using stores = await openStores()
    const runs = Object.fromEntries(
      ['run_a', 'run_b', 'run_c'].map((run) => [
        run,
        {
          run,
          status: 'finished' as const,
          losses: 0,
          seeds: [{ type: 'domain' as const, value: 'northwind.example' }],
        },
      ]),
    )
    await using service = await open(stores, { runs })
    const { handlers, call } = service
    const feed = async (run: string, batches: ObservationBatch[]) => {
      await service.deliver(...batches.map(deliveredBatch))
      await service.deliver(drainedOf(run))
      const changed = { run, status: 'finished' as const, generation: 1 }
      await service.deliver(delivered(announcement(runsChanged, workspace, `${run}/finished`, changed)))
    }
    const later = (batches: ObservationBatch[], by: number) =>
      batches.map((batch) => ({
        ...batch,
        observations: batch.observations.map((one) => ({ ...one, at: one.at + by })),
      }))

    await feed('run_a', batchesOf('run_a'))
    const page = await handlers.listFindings({ run: 'run_a' }, call)
    expect(page.items.map(({ severity }) => severity)).toEqual(['high', 'medium', 'medium', 'medium', 'info', 'info'])
    const [alias] = page.items
    const expired = page.items.find(({ rule }) => rule === 'certificate-expired')!
    const transfer = page.items.find(({ rule }) => rule === 'dns-transfer.open')!
    await handlers.changeFinding({ finding: alias!.id, state: 'confirmed', comment: 'ticket 7' }, call)
    await handlers.changeFinding({ finding: transfer.id, state: 'dismissed' }, call)

    // The second run sees neither the certificate nor the alias nor an open zone.
    const without = batchesOf('run_b').filter(({ task, index }) => task < 4 && !(task === 2 && index === 1))
    const gone = [
      ...without,
      ...batchesOf('run_b')
        .slice(4, 8)
        .map((batch) => ({ ...batch, observations: [], findings: [] })),
    ]
    await feed('run_b', later(gone, 1000))
    expect(await handlers.getFinding({ finding: expired.id }, call)).toMatchObject({
      state: 'resolved',
      runs: ['run_a'],
    })
    expect(await handlers.getFinding({ finding: alias!.id }, call)).toMatchObject({
      state: 'resolved',
      comment: 'ticket 7',
    })
    expect(await handlers.getFinding({ finding: transfer.id }, call)).toMatchObject({ state: 'dismissed' })

    await feed('run_c', later(batchesOf('run_c'), 2000))
    const again = await handlers.listFindings({ run: 'run_c' }, call)
    expect(again.items.map(({ id }) => id).sort()).toEqual(page.items.map(({ id }) => id).sort())
    expect(again.items.find(({ id }) => id === alias!.id)).toMatchObject({ state: 'confirmed', comment: 'ticket 7' })
    expect(again.items.find(({ id }) => id === expired.id)).toMatchObject({ state: 'new', runs: ['run_a', 'run_c'] })

    await handlers.deleteRun({ run: 'run_c' }, call)
    expect(await handlers.getFinding({ finding: expired.id }, call)).toMatchObject({
      state: 'resolved',
      runs: ['run_a'],
    })
    await handlers.deleteRun({ run: 'run_a' }, call)
    await expect(handlers.getFinding({ finding: expired.id }, call)).rejects.toMatchObject({
      code: 'findings.not_found',
    })
  })

  it('leaves open what a run could not look at again', async () => {
    await using stores = await openStores()
    const seeds = [{ type: 'domain' as const, value: 'northwind.example' }]
    const host = entityRef('domain', 'h1.northwind.example')
    const options = {
      runs: {
        run_a: { run: 'run_a', status: 'finished' as const, losses: 0, seeds },
        run_b: { run: 'run_b', status: 'finished' as const, losses: 0, seeds },
      },
      differences: [{ kind: 'unconfirmed' as const, ...host, reason: 'tls-certificate: unreachable' }],
    }
    await using service = await open(stores, options)
    await service.deliver(...batchesOf('run_a').map(deliveredBatch))
    const changed = { run: 'run_b', status: 'finished' as const, generation: 1 }
    await service.deliver(drainedOf('run_a'))
    await service.deliver(delivered(announcement(runsChanged, workspace, 'run_b/finished', changed)))
    const states = await all(service.handlers.exportFindings({ run: 'run_a' }, service.call))
    expect(
      states
        .filter(({ state }) => state === 'new')
        .map(({ rule }) => rule)
        .sort(),
    ).toEqual(['certificate-expired', 'names-on-one-address'])
  })

  it('announces while the run goes on what can only become truer, and the rest at its end', async () => {
    await using stores = await openStores()
    await using service = await open(stores, { evaluateEveryMs: 10 })
    const rulesTold = () =>
      stores.announced.flatMap(({ name, body }) =>
        name === 'findings.changed'
          ? (JSON.parse(body) as { findings: Finding[] }).findings.map(({ rule }) => rule)
          : [],
      )
    await service.deliver(...batches.filter(({ findings }) => findings.length === 0).map(deliveredBatch))
    while (!rulesTold().includes('certificate-expired')) await pause(5)
    expect(rulesTold()).not.toContain('dangling-alias')
    await service.deliver(...batches.map(deliveredBatch))
    await service.deliver(drainedOf(run))
    expect(rulesTold()).toContain('dangling-alias')
  })

  it('forgets a deleted run and what still comes of it', async () => {
    await using stores = await openStores()
    await using service = await open(stores)
    const { handlers, call } = service
    await service.deliver(...batches.map(deliveredBatch))
    await handlers.deleteRun({ run }, call)
    await service.deliver(...batches.map(deliveredBatch))
    await service.deliver(drainedOf(run))
    expect(await handlers.countGraph({ run }, call)).toEqual({ nodes: 0, edges: 0, byType: {} })
    expect(await all(handlers.exportFindings({ run }, call))).toEqual([])
    expect(stores.announced.some(({ name }) => name === 'run.settled')).toBe(false)
  })

  it('answers questions of the graph', async () => {
    await using stores = await openStores()
    await using service = await open(stores)
    const { handlers, call } = service
    await service.deliver(...batches.map(deliveredBatch))
    const neighbours = await handlers.listNeighbours(
      { node: 'domain:northwind.example', run, kind: 'subdomain', limit: 5 },
      call,
    )
    expect(neighbours.items).toHaveLength(5)
    expect(neighbours.total).toBe(24)
    expect(neighbours.counts).toEqual([{ kind: 'subdomain', direction: 'out', count: 24 }])
    expect(neighbours.next).toBeDefined()
    const path = await handlers.findPath({ run, from: 'domain:northwind.example', to: 'ip-address:198.18.80.5' }, call)
    expect(path.nodes.map(({ value }) => value)).toEqual([
      'northwind.example',
      'h4.northwind.example',
      'shop.azurewebsites.net',
      '198.18.80.5',
    ])
    const none = await handlers.findPath(
      { run, from: 'domain:northwind.example', to: 'domain:elsewhere.example' },
      call,
    )
    expect(none).toEqual({ nodes: [], edges: [] })
    await expect(handlers.listNeighbours({ node: 'domain:elsewhere.example', run }, call)).rejects.toMatchObject({
      code: 'graphs.no_such_node',
      status: 404,
    })
    const around = await handlers.getSubgraph(
      { run, roots: ['ip-address:198.18.80.5'], depth: 1, maxNodes: 10, maxEdges: 10 },
      call,
    )
    expect(around.nodes.map(({ value }) => value).sort()).toEqual(['198.18.80.5', 'shop.azurewebsites.net'])
    await expect(Promise.resolve().then(() => handlers.listFindings({ after: 'x' }, call))).rejects.toMatchObject({
      status: 400,
    })
  })
})
