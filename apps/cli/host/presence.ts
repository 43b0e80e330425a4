import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '@mirage/kit/folder.ts'

/**
 * Which commands use the host of a data directory: a file a process in `clients/`, so that a host whose own work is done
 * leaves only when nobody is in the middle of reading from it.
 */

/** Says that this process uses the host, until it is disposed. */
export function announcePresence(dataDirectory: string): Disposable {
  const folder = join(dataDirectory, 'clients')
  const file = join(folder, String(process.pid))
  try {
    makeFolder(folder)
    writeFileSync(file, '')
  } catch {
    // A directory that cannot be written is a host's complaint to make; a full disk only costs the courtesy.
  }
  return { [Symbol.dispose]: () => forget(file) }
}

function forget(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // It could not be made either.
  }
}

/** The process ids of other commands that use the host now; what dead ones left is removed. */
export function othersPresent(dataDirectory: string): number[] {
  const folder = join(dataDirectory, 'clients')
  try {
    return readdirSync(folder)
      .map(Number)
      .filter((pid) => {
        if (pid === process.pid) return false
        if (isAlive(pid)) return true
        forget(join(folder, String(pid)))
        return false
      })
  } catch {
    return []
  }
}

/** True when a process with this id runs, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
