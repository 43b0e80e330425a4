import type { Kysely } from 'kysely'

/**
 * What conditions of modules ask of a value, in one number (`traitOf` of model): that a domain is registrable, as before,
 * and of the types that had no condition more. Runs under way go on with their plans, which know nothing of that.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('reached').renameColumn('is_apex', 'trait').execute()
}
