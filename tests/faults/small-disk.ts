import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system in memory that is soon full. */
export interface SmallDisk extends Disposable {
  folder: string
  freeBytes(): number
}

/** Dispose unmounts it, whatever is still open on it. */
export function mountSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'mirage-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' })
  return {
    folder,
    freeBytes() {
      const { bavail, bsize } = statfsSync(folder)
      return bavail * bsize
    },
    [Symbol.dispose]() {
      execFileSync('umount', ['-l', folder], { stdio: 'ignore' })
      rmdirSync(folder)
    },
  }
}

/** Why none can be mounted here, in words; undefined when one can. */
export function missingSmallDisk(): string | undefined {
  if (process.platform !== 'linux') return 'a tmpfs needs Linux'
  if (process.getuid?.() !== 0) return 'mounting a tmpfs needs root'
  try {
    mountSmallDisk(1)[Symbol.dispose]()
    return undefined
  } catch {
    return 'this machine does not let us mount a tmpfs'
  }
}
