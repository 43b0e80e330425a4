import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MirageError } from '@mirage/kit/errors.ts'
import { makeFolder } from '@mirage/kit/folder.ts'
import { newSecret } from '@mirage/kit/id.ts'
import type { Installation } from '@mirage/ports/needs.ts'

/** Where the owner's API key is kept. */
export function keyFileOf(dataDirectory: string): string {
  return join(dataDirectory, 'api-key')
}

/** The data directory with its keys, made at the first start. `masterKey` is 64 hex characters or 32 bytes of base64. */
export function openInstallation(
  dataDirectory: string,
  masterKey: string | undefined,
  modulesDirectory?: string,
): Installation {
  makeFolder(dataDirectory)
  return {
    dataDirectory,
    ...(modulesDirectory === undefined ? {} : { modulesDirectory: resolve(modulesDirectory) }),
    masterKey: parseKey(
      masterKey ?? secretFile(join(dataDirectory, 'master.key'), () => randomBytes(32).toString('hex')),
    ),
    ownerKey: secretFile(keyFileOf(dataDirectory), () => `mirage_${newSecret()}`),
  }
}

/**
 * The text of a file that only its owner may read; made on first use, whole or not at all. Of several processes that make
 * it at the same time one wins, and all read the same.
 */
function secretFile(path: string, make: () => string): string {
  if (!existsSync(path)) {
    const mine = `${path}.${process.pid}`
    writeFileSync(mine, make() + '\n', { mode: 0o600 })
    try {
      linkSync(mine, path)
    } catch (error) {
      // Any other code: a file system without links, on which the last one wins.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') renameSync(mine, path)
    } finally {
      rmSync(mine, { force: true })
    }
  }
  return readFileSync(path, 'utf8').trim()
}

export function writePrivate(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

function parseKey(text: string): Uint8Array {
  const bytes = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64')
  if (bytes.length === 32) return new Uint8Array(bytes)
  throw new MirageError({
    code: 'settings.invalid',
    status: 500,
    detail: `The master key must be 32 bytes, as 64 hex characters or base64; this one has ${bytes.length}.`,
  })
}
