import { type Kysely, sql } from 'kysely'

/** What waits for the lanes of a run, in queues by its seeds (`queues.ts`). */
export async function up(db: Kysely<unknown>): Promise<void> {
  // What is there stays one queue.
  await db.schema
    .alterTable('reached')
    .addColumn('queue', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema.dropIndex('reached_by_type').execute()
  await db.schema.createIndex('reached_by_type').on('reached').columns(['run', 'type', 'queue', 'seq']).execute()
  await db.schema
    .createTable('cursor')
    .addColumn('run', 'integer', (column) => column.notNull())
    .addColumn('module', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('queue', 'integer', (column) => column.notNull())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('cursor_pk', ['run', 'module', 'type', 'queue'])
    .execute()
  await sql`insert into cursor (run, module, type, queue, seq) select run, module, type, 0, cursor from lane`.execute(
    db,
  )
  await db.schema.dropTable('lane').execute()
}
