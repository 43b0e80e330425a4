import { type Kysely, sql } from 'kysely'

/** Entities of a run in shards, so that the index of their ids grows at one end (`reached.ts`). */
export async function up(db: Kysely<unknown>): Promise<void> {
  // What has arrived is named by its place in the order of arrival, which has an index of its own.
  await db.schema
    .alterTable('late')
    .addColumn('seq', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await sql`update late set seq =
    (select seq from reached where reached.run = late.run and reached.entity = late.entity)`.execute(db)
  await db.schema.dropIndex('reached_entity').execute()
  // What is there stays one shard.
  await db.schema
    .alterTable('reached')
    .addColumn('shard', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema.createIndex('reached_entity').on('reached').columns(['run', 'shard', 'entity']).unique().execute()
}
