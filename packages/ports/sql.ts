import type { Kysely } from 'kysely'

/** One step forward of a schema, in dialect-neutral Kysely. There is no way back. */
export interface Migration {
  up(db: Kysely<unknown>): Promise<void>
}

/** A relational database of one service. Queries are dialect-neutral Kysely. */
export interface Sql extends AsyncDisposable {
  readonly can: { shared: boolean }
  /**
   * Brings the schema up to date in the order of the names, forward only, each migration in a transaction, and answers
   * the query builder. Throws `store.unavailable` when the database knows a migration that is not among these.
   */
  open<Schema>(migrations: Record<string, Migration>): Promise<Kysely<Schema>>
  /**
   * Runs `work` in one write transaction, begun as a writer, retried as a whole while the database is locked or a
   * serialisation fails. `work` must be repeatable and use `trx`, never `db`. Queries elsewhere do not wait for it:
   * they see what was committed before.
   */
  transaction<Schema, T>(db: Kysely<Schema>, work: (trx: Kysely<Schema>) => Promise<T>): Promise<T>
}
