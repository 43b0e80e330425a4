import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openFileBlobs } from '@mirage/adapters/filesystem/blobs.ts'
import { openSqliteBus } from '@mirage/adapters/sqlite/bus.ts'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { openSqliteGraph } from '@mirage/adapters/sqlite/graph.ts'
import { openSqliteSearch } from '@mirage/adapters/sqlite/search.ts'
import { openSqliteSql } from '@mirage/adapters/sqlite/sql.ts'
import { pagesOf } from '@mirage/kit/pages.ts'
import { entityRef } from '@mirage/model/entity.ts'
import { relationshipId } from '@mirage/model/relationship.ts'

/** A store under attack: it writes numbered batches, and can tell whether those it acknowledged are whole. */
export interface StoreCase {
  /** Resolves with a receipt when batch `number` is stored. */
  write(number: number): Promise<string>
  /** Throws when something that a receipt stands for is missing, or when what is there contradicts itself. */
  check(receipts: string[]): Promise<void>
  close(): Promise<void>
}

export type StoreName = 'sql' | 'documents' | 'graph' | 'search' | 'bus' | 'blobs'

export const storeNames: StoreName[] = ['sql', 'documents', 'graph', 'search', 'bus', 'blobs']

const batch = 40
const padding = 'x'.repeat(300)
const now = (): number => 1_760_000_000_000

function items(number: number): string[] {
  return Array.from({ length: batch }, (_, i) => `batch-${number}-${i}.example.com`)
}

function assertWhole(what: string, present: number): void {
  if (present !== 0 && present !== batch) throw new Error(`${what}: ${present} of ${batch} are there`)
}

function assertThere(what: string, present: boolean): void {
  if (!present) throw new Error(`acknowledged but missing: ${what}`)
}

export function openStoreCase(name: StoreName, folder: string): Promise<StoreCase> {
  switch (name) {
    case 'sql':
      return sqlCase(folder)
    case 'documents':
      return documentsCase(folder)
    case 'graph':
      return graphCase(folder)
    case 'search':
      return searchCase(folder)
    case 'bus':
      return busCase(folder)
    case 'blobs':
      return blobsCase(folder)
  }
}

async function sqlCase(folder: string): Promise<StoreCase> {
  const sql = await openSqliteSql({ path: join(folder, 'sql.db') })
  const db = await sql.open<{ row: { batch: number; item: string; padding: string } }>({
    '0001': {
      async up(db) {
        await db.schema
          .createTable('row')
          .addColumn('batch', 'integer')
          .addColumn('item', 'text')
          .addColumn('padding', 'text')
          .execute()
      },
    },
  })
  return {
    async write(number) {
      await sql.transaction(db, async (trx) => {
        await trx.deleteFrom('row').where('batch', '=', number).execute()
        for (const item of items(number)) await trx.insertInto('row').values({ batch: number, item, padding }).execute()
      })
      return `${number}`
    },
    async check(receipts) {
      const rows = await db
        .selectFrom('row')
        .select(({ fn }) => ['batch', fn.countAll<number>().as('count')])
        .groupBy('batch')
        .execute()
      for (const { batch, count } of rows) assertWhole(`batch ${batch}`, count)
      const there = new Set(rows.map(({ batch }) => `${batch}`))
      for (const receipt of receipts) assertThere(`batch ${receipt}`, there.has(receipt))
    },
    async close() {
      await sql[Symbol.asyncDispose]()
    },
  }
}

async function documentsCase(folder: string): Promise<StoreCase> {
  const documents = await openSqliteDocuments({ path: join(folder, 'documents'), perWorkspace: true, use: 'data' })
  const names = await documents.collection<{ id: string; batch: number; seen: number; padding: string }>({
    name: 'names',
    indexes: { batch: ['batch'] },
    merge: { seen: 'max' },
  })
  return {
    async write(number) {
      await names.merge('w', [
        ...items(number).map((item) => ({ id: entityRef('domain', item).id, batch: number, seen: number, padding })),
        { id: 'hub', batch: -1, seen: number, padding: '' },
      ])
      return `${number}`
    },
    async check(receipts) {
      const hub = await names.get('w', 'hub')
      for (let number = 0; number <= (hub?.seen ?? 0) + 1; number++) {
        assertWhole(`batch ${number}`, await names.count('w', { index: 'batch', equals: { batch: number } }))
      }
      for (const receipt of receipts) {
        const found = await names.getMany(
          'w',
          items(Number(receipt)).map((item) => entityRef('domain', item).id),
        )
        assertThere(`batch ${receipt}`, !found.includes(undefined) && (hub?.seen ?? -1) >= Number(receipt))
      }
    },
    async close() {
      await documents[Symbol.asyncDispose]()
    },
  }
}

async function graphCase(folder: string): Promise<StoreCase> {
  const graph = await openSqliteGraph({ path: join(folder, 'graph') })
  const hub = entityRef('domain', 'hub.example.com')
  const seen = { firstSeenAt: now(), lastSeenAt: now() }
  return {
    async write(number) {
      const refs = items(number).map((item) => entityRef('domain', item))
      await graph.upsert('w', `run ${number % 3}`, {
        nodes: [hub, ...refs].map((ref) => ({
          ...ref,
          ...seen,
          tags: { [padding]: { value: `run ${number % 3}`, at: now() } },
          attributes: {},
        })),
        edges: refs.map((ref) => ({
          id: relationshipId(hub.id, 'subdomain', '', ref.id),
          from: hub.id,
          to: ref.id,
          kind: 'subdomain',
          qualifier: '',
          ...seen,
          modules: [],
          attributes: {},
        })),
        members: refs.map((ref) => ({ group: 'batch', key: `${number}`, node: ref.id })),
      })
      return `${number}`
    },
    async check(receipts) {
      let [nodes, edges] = [0, 0]
      for await (const { items } of pagesOf((place) => graph.list('w', { limit: 500, ...place }))) nodes += items.length
      for await (const { items } of pagesOf((place) => graph.neighbours('w', hub.id, { limit: 500, ...place })))
        edges += items.length
      const counts = await graph.counts('w', {})
      if (counts.nodes !== nodes || counts.edges !== edges || (nodes > 0 && edges !== nodes - 1)) {
        throw new Error(`${nodes} nodes and ${edges} edges, counted as ${counts.nodes} and ${counts.edges}`)
      }
      for (const receipt of receipts) {
        const { items } = await graph.members('w', { group: 'batch', key: receipt, limit: batch + 1 })
        assertThere(`batch ${receipt}`, items.length === batch)
      }
    },
    async close() {
      await graph[Symbol.asyncDispose]()
    },
  }
}

async function searchCase(folder: string): Promise<StoreCase> {
  const search = await openSqliteSearch({ path: join(folder, 'search'), now, followMs: 5 })
  return {
    async write(number) {
      await search.index(
        'w',
        items(number).map((item) => ({
          id: entityRef('domain', item).id,
          text: `${item} ${padding}`,
          facets: { batch: [`${number}`] },
          numbers: { batch: number },
        })),
      )
      return `${number}`
    },
    async check(receipts) {
      while ((await search.delay('w')).records > 0) await new Promise((resume) => setTimeout(resume, 10))
      const all = await search.search('w', { limit: 1, count: ['batch'] })
      const counts = Object.entries(all.counts?.batch ?? {})
      for (const [number, count] of counts) assertWhole(`batch ${number}`, count)
      if (all.total !== counts.length * batch) throw new Error(`${counts.length} batches, ${all.total} records`)
      for (const receipt of receipts) {
        const { total } = await search.search('w', { phrases: [`batch-${receipt}-`], limit: 1 })
        assertThere(`batch ${receipt}`, total === batch)
      }
    },
    async close() {
      await search[Symbol.asyncDispose]()
    },
  }
}

async function busCase(folder: string): Promise<StoreCase> {
  const bus = await openSqliteBus({ path: join(folder, 'bus.db'), offsets: join(folder, 'consumer.db'), now })
  return {
    async write(number) {
      await bus.publish(items(number).map((item) => ({ name: 'batch', workspace: 'w', id: item, body: padding })))
      return `${number}`
    },
    async check(receipts) {
      const got = new Map<string, number>()
      await bus.drop('check')
      const subscription = await bus.subscribe({ name: 'check', events: ['batch'] }, async (events) => {
        for (const { id } of events) {
          const number = id.split('-')[1]!
          got.set(number, (got.get(number) ?? 0) + 1)
        }
      })
      await subscription.drained()
      await subscription[Symbol.asyncDispose]()
      for (const [number, count] of got) assertWhole(`batch ${number}`, count % batch)
      for (const receipt of receipts) assertThere(`batch ${receipt}`, (got.get(receipt) ?? 0) >= batch)
    },
    async close() {
      await bus[Symbol.asyncDispose]()
    },
  }
}

async function blobsCase(folder: string): Promise<StoreCase> {
  const blobs = await openFileBlobs({ path: join(folder, 'blobs'), now })
  return {
    async write(number) {
      return blobs.put('w', randomBytes(number % 3 === 0 ? 150_000 : 3_000))
    },
    async check(receipts) {
      for (const receipt of receipts) assertThere(`body ${receipt}`, (await blobs.get('w', receipt)) !== undefined)
    },
    async close() {
      await blobs[Symbol.asyncDispose]()
    },
  }
}
