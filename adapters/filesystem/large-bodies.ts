import { randomBytes } from 'node:crypto'
import { statSync, unlinkSync, utimesSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isNoSpace, storeFull } from '@mirage/adapters/sqlite/files/errors.ts'
import { MirageError, messageOf } from '@mirage/kit/errors.ts'
import type { Coding, PackedBody, StoredBody } from './pack.ts'

/** Large bodies of a workspace, a file each: `<folder>/ab/<hash>` as it is, `<folder>/ab/<hash>.zst` compressed. */
export interface LargeBodies {
  /** Resolves when the body is on the disk under its name: a name never stands for half a body. */
  put(body: PackedBody): Promise<void>
  get(hash: string): Promise<StoredBody | undefined>
  has(hash: string): Promise<boolean>
  /** Removes bodies last put before `before` that `isUsed` denies, and what a crash left half written. */
  sweep(before: number, isUsed: (hash: string) => Promise<boolean>): Promise<number>
}

const endings: Record<Coding, string> = { plain: '', zstd: '.zst' }
const unfinished = '.part-'

export function openLargeBodies(folder: string): LargeBodies {
  function pathOf(hash: string, coding: Coding): string {
    return join(folder, hash.slice(0, 2), `${hash}${endings[coding]}`)
  }

  return {
    async put({ hash, putAt, coding, bytes }) {
      const path = pathOf(hash, coding)
      if (renew(path, putAt)) return
      try {
        await writeWhole(path, bytes, putAt)
      } catch (error) {
        throw fileError(error, path)
      }
    },

    async get(hash) {
      for (const coding of ['zstd', 'plain'] as const) {
        const path = pathOf(hash, coding)
        const bytes = await readFile(path).catch(absent(path))
        if (bytes !== undefined) return { coding, bytes }
      }
      return undefined
    },

    async has(hash) {
      for (const coding of ['zstd', 'plain'] as const) {
        const path = pathOf(hash, coding)
        if ((await stat(path).catch(absent(path))) !== undefined) return true
      }
      return false
    },

    async sweep(before, isUsed) {
      let removed = 0
      for (const part of (await readdir(folder).catch(absent(folder))) ?? []) {
        if (!/^[0-9a-f]{2}$/.test(part)) continue
        for (const name of await readdir(join(folder, part))) {
          const path = join(folder, part, name)
          if (!isOlder(path, before)) continue
          if (!name.includes(unfinished) && (await isUsed(name.slice(0, 64)))) continue
          // Looked at and removed in one go: it may have been put again while we asked.
          if (!isOlder(path, before)) continue
          unlinkSync(path)
          if (!name.includes(unfinished)) removed++
        }
      }
      return removed
    },
  }
}

function isOlder(path: string, before: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && found.mtimeMs < before
}

/** Gives an existing file the time of the new put; false when there is none. */
function renew(path: string, putAt: number): boolean {
  try {
    utimesSync(path, putAt / 1000, putAt / 1000)
    return true
  } catch {
    return false
  }
}

async function writeWhole(path: string, bytes: Uint8Array, putAt: number): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true })
  const part = `${path}${unfinished}${randomBytes(6).toString('hex')}`
  try {
    await using file = await open(part, 'wx')
    await file.writeFile(bytes)
    await file.utimes(putAt / 1000, putAt / 1000)
    await file.sync()
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  await rename(part, path)
  try {
    // The name itself is in the folder.
    await using parent = await open(folder, 'r')
    await parent.sync()
  } catch (error) {
    // A name that a power cut may take must not be found by the next put.
    await rm(path, { force: true })
    throw error
  }
}

function absent(path: string): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw fileError(error, path)
  }
}

function fileError(error: unknown, path: string): unknown {
  if (isNoSpace(error)) return storeFull(path, error)
  return new MirageError({
    code: 'store.unavailable',
    status: 503,
    detail: `“${path}” cannot be read or written: ${messageOf(error)}. Check the disk and the folder's rights.`,
    cause: error,
  })
}
