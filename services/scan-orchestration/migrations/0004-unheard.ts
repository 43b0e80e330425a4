import type { Kysely } from 'kysely'

interface Before {
  reached: { allowed: number; hopeful: number; distance: number; tenants: string | null }
  reach: { step: number }
}

/** An address counts as shared until those that list its names have answered, wherever the way to it began. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const column of ['unheard', 'hopeful'])
    await db.schema
      .alterTable('reached')
      .addColumn(column, 'integer', (definition) => definition.notNull().defaultTo(0))
      .execute()
  // Runs under way go on with what they know: nobody is waited for.
  const runs = db as Kysely<Before>
  await runs
    .updateTable('reached')
    .set(({ ref }) => ({ hopeful: ref('allowed') }))
    .execute()
  // What a shared address is farther stood in its distance and in the steps to it (2); now it is added where it counts.
  await runs
    .updateTable('reached')
    .set(({ eb }) => ({ distance: eb('distance', '-', 1) }))
    .where('tenants', '=', '*')
    .where('distance', '>', 0)
    .execute()
  await runs.updateTable('reach').set({ step: 0 }).where('step', '=', 2).execute()
}
