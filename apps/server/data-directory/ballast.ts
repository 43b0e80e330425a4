import { randomBytes } from 'node:crypto'
import { open, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { pause } from '@mirage/kit/clock.ts'
import { messageOf } from '@mirage/kit/errors.ts'
import type { Log } from '@mirage/kit/log.ts'

const fullBytes = 64 << 20
/** Of a small disk the ballast takes no more than this share. */
const share = 0.05
/** With less free than this the disk counts as full. */
const lowBytes = 2 << 20
const lookMs = 250
const pieceBytes = 1 << 20

/** How many bytes are kept back in a data directory, how many are to be, and how many are free beside them. */
export async function ballastOf(dataDirectory: string): Promise<{ kept: number; wanted: number; free: number }> {
  const { bavail, blocks, bsize } = await statfs(dataDirectory)
  const kept = await stat(join(dataDirectory, 'ballast')).then(
    ({ size }) => size,
    () => 0,
  )
  return { kept, wanted: Math.min(fullBytes, Math.floor(blocks * bsize * share)), free: bavail * bsize }
}

/**
 * Keeps a file in the data directory that is nothing but space. On a full disk SQLite can neither delete nor checkpoint:
 * then the file goes, and what it leaves is enough to pause, export and stop in order. It comes back when there is space
 * for it many times over.
 */
export function keepBallast(dataDirectory: string, log: Log): AsyncDisposable {
  const file = join(dataDirectory, 'ballast')
  const stop = new AbortController()

  async function look(): Promise<void> {
    const { kept, wanted, free } = await ballastOf(dataDirectory)
    if (kept > 0 && free < lowBytes) {
      await rm(file, { force: true })
      log.warn('The disk is full: space that was kept back is free now', { bytes: kept })
    } else if (kept < wanted && free > 4 * wanted) await fill(kept, wanted)
  }

  /** Random, so that no file system stores it as less than it is. */
  async function fill(from: number, to: number): Promise<void> {
    await using handle = await open(file, 'a', 0o600)
    const piece = randomBytes(pieceBytes)
    for (let at = from; at < to && !stop.signal.aborted; at += piece.length)
      await handle.write(piece, 0, Math.min(piece.length, to - at))
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      await look().catch((error: unknown) => log.warn('The ballast could not be seen to', { reason: messageOf(error) }))
      await pause(lookMs, stop.signal)
    }
  }

  const watching = watch()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await watching
    },
  }
}
