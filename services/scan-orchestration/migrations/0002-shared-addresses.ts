import type { Kysely } from 'kysely'

/** Who is on an address, how far things are in the worst case, and what open tasks have reserved. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('reached')
    .addColumn('firm', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema.alterTable('reached').addColumn('tenants', 'text').execute()
  // Runs under way go on with the distances they have.
  await (db as Kysely<{ reached: { firm: number; distance: number } }>)
    .updateTable('reached')
    .set(({ ref }) => ({ firm: ref('distance') }))
    .execute()
  await db.schema.createIndex('reach_by_target').on('reach').columns(['run', 'target']).execute()
  for (const column of ['requests', 'queries'])
    await db.schema
      .alterTable('task')
      .addColumn(column, 'integer', (definition) => definition.notNull().defaultTo(0))
      .execute()
}
