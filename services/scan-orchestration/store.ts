import type { Sql } from '@mirage/ports/sql.ts'
import type { Kysely } from 'kysely'
import { up as createRuns } from './migrations/0001-runs.ts'
import { up as shareAddresses } from './migrations/0002-shared-addresses.ts'
import { up as splitReached } from './migrations/0003-shards.ts'
import { up as hearLists } from './migrations/0004-unheard.ts'
import { up as queueBySeed } from './migrations/0005-queues.ts'
import { up as keepTraits } from './migrations/0006-traits.ts'
import type { Tables } from './tables.ts'

export interface Store {
  db: Kysely<Tables>
  write<T>(work: (trx: Kysely<Tables>) => Promise<T>): Promise<T>
}

export async function openStore(sql: Sql): Promise<Store> {
  const db = await sql.open<Tables>({
    '0001-runs': { up: createRuns },
    '0002-shared-addresses': { up: shareAddresses },
    '0003-shards': { up: splitReached },
    '0004-unheard': { up: hearLists },
    '0005-queues': { up: queueBySeed },
    '0006-traits': { up: keepTraits },
  })
  return { db, write: (work) => sql.transaction(db, work) }
}

/** The attempt of each closed task that counts, as ranges of equal neighbours. */
export async function closedBatches(db: Kysely<Tables>, run: number): Promise<[number, number, number, number][]> {
  const ranges: [number, number, number, number][] = []
  let after = -1
  for (;;) {
    const rows = await db
      .selectFrom('task')
      .select(['number', 'finished_attempt', 'batches'])
      .where('run', '=', run)
      .where('number', '>', after)
      .orderBy('number')
      .limit(2000)
      .execute()
    for (const { number, finished_attempt, batches } of rows) {
      if (!batches) continue
      const attempt = finished_attempt ?? 1
      const last = ranges.at(-1)
      if (last && last[1] === number - 1 && last[2] === attempt && last[3] === batches) last[1] = number
      else ranges.push([number, number, attempt, batches])
    }
    if (rows.length === 0) return ranges
    after = rows.at(-1)!.number
  }
}

/** Forgets everything of a run, in bounded pieces, the run itself last. */
export async function forgetRun(store: Store, run: number): Promise<void> {
  for (const table of ['reached', 'reach', 'late', 'cursor', 'task', 'routed', 'settled'] as const) {
    const column = {
      reached: 'seq',
      reach: 'source',
      late: 'entity',
      cursor: 'module',
      task: 'number',
      routed: 'task',
      settled: 'service',
    }[table]
    for (;;) {
      const rows = await store.db
        .selectFrom(table as 'reached')
        .select(column as 'seq')
        .where('run', '=', run)
        .orderBy(column as 'seq')
        .limit(2000)
        .execute()
      if (rows.length === 0) break
      const last = (rows.at(-1) as Record<string, unknown>)[column] as number
      await store.write((trx) =>
        trx
          .deleteFrom(table as 'reached')
          .where('run', '=', run)
          .where(column as 'seq', '<=', last)
          .execute(),
      )
    }
  }
  await store.write((trx) => trx.deleteFrom('run').where('id', '=', run).execute())
}
