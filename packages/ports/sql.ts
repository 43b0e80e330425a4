import type { Kysely, Migration } from 'kysely'

/** A relational database of one service. Queries are dialect-neutral Kysely. */
export interface Sql extends AsyncDisposable {
  readonly can: { shared: boolean }
  /** Brings the schema up to date, forward only, each migration in a transaction, and answers the query builder. */
  open<Schema>(migrations: Record<string, Migration>): Promise<Kysely<Schema>>
  /**
   * Runs `work` in one write transaction, begun as a writer, retried as a whole while the database is locked or a
   * serialisation fails. `work` must be repeatable.
   */
  transaction<Schema, T>(db: Kysely<Schema>, work: (trx: Kysely<Schema>) => Promise<T>): Promise<T>
}
