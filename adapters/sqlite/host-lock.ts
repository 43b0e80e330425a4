import { DatabaseSync } from 'node:sqlite'
import { MirageError } from '@mirage/kit/errors.ts'

/**
 * Takes a data directory for this process: an exclusive transaction on `path`, which the kernel frees when the process
 * dies, however it dies. Throws `host.locked` when another process has it.
 */
export function takeHostLock(path: string): Disposable {
  const database = new DatabaseSync(path)
  try {
    database.exec('pragma busy_timeout = 0; pragma locking_mode = exclusive; begin exclusive')
  } catch (cause) {
    database.close()
    if ((cause as { errcode?: number }).errcode !== 5) throw cause // SQLITE_BUSY
    throw new MirageError({
      code: 'host.locked',
      status: 409,
      detail: 'Another process is the host of this data directory.',
      retryable: true,
      cause,
    })
  }
  return { [Symbol.dispose]: () => database.close() }
}
