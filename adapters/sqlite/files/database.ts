import { mkdirSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { MirageError } from '@mirage/kit/errors.ts'
import { busyTimeout, retryBusy } from './busy.ts'
import { toldOf } from './damage.ts'
import { isFlushFailure, storeFull } from './errors.ts'
import { LogFlush } from './log-flush.ts'
import { roomBeside } from './room.ts'
import { type Use, uses } from './uses.ts'

const idleMs = 1_000
const minimumFreeBytes = 1 << 20
const maxStatements = 400

/** At most this much in one transaction, deletions included, so that the log stays small and others get their turn. */
export const transactionRows = 2_000
export const transactionBytes = 16 << 20

const registry = new Map<string, Promise<Database>>()

/**
 * Resolves with this thread's only connection to `path`; whoever opened it closes it once. Throws `store.full` before
 * touching the file when the disk has no room to open it, `store.damaged` when it is no database.
 */
export async function openDatabase(path: string, use: Use): Promise<Database> {
  const key = resolve(path)
  for (;;) {
    const opening = registry.get(key) ?? connect(key, use)
    registry.set(key, opening)
    try {
      const database = await opening
      if (!database.isOpen) continue
      database.holders++
      return database
    } catch (error) {
      if (registry.get(key) === opening) registry.delete(key)
      throw error
    }
  }
}

async function connect(path: string, use: Use): Promise<Database> {
  const { synchronous, pageKilobytes, logMegabytes } = uses[use]
  return retryBusy(path, () => {
    mkdirSync(dirname(path), { recursive: true })
    const { bavail, bsize } = statfsSync(dirname(path))
    if (bavail * bsize < minimumFreeBytes) throw storeFull(path)
    const connection = new DatabaseSync(path, { timeout: busyTimeout, enableForeignKeyConstraints: true })
    try {
      // Both must come before the first table. This one lets the bus give trimmed pages back.
      if (use === 'bus') connection.exec('pragma auto_vacuum = incremental')
      connection.exec(`pragma page_size = ${pageKilobytes << 10}`)
      connection.exec('pragma journal_mode = wal')
      connection.exec(`pragma synchronous = ${synchronous}`)
      connection.exec('pragma temp_store = memory')
      connection.exec(`pragma journal_size_limit = ${logMegabytes << 20}`)
      connection.exec(`pragma wal_autocheckpoint = ${(logMegabytes << 10) / pageKilobytes}`)
      return new Database(path, use, connection)
    } catch (error) {
      connection.close()
      throw error
    }
  })
}

export class Database {
  readonly path: string
  readonly use: Use
  /** Whoever has opened it and not yet closed it. */
  holders = 0
  /** Rows changed before the transaction that was begun last. */
  #changesBefore = 0
  readonly #log: LogFlush
  readonly #connection: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #reader: DatabaseSync | undefined
  readonly #readerStatements = new Map<string, StatementSync>()
  #held: Promise<void> | undefined
  #idle: NodeJS.Timeout | undefined
  readonly #rolledBack: (() => void)[] = []

  constructor(path: string, use: Use, connection: DatabaseSync) {
    this.path = path
    this.use = use
    this.#connection = connection
    this.#log = new LogFlush(path)
    openFiles.add(this)
    shareCaches(use)
  }

  get isOpen(): boolean {
    return this.#connection.isOpen
  }

  /** The prepared statement of `text`, its rows as arrays. Use `all`, `get` and `run`, never `iterate`: it must be over when the caller awaits. */
  prepare(text: string): StatementSync {
    return this.#prepare(text, true)
  }

  /** As `prepare`, rows as objects. */
  prepareObjects(text: string): StatementSync {
    return this.#prepare(text, false)
  }

  #prepare(text: string, arrays: boolean): StatementSync {
    return prepared(this.#statements, arrays ? text : `objects ${text}`, () => {
      const statement = this.#connection.prepare(text)
      statement.setReturnArrays(arrays)
      return statement
    })
  }

  /** What a query finds in what was committed last, as objects: it waits for no transaction, this thread's included. */
  readCommitted(text: string, values: SQLInputValue[]): unknown[] {
    this.#assertOpen()
    const reader = (this.#reader ??= new DatabaseSync(this.path, { timeout: busyTimeout, readOnly: true }))
    return prepared(this.#readerStatements, text, () => reader.prepare(text)).all(...values)
  }

  exec(text: string): void {
    this.#connection.exec(text)
    this.wrote()
  }

  get inTransaction(): boolean {
    return this.#connection.isTransaction
  }

  /** Runs `work`, which only reads and does not await, and maps what SQLite throws. Waits while another holds the connection. */
  async read<T>(work: () => T): Promise<T> {
    return retryBusy(this.path, async () => {
      while (this.#held) await this.#held
      this.#assertOpen()
      return work()
    })
  }

  /**
   * Runs `work`, which does not await, in one transaction: all of it is written or nothing. While another process or
   * thread writes it is tried again, so `work` is repeatable. Throws `store.busy` after 30 s, `store.full`,
   * `store.unavailable`, `store.damaged`, and `store.failed` when what was written may not be on the disk.
   */
  async write<T>(work: () => T): Promise<T> {
    const result = await retryBusy(this.path, async () => {
      while (this.#held) await this.#held
      this.#assertOpen()
      this.begin()
      try {
        const result = work()
        this.commit()
        return result
      } catch (error) {
        this.rollback()
        throw error
      }
    })
    await this.written()
    return result
  }

  /** Throws `store.failed` where a flush has failed. */
  begin(): void {
    this.#assertTakes()
    this.prepare('begin immediate').run()
    this.#changesBefore = this.#changes()
  }

  commit(): void {
    this.prepare('commit').run()
    if (this.#changes() !== this.#changesBefore) this.wrote()
  }

  /** Rows that this connection has changed. */
  #changes(): number {
    return (this.prepare('select total_changes()').get() as unknown as [number])[0]
  }

  /** To be called after a write outside of `write`, and `written` before anybody is told of it. */
  wrote(): void {
    if (uses[this.use].synchronous !== 'full') this.#log.wrote()
    this.#checkpointWhenIdle()
  }

  /**
   * Resolves when everything written before the call is on the disk, so that what is then written to another file or
   * answered may rely on it. A file of `synchronous=FULL` is there already. Rejects with `store.failed` when the disk does
   * not take it, and from then on always.
   */
  async flush(): Promise<void> {
    try {
      await this.#log.flush()
    } catch (error) {
      throw toldOf(error)
    }
  }

  /** Resolves when what was committed will survive what its file is to survive. */
  async written(): Promise<void> {
    if (!uses[this.use].flushed) return
    await this.flush()
  }

  rollback(): void {
    // SQLite itself has rolled back after some errors, a full disk among them.
    if (this.#connection.isOpen && this.#connection.isTransaction) this.#connection.exec('rollback')
    for (const forget of this.#rolledBack) forget()
  }

  /** For what is kept in memory about the file: `forget` is called after every transaction that came to nothing. */
  whenRolledBack(forget: () => void): void {
    this.#rolledBack.push(forget)
  }

  /** Resolves with the function that gives the connection back: until then nobody else reads or writes through it. */
  async hold(): Promise<() => void> {
    while (this.#held) await this.#held
    this.#assertOpen()
    this.#assertTakes()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held = promise
    return () => {
      this.#held = undefined
      resolve()
    }
  }

  /** Gives up the caller's share; the last one closes the file. Waits for a transaction under way. */
  async close(): Promise<void> {
    if (--this.holders > 0) return
    while (this.#held) await this.#held
    if (this.holders > 0 || !this.isOpen) return
    this.closeNow()
  }

  /** Closes the file whoever holds it, before it is removed. */
  closeNow(): void {
    clearTimeout(this.#idle)
    openFiles.delete(this)
    registry.delete(this.path)
    this.#statements.clear()
    this.#readerStatements.clear()
    this.#reader?.close()
    this.#reader = undefined
    this.#log.close()
    if (this.isOpen) this.#connection.close()
    shareCaches(this.use)
  }

  setCache(kibibytes: number): void {
    this.#connection.exec(`pragma cache_size = -${kibibytes}`)
  }

  #assertOpen(): void {
    if (this.isOpen) return
    throw new MirageError({ code: 'store.closed', status: 503, detail: `“${this.path}” was closed.`, retryable: true })
  }

  #assertTakes(): void {
    if (this.#log.failure) throw toldOf(this.#log.failure)
  }

  #checkpointWhenIdle(): void {
    if (this.#idle) {
      this.#idle.refresh()
      return
    }
    this.#idle = setTimeout(() => {
      this.#idle = undefined
      // What a log holds that could not be flushed must not reach the file itself.
      if (!this.isOpen || this.#connection.isTransaction || this.#log.failure) return
      try {
        // The file may grow by as much as the log holds before the log is given back.
        if (statSync(`${this.path}-wal`).size > roomBeside(this.path).free) return
        const { busy } = this.#connection.prepare('pragma wal_checkpoint(truncate)').get() as { busy: number }
        if (busy === 0) this.#log.emptied()
      } catch (error) {
        // A full disk or a reader elsewhere: the log stays until the next time, which loses nothing.
        if (isFlushFailure(error)) toldOf(this.#log.fail(error))
      }
    }, idleMs)
    this.#idle.unref()
  }
}

function prepared(known: Map<string, StatementSync>, key: string, prepare: () => StatementSync): StatementSync {
  let statement = known.get(key)
  if (statement === undefined) {
    statement = prepare()
    if (known.size >= maxStatements) known.delete(known.keys().next().value ?? '')
    known.set(key, statement)
  }
  return statement
}

const openFiles = new Set<Database>()

/** The databases this thread has open. */
export function openDatabases(): Iterable<Database> {
  return openFiles
}

/** Resolves when everything that the files of this thread have written, but for `except`, is on the disk. */
export async function flushFiles(except?: Database): Promise<void> {
  await Promise.all([...openFiles].filter((file) => file !== except).map((file) => file.flush()))
}

function shareCaches(use: Use): void {
  const files = [...openFiles].filter((file) => file.use === use && file.isOpen)
  const share = Math.max(256, Math.floor((uses[use].cacheMegabytes * 1024) / Math.max(1, files.length)))
  for (const file of files) file.setCache(share)
}
