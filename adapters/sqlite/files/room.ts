import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'

/** Left free for what people do on a full disk: to pause, delete, export and stop. Of a small disk a fortieth. */
const leftBytes = 16 << 20

/** The bytes free beside the file at `path`, and how many of them what goes on by itself may take; below 0 it has to wait. */
export function roomBeside(path: string): { free: number; room: number } {
  const { bavail, blocks, bsize } = statfsSync(dirname(path))
  const free = bavail * bsize
  return { free, room: free - Math.min(leftBytes, (blocks * bsize) / 40) }
}
