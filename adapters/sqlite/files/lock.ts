import { DatabaseSync } from 'node:sqlite'

/**
 * Takes the lock that the file at `path` stands for: an exclusive transaction on it, which the kernel frees when this
 * process dies, however it dies. Undefined while another process, or another holder in this one, has it.
 */
export function takeLock(path: string): Disposable | undefined {
  const database = new DatabaseSync(path)
  try {
    database.exec('pragma busy_timeout = 0; pragma locking_mode = exclusive; begin exclusive')
  } catch (cause) {
    database.close()
    if ((cause as { errcode?: number }).errcode !== 5) throw cause // SQLITE_BUSY
    return undefined
  }
  return { [Symbol.dispose]: () => database.close() }
}
