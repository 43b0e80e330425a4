import { hash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { MirageError } from '@mirage/kit/errors.ts'
import { fileName } from '@mirage/adapters/sqlite/files/spaces.ts'
import type { Blobs } from '@mirage/ports/blobs.ts'
import { openLargeBodies } from './large-bodies.ts'
import { type Coding, openPack, type Pack, type StoredBody } from './pack.ts'

/** Bodies up to this size, compressed, share a file. */
const packedBytes = 65_536

/** Up to this size zstd takes less time than handing the bytes to another thread: 0.1 ms for 32 KB. */
const inlineBytes = 131_072

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Bodies under the folder `path`, one folder a workspace: small ones in a pack, large ones a file each. */
export async function openFileBlobs({ path, now }: { path: string; now: () => number }): Promise<Blobs> {
  const packs = new Map<string, Promise<Pack>>()
  let closed = false

  function folderOf(workspace: string): string {
    return join(path, fileName(workspace))
  }

  async function packOf(workspace: string): Promise<Pack> {
    if (closed) throw new MirageError({ code: 'store.closed', status: 503, detail: `“${path}” was closed.` })
    const opening = packs.get(workspace) ?? openPack(join(folderOf(workspace), 'pack.db'))
    packs.set(workspace, opening)
    opening.catch(() => packs.delete(workspace))
    return opening
  }

  async function find(workspace: string, key: string): Promise<StoredBody | undefined> {
    const pack = await packOf(workspace)
    return (await pack.get(key)) ?? openLargeBodies(folderOf(workspace)).get(key)
  }

  return {
    can: { shared: true, durable: true },

    // S3: PutObject under the hash, with If-None-Match: *
    async put(workspace, bytes) {
      const key = hash('sha256', bytes)
      const pack = await packOf(workspace)
      const body = await encode(bytes)
      if (body.bytes.length <= packedBytes) await pack.put({ hash: key, putAt: now(), ...body })
      else await openLargeBodies(folderOf(workspace)).put({ hash: key, putAt: now(), ...body })
      return key
    },

    // S3: GetObject
    async get(workspace, key) {
      const body = isHash(key) ? await find(workspace, key) : undefined
      if (body === undefined) return undefined
      const bytes = await decode(body).catch(() => undefined)
      if (bytes === undefined || hash('sha256', bytes) !== key) throw damaged(workspace, key)
      return bytes
    },

    // S3: HeadObject
    async has(workspace, key) {
      if (!isHash(key)) return false
      const pack = await packOf(workspace)
      return (await pack.has(key)) || openLargeBodies(folderOf(workspace)).has(key)
    },

    // S3: ListObjectsV2 and DeleteObjects
    async sweep(workspace, before, isUsed) {
      const pack = await packOf(workspace)
      let removed = 0
      for (let place: number | undefined = 0; place !== undefined;) {
        const page = await pack.old(before, place)
        const unused: string[] = []
        for (const { hash } of page.bodies) if (!(await isUsed(hash))) unused.push(hash)
        if (unused.length > 0) removed += await pack.remove(unused, before)
        place = page.next
      }
      return removed + (await openLargeBodies(folderOf(workspace)).sweep(before, isUsed))
    },

    // S3: DeleteObjects under the workspace's prefix
    async erase(workspace) {
      const pack = await packOf(workspace)
      packs.delete(workspace)
      await pack.close()
      await rm(folderOf(workspace), { recursive: true, force: true })
    },

    async [Symbol.asyncDispose]() {
      closed = true
      for (const opening of packs.values()) await (await opening.catch(() => undefined))?.close()
    },
  }
}

async function encode(bytes: Uint8Array): Promise<StoredBody> {
  if (bytes.length >= 128) {
    const small = bytes.length <= inlineBytes ? zstdCompressSync(bytes) : await compress(bytes)
    // What is compressed already is kept as it is.
    if (small.length < bytes.length * 0.95) return { coding: 'zstd', bytes: small }
  }
  return { coding: 'plain', bytes }
}

async function decode({ coding, bytes }: { coding: Coding; bytes: Uint8Array }): Promise<Uint8Array> {
  if (coding === 'plain') return bytes
  return bytes.length <= packedBytes ? zstdDecompressSync(bytes) : decompress(bytes)
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

function damaged(workspace: string, key: string): MirageError {
  return new MirageError({
    code: 'record.damaged',
    status: 500,
    detail: `The body ${key} of workspace “${workspace}” is damaged on the disk. “mirage doctor” looks at all files; restore blobs from a backup.`,
  })
}
