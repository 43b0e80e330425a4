import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readFile, stat } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { callbackify } from 'node:util'
import { pause } from '@mirage/kit/clock.ts'
import type { Cli } from './cli.ts'

/**
 * Named pipes. Nothing here blocks: a thread that the system holds in `open`, `read` or `write` would hold the end of the
 * process as well, so that Ctrl-C does nothing.
 */

/** What waits has to know: when the command is to end, and whom it tells. */
export type Waiting = Pick<Cli, 'signal' | 'people'>

/** Whether a pipe with a name stands there. */
export async function isPipe(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFIFO()
  } catch {
    return false // nothing is there yet
  }
}

/**
 * A named pipe to write to, as soon as somebody reads it; says that it waits. Throws the signal's reason when it aborts.
 */
export async function openPipe(path: string, { signal, people }: Waiting): Promise<Writable> {
  let pipe: FileHandle | undefined
  for (let tries = 0; pipe === undefined; tries++) {
    signal.throwIfAborted()
    pipe = await openWithReader(path)
    if (pipe !== undefined) break
    // A reader that was started together with the command needs a moment.
    if (tries === 10) people.say(`Waiting for a reader of ${path}.`)
    await pause(50, signal)
  }
  const handle = pipe
  const write = callbackify(writeAll)
  const close = callbackify(() => handle.close())
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      write(handle, chunk, signal, done)
    },
    destroy(error, done) {
      close((failure) => done(error ?? failure))
    },
  })
}

/** Undefined while nobody reads (ENXIO, fifo(7)). */
async function openWithReader(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') return undefined
    throw error
  }
}

/** The text of a file, or all that is written to a named pipe, however long that takes. Throws what the system says. */
export async function readText(path: string): Promise<string> {
  // A link may be to a pipe without a name (`<(…)`): whoever writes to that is there, or was, and nobody comes later.
  if (!(await lstat(path)).isFIFO()) return await readFile(path, 'utf8')
  await using pipe = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const chunks: Buffer[] = []
  let hadWriter = false
  for (;;) {
    const chunk = await readSome(pipe)
    // Nothing is there: before the first writer that is no end yet.
    if (chunk?.length === 0 && hadWriter) return Buffer.concat(chunks).toString('utf8')
    hadWriter ||= chunk?.length !== 0
    if (chunk?.length) chunks.push(chunk)
    else await pause(longestMs)
  }
}

/** Undefined while a writer is there and has written nothing more; empty while there is none. */
async function readSome(pipe: FileHandle): Promise<Buffer | undefined> {
  try {
    const { bytesRead, buffer } = await pipe.read({ buffer: Buffer.alloc(65_536) })
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined
    throw error
  }
}

const longestMs = 50

async function writeAll(handle: FileHandle, chunk: Buffer, signal: AbortSignal): Promise<void> {
  let waitMs = 1
  for (let written = 0; written < chunk.length;) {
    signal.throwIfAborted()
    try {
      const { bytesWritten } = await handle.write(chunk, written)
      written += bytesWritten
      waitMs = 1
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      await pause(waitMs, signal) // the pipe is full until its reader takes something
      waitMs = Math.min(longestMs, waitMs * 2)
    }
  }
}
