import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { openSqliteBus } from '@mirage/adapters/sqlite/bus.ts'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { openSqliteGraph } from '@mirage/adapters/sqlite/graph.ts'
import { openSqliteSearch } from '@mirage/adapters/sqlite/search.ts'
import { type EntityRef, entityRef } from '@mirage/model/entity.ts'
import { observationId } from '@mirage/model/observation.ts'
import { relationshipId } from '@mirage/model/relationship.ts'
import type { Stamped } from '@mirage/ports/documents.ts'
import { type Figure, tableOf } from './figure.ts'

const sizes = [10_000, 100_000, 1_000_000]
const batch = 500
const workspace = 'default'
const run = 'run_abcdefghijkl'
const module = 'dns-brute'
const start = 1_760_000_000_000
const apex = entityRef('domain', 'example.com')

/** What one observation of a new name means to the stores. */
interface Sighting {
  entity: EntityRef
  observation: string
  relationship: string
  zone: string
  at: number
}

function sightings(from: number): Sighting[] {
  return Array.from({ length: batch }, (_, i) => {
    const number = from + i
    const zone = `dept${number % 997}.example.com`
    const entity = entityRef('domain', `host${number}.${zone}`)
    const parts = { run, module, source: apex.id, kind: 'subdomain', direction: 'out', entity: entity.id, key: '' }
    return {
      entity,
      observation: observationId(parts),
      relationship: relationshipId(apex.id, 'subdomain', '', entity.id),
      zone,
      at: start + number,
    }
  })
}

interface Store {
  write(from: number, batch: Sighting[]): Promise<void>
  close(): Promise<void>
}

interface Times {
  firstSeenAt: number
  lastSeenAt: number
  modules: string[]
  runs: string[]
  attributes: Record<string, Stamped>
}

async function openDocumentStore(folder: string): Promise<Store> {
  const documents = await openSqliteDocuments({ path: folder, perWorkspace: true, use: 'data' })
  const rules = {
    firstSeenAt: 'min',
    lastSeenAt: 'max',
    modules: 'union',
    runs: 'union',
    attributes: 'stamped',
  } as const
  const entities = await documents.collection<EntityRef & Times & { tags: string[] }>({
    name: 'entities',
    indexes: { type: ['type'] },
    merge: { ...rules, tags: 'union' },
  })
  const observations = await documents.collection<
    Times & { id: string; entity: string; source: string; run: string; module: string; kind: string; key: string }
  >({ name: 'observations', indexes: { entity: ['entity'], run: ['run'] }, merge: rules })
  const relationships = await documents.collection<
    Times & { id: string; from: string; to: string; kind: string; qualifier: string }
  >({ name: 'relationships', indexes: { from: ['from'], to: ['to'] }, merge: rules })
  return {
    async write(from, batch) {
      const times = (at: number): Times => ({
        firstSeenAt: at,
        lastSeenAt: at,
        modules: [module],
        runs: [run],
        attributes: { ttl: { value: 300, at } },
      })
      await entities.merge(workspace, [
        { ...apex, ...times(start + from), tags: [] },
        ...batch.map(({ entity, at }) => ({ ...entity, ...times(at), tags: [] })),
      ])
      await observations.merge(
        workspace,
        batch.map(({ observation, entity, at }) => ({
          id: observation,
          entity: entity.id,
          source: apex.id,
          run,
          module,
          kind: 'subdomain',
          key: '',
          ...times(at),
        })),
      )
      await relationships.merge(
        workspace,
        batch.map(({ relationship, entity, at }) => ({
          id: relationship,
          from: apex.id,
          to: entity.id,
          kind: 'subdomain',
          qualifier: '',
          ...times(at),
        })),
      )
    },
    close: async () => documents[Symbol.asyncDispose](),
  }
}

async function openGraphStore(folder: string): Promise<Store> {
  const graph = await openSqliteGraph({ path: folder })
  return {
    async write(from, batch) {
      const node = (ref: EntityRef, at: number) => ({
        ...ref,
        firstSeenAt: at,
        lastSeenAt: at,
        tags: {},
        attributes: { ttl: { value: 300, at } },
      })
      await graph.upsert(workspace, run, {
        nodes: [node(apex, start + from), ...batch.map(({ entity, at }) => node(entity, at))],
        edges: batch.map(({ relationship, entity, at }) => ({
          id: relationship,
          from: apex.id,
          to: entity.id,
          kind: 'subdomain',
          qualifier: '',
          firstSeenAt: at,
          lastSeenAt: at,
          modules: [module],
          attributes: {},
        })),
        members: batch.map(({ zone, entity }) => ({ group: 'zone', key: zone, node: entity.id })),
      })
    },
    close: async () => graph[Symbol.asyncDispose](),
  }
}

async function openSearchStore(folder: string): Promise<Store> {
  const search = await openSqliteSearch({ path: folder, now: () => start })
  return {
    async write(_, batch) {
      await search.index(
        workspace,
        batch.map(({ entity, at }) => ({
          id: entity.id,
          text: entity.value,
          facets: { type: [entity.type], runs: [run], modules: [module], tags: [] },
          numbers: { firstSeenAt: at, lastSeenAt: at },
        })),
      )
    },
    async close() {
      while ((await search.delay(workspace)).records > 0) await new Promise((resume) => setTimeout(resume, 50))
      await search[Symbol.asyncDispose]()
    },
  }
}

/** Writes up to the largest size and tells the cost of an observation over the last half before each size. */
async function benchStore(
  name: string,
  limit: number | undefined,
  open: (folder: string) => Promise<Store>,
): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-bench-'))
  const figures: Figure[] = []
  try {
    const store = await open(folder)
    let [spent, cpu, at] = [0, 0, 0]
    for (const size of sizes) {
      for (; at < size; at += batch) {
        if (at === size / 2) [spent, cpu] = [0, 0]
        const batchOf = sightings(at)
        const [cpuBefore, before] = [process.cpuUsage(), performance.now()]
        await store.write(at, batchOf)
        spent += performance.now() - before
        const used = process.cpuUsage(cpuBefore)
        cpu += (used.user + used.system) / 1_000
      }
      const cost = (milliseconds: number) => (milliseconds * 1_000) / (size / 2)
      figures.push(
        { name: `${name}, ${size} names`, value: cost(spent), unit: 'µs/observation', ...(limit && { limit }) },
        { name: `${name}, ${size} names, processor`, value: cost(cpu), unit: 'µs/observation' },
        { name: `${name}, ${size} names, memory`, value: process.memoryUsage.rss() / 1e6, unit: 'MB' },
      )
    }
    const before = performance.now()
    await store.close()
    const bytes = (await sizeOf(folder)) / at
    figures.push(
      { name: `${name}, closing`, value: performance.now() - before, unit: 'ms' },
      { name: `${name}, disk`, value: bytes, unit: 'bytes/observation' },
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return figures
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
  }
  return bytes
}

/** Publishes batches here while a thread and this one consume them. */
async function benchBus(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-bench-'))
  const path = join(folder, 'bus.db')
  const now = (): number => Date.now()
  const batches = 400
  const bus = await openSqliteBus({ path, offsets: join(folder, 'own.db'), now })
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads')
     import(workerData.module).then(async ({ openSqliteBus }) => {
       const bus = await openSqliteBus({ path: workerData.path, offsets: workerData.offsets, now: Date.now })
       let [got, waits] = [0, []]
       await bus.subscribe({ name: 'thread', events: ['observations.collected'] }, async (events) => {
         got += events.length
         for (const event of events) waits.push(Date.now() - event.publishedAt)
         if (got < workerData.batches) return
         parentPort.postMessage(waits.sort((a, b) => a - b)[waits.length >> 1])
         setImmediate(async () => { await bus[Symbol.asyncDispose](); parentPort.close() })
       })
       parentPort.postMessage('ready')
     })`,
    {
      eval: true,
      workerData: {
        module: import.meta.resolve('@mirage/adapters/sqlite/bus.ts'),
        path,
        offsets: join(folder, 'thread.db'),
        batches,
      },
    },
  )
  try {
    await new Promise((resolve) => worker.once('message', resolve))
    const waited = new Promise<number>((resolve) => worker.once('message', resolve))
    const subscription = await bus.subscribe({ name: 'own', events: ['observations.collected'] }, async () => {})
    const body = JSON.stringify(sightings(0))
    const before = performance.now()
    for (let i = 0; i < batches; i++) {
      await bus.publish([{ name: 'observations.collected', workspace, id: `${i}`, body }])
    }
    const published = performance.now() - before
    const median = await waited
    await subscription.drained()
    const consumed = performance.now() - before
    return [
      { name: 'bus, publish', value: (published * 1_000) / (batches * batch), unit: 'µs/observation' },
      { name: 'bus, publish and two consumers', value: (consumed * 1_000) / (batches * batch), unit: 'µs/observation' },
      { name: 'bus, hand-over to another thread, median', value: median, unit: 'ms' },
    ]
  } finally {
    await worker.terminate()
    await bus[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
}

/** The cost of the stores on the path of an observation, at 10 K, 100 K and 1 M names. */
export async function benchStores(): Promise<Figure[]> {
  return [
    ...(await benchBus()),
    ...(await benchStore('documents, three merges', 45, openDocumentStore)),
    ...(await benchStore('graph, upsert', 35, openGraphStore)),
    ...(await benchStore('search, index', undefined, openSearchStore)),
  ]
}

if (import.meta.main) console.log(tableOf(await benchStores()))
