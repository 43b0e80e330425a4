import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { messageOf } from '@mirage/kit/errors.ts'
import { Failure, Interrupted } from '../exit.ts'
import { isPipe, openPipe, type Waiting } from '../pipe.ts'

/** Where results go: standard output, or a file. */
export interface Output {
  /** Resolves when more may be written. Throws what went wrong with an earlier write. */
  write(text: string): Promise<void>
  /** Resolves when everything has left. */
  end(): Promise<void>
}

/** Output to a stream that stays open, such as standard output. `place` is its name for people. */
export function streamOutput(stream: Writable, place: string): Output {
  let failure: Error | undefined
  let room: (() => void) | undefined
  stream.on('error', (error: Error) => {
    note(error)
    room?.()
  })
  stream.on('drain', () => room?.())

  /** A callback hears of a failure before the stream tells it; what comes after the first only follows from it. */
  function note(error: Error | null | undefined): void {
    if (error) failure ??= unwritable(place, stream.errored ?? error)
  }

  async function waitForRoom(): Promise<void> {
    await new Promise<void>((resolve) => (room = resolve))
    room = undefined
    if (failure) throw failure
  }

  return {
    async write(text) {
      if (failure) throw failure
      if (!stream.write(text)) await waitForRoom()
    },
    async end() {
      note(stream.errored)
      if (!failure && stream.writableLength > 0)
        await new Promise<void>((resolve) => stream.write('', (error) => resolve(note(error))))
      if (failure) throw failure
    },
  }
}

/**
 * A new file, written as it comes; its folder is made. A pipe that stands there is written to when somebody reads it.
 * Throws a `Failure` that names it where that cannot be.
 */
export async function fileOutput(path: string, waiting: Waiting): Promise<Output> {
  const file = await openFile(path, waiting).catch((error: unknown) => {
    throw unwritable(path, error)
  })
  const output = streamOutput(file, path)
  return {
    write: (text) => output.write(text),
    async end() {
      await output.end()
      const error = await new Promise<Error | null | undefined>((resolve) => file.end(resolve))
      if (error) throw unwritable(path, file.errored ?? error)
    },
  }
}

async function openFile(path: string, waiting: Waiting): Promise<Writable> {
  await makeFolder(dirname(path))
  if (await isPipe(path)) return await openPipe(path, waiting)
  const file = createWriteStream(path)
  await once(file, 'open')
  return file
}

/** Makes the file, and its folder, where they are not there; what a file holds stays. Throws a `Failure` that names it. */
export async function assertWritable(path: string): Promise<void> {
  try {
    await makeFolder(dirname(path))
    // The reader of a pipe takes a writer that closes for the end.
    if (await isPipe(path)) return
    await (await open(path, 'a')).close()
  } catch (error) {
    throw unwritable(path, error)
  }
}

/** One after the other: where the system refuses a folder that its parent could have, mkdir's own recursion never ends. */
async function makeFolder(path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) return
  } catch {
    if (dirname(path) !== path) await makeFolder(dirname(path))
  }
  await mkdir(path)
}

/** Why nothing can be written there, in words. */
export function unwritable(path: string, error: unknown): Error {
  if (error instanceof Failure || error instanceof Interrupted) return error
  const { code } = error as NodeJS.ErrnoException
  const reasons: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of its path is no folder',
    EEXIST: 'a part of its path is no folder',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk is full',
    ELOOP: 'its links lead in a circle',
    EPIPE: 'its reader has left',
    ENAMETOOLONG: 'the name is too long',
  }
  return new Failure(`${path} cannot be written: ${reasons[code ?? ''] ?? messageOf(error)}.`)
}
