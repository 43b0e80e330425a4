import { AsyncLocalStorage } from 'node:async_hooks'
import type { SQLInputValue } from 'node:sqlite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Migration, Sql } from '@mirage/ports/sql.ts'
import { retryBusy } from './files/busy.ts'
import { type Database, openDatabase } from './files/database.ts'

interface Transaction {
  database: Database
  connection: DatabaseConnection | undefined
  over: boolean
}

/** The transaction that the running code is in, so that its queries outside of it are an error instead of a dead lock. */
const running = new AsyncLocalStorage<Transaction>()

/** A service's own SQLite file under Kysely. Shared with other processes that open the same file. */
export async function openSqliteSql({ path }: { path: string }): Promise<Sql> {
  const database = await openDatabase(path, 'control')
  const builders: Kysely<unknown>[] = []
  let closed = false

  return {
    can: { shared: true },

    // PostgreSQL: the same, under an advisory lock
    async open<Schema>(migrations: Record<string, Migration>) {
      const db = new Kysely<Schema>({ dialect: dialectOf(database) })
      builders.push(db as Kysely<unknown>)
      await migrate(database, migrations)
      return db
    },

    // PostgreSQL: begin isolation level serializable, tried again at 40001 and 40P01
    async transaction<Schema, T>(db: Kysely<Schema>, work: (trx: Kysely<Schema>) => Promise<T>): Promise<T> {
      const result = await retryBusy(path, () => inTransaction(database, db, work))
      await database.written()
      return result
    },

    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      for (const db of builders) await db.destroy()
      await database.close()
    },
  }
}

async function inTransaction<Schema, T>(
  database: Database,
  db: Kysely<Schema>,
  work: (trx: Kysely<Schema>) => Promise<T>,
): Promise<T> {
  if (transactionOn(database) !== undefined) throw nested(database.path)
  const transaction: Transaction = { database, connection: undefined, over: false }
  return running.run(transaction, () =>
    db.connection().execute(async (connection) => {
      database.begin()
      try {
        const result = await work(connection)
        database.commit()
        return result
      } catch (error) {
        database.rollback()
        throw error
      } finally {
        transaction.over = true
      }
    }),
  )
}

function transactionOn(database: Database): Transaction | undefined {
  const transaction = running.getStore()
  return transaction?.database === database && !transaction.over ? transaction : undefined
}

/** Applies what is missing in the order of the names. Refuses a database that knows a migration which we do not. */
async function migrate(database: Database, migrations: Record<string, Migration>): Promise<void> {
  const names = Object.keys(migrations).sort()
  await database.write(() => {
    database.exec('create table if not exists mirage_migration (name text primary key) strict')
  })
  const done = await database.read(() => {
    return new Set(
      (database.prepare('select name from mirage_migration').all() as unknown as [string][]).map(([name]) => name),
    )
  })
  const unknown = [...done].find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw new MirageError({
      code: 'store.unavailable',
      status: 503,
      detail: `“${database.path}” was written by a newer Mirage (migration ${unknown}). Start the newer one; there is no way back.`,
    })
  }
  for (const name of names) await applyMigration(database, name, migrations[name]!)
}

async function applyMigration(database: Database, name: string, migration: Migration): Promise<void> {
  const db = new Kysely<unknown>({ dialect: dialectOf(database) })
  await retryBusy(database.path, () =>
    inTransaction(database, db, async (trx) => {
      // Another process may have been faster.
      if (database.prepare('select 1 from mirage_migration where name = ?').get(name) !== undefined) return
      await migration.up(trx)
      database.prepare('insert into mirage_migration values (?)').run(name)
    }),
  )
}

/** The driver takes turns itself: Kysely's own mutex would wait for ever where we can name the mistake. */
class OwnTurnsAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

function dialectOf(database: Database): Dialect {
  return {
    createDriver: () => driverOf(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new OwnTurnsAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  }
}

/** One connection writes, held by whoever has begun to; the rest wait for their turn. Reads go past it. */
interface Turn extends DatabaseConnection {
  hold(): Promise<void>
  release(): void
}

function driverOf(database: Database): Driver {
  return {
    async init() {},
    async acquireConnection(): Promise<Turn> {
      const transaction = transactionOn(database)
      if (transaction?.connection !== undefined) throw nested(database.path)
      const turn = turnOn(database)
      if (transaction !== undefined) {
        transaction.connection = turn
        await turn.hold()
      }
      return turn
    },
    async releaseConnection(connection) {
      ;(connection as Turn).release()
    },
    async beginTransaction(connection) {
      await (connection as Turn).hold()
      await retryBusy(database.path, () => database.begin())
    },
    async commitTransaction() {
      database.commit()
      await database.written()
    },
    async rollbackTransaction() {
      database.rollback()
    },
    async destroy() {},
  }
}

function turnOn(database: Database): Turn {
  let giveBack: (() => void) | undefined

  async function hold(): Promise<void> {
    giveBack ??= await database.hold()
  }

  function execute<Row>({ sql, parameters }: CompiledQuery): QueryResult<Row> {
    const statement = database.prepareObjects(sql)
    const values = parameters.map(bindable)
    if (statement.columns().length > 0) return { rows: statement.all(...values) as Row[] }
    const { changes, lastInsertRowid } = statement.run(...values)
    if (!database.inTransaction) database.wrote()
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  return {
    hold,
    release: () => giveBack?.(),
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      if (giveBack === undefined && query.query.kind === 'SelectQueryNode')
        return retryBusy(database.path, () => ({
          rows: database.readCommitted(query.sql, query.parameters.map(bindable)) as Row[],
        }))
      await hold()
      // Within a transaction it is the whole that is tried again.
      if (database.inTransaction) return execute<Row>(query)
      const result = await retryBusy(database.path, () => execute<Row>(query))
      await database.written()
      return result
    },
    streamQuery() {
      throw new Error('page by key instead of streaming: an open statement holds up the checkpoints of this file')
    },
  }
}

/** SQLite has no booleans and no dates; everything else it cannot hold is a mistake of the caller. */
function bindable(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value === undefined) return null
  return value as SQLInputValue
}

function nested(path: string): Error {
  return new Error(`inside a transaction on ${path}: use the query builder that the transaction was given`)
}
