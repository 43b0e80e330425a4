import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { openSqliteSearch } from '@mirage/adapters/sqlite/search.ts'
import type { CallOptions } from '@mirage/kit/contract.ts'
import { silentLog } from '@mirage/kit/log.ts'
import type { Consumer } from '@mirage/kit/service.ts'
import { openMetrics } from '@mirage/kit/telemetry.ts'
import { testCall } from '@mirage/kit/testing/call.ts'
import { entityRef } from '@mirage/model/entity.ts'
import { observationId } from '@mirage/model/observation.ts'
import { relationshipId } from '@mirage/model/relationship.ts'
import { type ObservationBatch, observationsCollected } from '@mirage/services/data-collection/contract.ts'
import { dataStorage } from '@mirage/services/data-storage/service.ts'
import { type Run, runDrained, runsChanged } from '@mirage/services/scan-orchestration/contract.ts'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { all, type nothingStored, open, openStores, type Stores } from './correlation.ts'

/** The tags in the graph are those that data-storage says hold, however both came to know of them. */

const workspace = 'default'
const runs = ['one', 'two', 'three']

interface Said {
  run: string
  module: string
  /** What of each address. */
  tags: Record<string, string[]>
  at: number
}

const names = Array.from({ length: 12 }, (_, i) => entityRef('domain', `h${i}.northwind.example`))

/** Twelve names and what they lead to: so many that a rule would speak of the address. */
function batchOf({ run, module, tags, at }: Said, task: number): ObservationBatch {
  const seen = names.map((entity) => {
    const identity = { run, module, source: undefined, kind: '', direction: '', entity: entity.id, key: '' }
    return { id: observationId(identity), entity, key: '', at }
  })
  const led = Object.entries(tags).flatMap(([address, tags]) => {
    const entity = entityRef('ip-address', address)
    return names.map((source, i) => {
      const edge = {
        id: relationshipId(source.id, 'dns_record', 'A', entity.id),
        kind: 'dns_record',
        qualifier: 'A',
      } as const
      const identity = {
        run,
        module,
        source: source.id,
        kind: edge.kind,
        direction: 'out',
        entity: entity.id,
        key: 'A',
      }
      return {
        id: observationId(identity),
        entity,
        source,
        edge: { ...edge, direction: 'out' as const },
        key: 'A',
        at,
        ...(i === 0 && tags.length > 0 ? { tags } : {}),
      }
    })
  })
  return { run, task, attempt: 1, index: 0, module, moduleVersion: 1, observations: [...seen, ...led], findings: [] }
}

/** One thing that the bus delivers. */
type Delivery =
  | { event: typeof observationsCollected; payload: ObservationBatch; at: number }
  | { event: typeof runDrained; payload: object; at: number }
  | { event: typeof runsChanged; payload: object; at: number }

function batches(said: Said[]): Delivery[] {
  return said.map((one, i) => ({ event: observationsCollected, payload: batchOf(one, i + 1), at: one.at }))
}

function drained(said: Said[]): Delivery[] {
  return runs.map((run) => {
    const ranges = said.flatMap((one, i) => (one.run === run ? [[i + 1, i + 1, 1, 1]] : []))
    return { event: runDrained, payload: { run, round: 1, batches: ranges }, at: 0 }
  })
}

const finished: Delivery[] = runs.map((run) => ({
  event: runsChanged,
  payload: { run, status: 'finished', generation: 1 },
  at: 0,
}))

/** These runs ended whole, the others met a limit. */
function endedRuns(whole: string[]): Record<string, Partial<Run>> {
  return Object.fromEntries(
    runs.map((run) => [
      run,
      {
        run,
        status: 'finished' as const,
        losses: 0,
        seeds: [],
        ...(whole.includes(run) ? {} : { stopReason: 'max-time' }),
      },
    ]),
  )
}

const call = testCall()

async function openStorage(ended: Record<string, Partial<Run>>) {
  const folder = mkdtempSync(join(tmpdir(), 'mirage-tags-follow-'))
  const documents = await openSqliteDocuments({ path: join(folder, 'documents'), perWorkspace: true, use: 'data' })
  const search = await openSqliteSearch({ path: join(folder, 'search'), now: () => 0 })
  const { consumes = [], handlers } = await dataStorage.start({
    documents,
    search,
    scans: {
      getRun: async ({ run }: { run: string }) => ended[run],
      repeatTasks: async () => ({ coming: true }),
    } as never, // only these are called
    settings: { eventsPerWrite: 16 },
    clock: { now: () => 0 },
    log: silentLog,
    metrics: openMetrics('data-storage'),
    signal: call.signal,
    announce: async () => undefined,
    caughtUp: async () => undefined,
  })
  return {
    handlers,
    /** As others call it. */
    client: new Proxy(handlers, {
      get: (all, name: keyof typeof handlers) => (input: never, options: CallOptions) =>
        all[name](input, { ...call, ...options, workspace: options.workspace ?? workspace }),
    }) as unknown as typeof nothingStored,
    async deliver(deliveries: Delivery[]): Promise<void> {
      for (const delivery of deliveries) await handle(consumes, delivery, 'whole')
    },
    /** As when events of this name were lost to it. */
    async rebuild(event: Delivery['event']): Promise<void> {
      await consumes.find((consumer) => consumer.event === event)!.rebuild?.()
    },
    async [Symbol.asyncDispose]() {
      await documents[Symbol.asyncDispose]()
      await search[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** An event as the bus gives it: whole, or in halves. */
async function handle(consumers: Consumer[], { event, payload, at }: Delivery, how: 'whole' | 'halves'): Promise<void> {
  const consumer = consumers.find((one) => one.event === event)!
  const incoming = { id: '', workspace, publishedAt: at, payload, partial: false }
  const halves = how === 'halves' ? consumer.split?.(payload as never) : undefined
  if (!halves) return consumer.handle([incoming] as never)
  for (const half of halves) await consumer.handle([{ ...incoming, payload: half, partial: true }] as never)
  await consumer.settle!(incoming as never, 0)
}

/** The tags of each address that a run saw. */
type Tags = Record<string, string[]>

async function storedTags({ handlers }: Awaited<ReturnType<typeof openStorage>>): Promise<Tags> {
  const tags: Tags = {}
  for (const run of runs)
    for await (const { type, value, tags: held } of await handlers.exportEntities({ run }, call))
      if (type === 'ip-address') tags[`${run} ${value}`] = held
  return tags
}

async function drawnTags({ handlers, call }: Awaited<ReturnType<typeof open>>): Promise<Tags> {
  const tags: Tags = {}
  for (const run of runs)
    for (const row of await all(handlers.exportGraph({ run }, call)))
      if ('node' in row && row.node.type === 'ip-address') tags[`${run} ${row.node.value}`] = row.node.tags
  return tags
}

async function withGraph<T>(
  options: Parameters<typeof open>[1],
  use: (service: Awaited<ReturnType<typeof open>>, stores: Stores) => Promise<T>,
): Promise<T> {
  await using stores = await openStores()
  await using service = await open(stores, options)
  return await use(service, stores)
}

const cdn = '198.18.8.10'

describe('an address that was once of a content network', () => {
  const said: Said[] = [
    { run: 'one', module: 'dns-resolve', tags: { [cdn]: ['cdn'] }, at: 1 },
    { run: 'two', module: 'dns-resolve', tags: { [cdn]: [] }, at: 5 },
    { run: 'three', module: 'crtsh', tags: { [cdn]: [] }, at: 9 },
  ]
  /** The addresses that many names lead to, run by run. */
  async function findingsOf({ handlers, call }: Awaited<ReturnType<typeof open>>): Promise<string[][]> {
    const found = await Promise.all(runs.map((run) => all(handlers.exportFindings({ run }, call))))
    return found.map((its) => its.filter(({ rule }) => rule === 'names-on-one-address').map(({ title }) => title))
  }

  it('is one of the target’s again to the rules of the run that no longer says so', () =>
    withGraph({ runs: endedRuns(['two']) }, async (service) => {
      for (const [i, batch] of batches(said).entries()) {
        await handle(service.consumers, batch, 'whole')
        await handle(service.consumers, drained(said)[i]!, 'whole')
        await handle(service.consumers, finished[i]!, 'whole')
      }
      expect(await drawnTags(service)).toEqual({ [`one ${cdn}`]: [], [`two ${cdn}`]: [], [`three ${cdn}`]: [] })
      expect(await findingsOf(service)).toEqual([[], [`12 names lead to ${cdn}`], [`12 names lead to ${cdn}`]])
    }))

  it('is so in data-storage too where it has not heard that the run ended', async () => {
    await using storage = await openStorage(endedRuns(['two']))
    await storage.deliver([...batches(said), ...drained(said)])
    expect(await storedTags(storage)).toMatchObject({ [`two ${cdn}`]: ['cdn'] })
    await storage.rebuild(runsChanged)
    expect(await storedTags(storage)).toMatchObject({ [`two ${cdn}`]: [] })
  })

  it('stays what it was where the run met a limit, or others lost something of it', async () => {
    await withGraph({ runs: endedRuns(['one']) }, async (service) => {
      for (const delivery of [...batches(said), ...drained(said), ...finished])
        await handle(service.consumers, delivery, 'whole')
      expect(await findingsOf(service)).toEqual([[], [], []])
    })
    const ended = endedRuns(runs)
    await withGraph({ runs: ended }, async (service) => {
      for (const delivery of [...batches(said), ...drained(said)]) await handle(service.consumers, delivery, 'whole')
      expect((await findingsOf(service))[1]).toEqual([`12 names lead to ${cdn}`])
      ended['two'] = { ...ended['two'], losses: 1 }
      for (const delivery of finished) await handle(service.consumers, delivery, 'whole')
      expect((await findingsOf(service))[1]).toEqual([])
    })
  })
})

const tagging = fc.record({
  run: fc.constantFrom(...runs),
  module: fc.constantFrom('dns-resolve', 'internetdb'),
  tags: fc.dictionary(
    fc.constantFrom(cdn, '198.18.8.11'),
    fc.uniqueArray(fc.constantFrom('cdn', 'waf'), { maxLength: 2 }),
    {
      minKeys: 1,
    },
  ),
  at: fc.integer({ min: 1, max: 8 }),
})

it('says of every address what data-storage says, in any order, rebuilt, and without a deleted run', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(tagging, { minLength: 1, maxLength: 7 }),
      fc.subarray(runs),
      fc.infiniteStream(fc.nat()),
      fc.constantFrom(...runs),
      async (said, whole, numbers, deleted) => {
        await using storage = await openStorage(endedRuns(whole))
        const events = [...batches(said), ...drained(said)]
        await storage.deliver([...events, ...finished])
        const expected = await storedTags(storage)
        const shuffled = (its: Delivery[]) =>
          its
            .map((one) => ({ one, key: numbers.next().value }))
            .toSorted((a, b) => a.key - b.key)
            .map(({ one }) => one)
        await withGraph({ runs: endedRuns(whole) }, async (service) => {
          for (const one of shuffled([...events, ...events.slice(0, 3)])) await handle(service.consumers, one, 'halves')
          for (const one of shuffled(finished)) await handle(service.consumers, one, 'whole')
          for (const one of events.slice(0, 2)) await handle(service.consumers, one, 'whole')
          expect(await drawnTags(service)).toEqual(expected)
          await withGraph({ runs: endedRuns(whole), storage: storage.client }, async (rebuilt) => {
            expect(await drawnTags(rebuilt), 'rebuilt').toEqual(expected)
            await storage.handlers.deleteRun({ run: deleted }, call)
            const rest = await storedTags(storage)
            for (const one of [service, rebuilt]) {
              await one.handlers.deleteRun({ run: deleted }, call)
              expect(await drawnTags(one), 'deleted').toEqual(rest)
            }
          })
        })
      },
    ),
    { numRuns: 25 },
  )
}, 180_000)
