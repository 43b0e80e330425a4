import { toldOf } from './damage.ts'
import { isBusy, storeError } from './errors.ts'

/** Milliseconds that a locked file may hold up the thread; longer waits are spent off the stack. */
export const busyTimeout = 20
const retryForMs = 30_000

/** Tries `work` until the file is free, waiting off the stack; what SQLite throws leaves as a typed error. */
export async function retryBusy<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  let waited = 0
  for (let pauseMs = 1; ; pauseMs = Math.min(50, pauseMs * 2)) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || waited > retryForMs) throw toldOf(storeError(error, path))
    }
    waited += pauseMs + busyTimeout
    await new Promise((resume) => setTimeout(resume, pauseMs))
  }
}
