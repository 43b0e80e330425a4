import { fork } from 'node:child_process'
import { join } from 'node:path'
import { type StoreFile, storeFilesOf } from './inventory.ts'

/** A file of a store, and what is wrong with it. */
export interface CheckedStore extends StoreFile {
  /** In words; empty for a whole file. Undefined where there was no time to look. */
  faults: string[] | undefined
}

export interface FileToCheck {
  path: string
  thorough: boolean
}

/** Up to this size indexes are compared with their tables too. */
const smallBytes = 64 << 20

/**
 * Looks at every store file of a data directory for `withinMs` at most; Infinity is thorough with all of them. It is done
 * in a process of its own: a look at a large file cannot be broken off otherwise, and a file that shrinks while it is
 * mapped kills who reads it. Changes nothing, and may be done while services run.
 */
export async function checkStores(dataDirectory: string, withinMs: number): Promise<CheckedStore[]> {
  const files = storeFilesOf(dataDirectory)
  const checked = files.map((file): CheckedStore => ({ ...file, faults: undefined }))
  const until = performance.now() + withinMs
  let next = 0
  while (next < files.length && performance.now() < until) next = await checkFrom(next)
  return checked

  /** Answers the first that was not looked at: another process goes on where one died. */
  function checkFrom(first: number): Promise<number> {
    const rest: FileToCheck[] = files.slice(first).map(({ file, bytes }) => ({
      path: join(dataDirectory, file),
      thorough: withinMs === Infinity || bytes <= smallBytes,
    }))
    const child = fork(join(import.meta.dirname, 'check-process.ts'), {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    })
    return new Promise((resolve) => {
      let at = first
      let isLate = false
      const late = Number.isFinite(withinMs)
        ? setTimeout(() => {
            isLate = true
            child.kill('SIGKILL')
          }, until - performance.now())
        : undefined
      child.on('message', (faults: string[]) => {
        checked[at++]!.faults = faults
        if (at === files.length) child.disconnect()
      })
      child.once('exit', (code, signal) => {
        clearTimeout(late)
        if (isLate) return resolve(files.length)
        if (at < files.length)
          checked[at++]!.faults = [`reading it ended the process (${signal ?? `exit code ${code}`})`]
        resolve(at)
      })
      // No process could be made: nothing was looked at. One that has died says so by `exit`.
      child.on('error', () => resolve(files.length))
      child.send(rest)
    })
  }
}
