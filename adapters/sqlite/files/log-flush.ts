import { type FileHandle, open } from 'node:fs/promises'
import type { MirageError } from '@mirage/kit/errors.ts'
import { flushFailed } from './errors.ts'

/**
 * Flushes the log of one SQLite file beside the thread. SQLite flushes the log itself before it moves pages out of it, so
 * the log is all there is to flush. A flush that fails is the last one: after it the system counts as written what it
 * was not able to write, and a second flush would succeed without it.
 */
export class LogFlush {
  readonly #path: string
  #failure: MirageError | undefined
  /** Something was written that no flush has followed. */
  #isDue = false
  #isClosed = false
  #running: Promise<void> | undefined
  /** The flush that begins when the present one has ended. */
  #next: Promise<void> | undefined
  /** Kept open: it stays the same file while the database is. */
  #log: FileHandle | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Why nothing that is written counts any more. */
  get failure(): MirageError | undefined {
    return this.#failure
  }

  fail(cause: unknown): MirageError {
    return (this.#failure ??= flushFailed(this.#path, cause))
  }

  wrote(): void {
    this.#isDue = true
  }

  /** Everything was moved out of the log. */
  emptied(): void {
    this.#isDue = false
  }

  /**
   * Resolves when everything written before the call is on the disk. Who comes while a flush runs shares the next.
   * Rejects with `store.failed`, from the first failure on always.
   */
  flush(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure)
    if (!this.#isDue) return this.#next ?? this.#running ?? Promise.resolve()
    if (this.#running === undefined) return this.#start()
    const start = (): Promise<void> => {
      this.#next = undefined
      return this.#start()
    }
    return (this.#next ??= this.#running.then(start, start))
  }

  #start(): Promise<void> {
    this.#isDue = false
    const running = this.#sync().finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }

  async #sync(): Promise<void> {
    if (this.#failure) throw this.#failure
    try {
      const log = this.#log ?? (await open(`${this.#path}-wal`, 'r+'))
      if (!this.#isClosed) this.#log = log
      try {
        await log.datasync()
      } finally {
        if (this.#log !== log) await log.close()
      }
    } catch (error) {
      // The database was closed meanwhile, which has moved everything out of the log.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
      throw this.fail(error)
    }
  }

  close(): void {
    this.#isClosed = true
    // Waits for a flush under way.
    void this.#log?.close()
    this.#log = undefined
  }
}
