import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { messageOf } from '@mirage/kit/errors.ts'
import { Failure } from '../exit.ts'

/** Where results go: standard output, or a file. */
export interface Output {
  /** Resolves when more may be written. Throws what went wrong with an earlier write. */
  write(text: string): Promise<void>
  /** Resolves when everything has left. */
  end(): Promise<void>
}

/** Output to a stream that stays open, such as standard output. */
export function streamOutput(stream: Writable): Output {
  let failure: Error | undefined
  let room: (() => void) | undefined
  stream.on('error', (error: Error) => {
    failure = error
    room?.()
  })
  stream.on('drain', () => room?.())

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
      if (!failure && stream.writableLength > 0) await new Promise<void>((resolve) => stream.write('', () => resolve()))
    },
  }
}

/** A new file, written as it comes; its folder is made. */
export async function fileOutput(path: string): Promise<Output> {
  await mkdir(dirname(path), { recursive: true })
  const file = createWriteStream(path)
  const output = streamOutput(file)
  try {
    await new Promise<void>((resolve, reject) => file.once('open', () => resolve()).once('error', reject))
  } catch (error) {
    throw new Failure(`${path} cannot be written (${messageOf(error)}).`)
  }
  return {
    write: (text) => output.write(text),
    end: () => new Promise((resolve, reject) => file.once('error', reject).end(() => resolve())),
  }
}
