import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, statfsSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MirageError } from '@mirage/kit/errors.ts'
import { afterAll, expect, it } from 'vitest'
import { describeWith } from '../describe-with.ts'
import { openStoreCase, type StoreCase, storeNames } from './store-cases.ts'

/** Why no small disk can be made here; undefined when one can. */
function reason(): string | undefined {
  if (process.platform !== 'linux') return 'a tmpfs needs Linux'
  if (process.getuid?.() !== 0) return 'mounting a tmpfs needs root'
  const folder = mkdtempSync(join(tmpdir(), 'mirage-mount-'))
  try {
    mount(folder)
    unmount(folder)
    return undefined
  } catch {
    return 'this machine does not let us mount a tmpfs'
  } finally {
    rmdirSync(folder)
  }
}

function mount(folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder], { stdio: 'ignore' })
}

function unmount(folder: string): void {
  execFileSync('umount', ['-l', folder], { stdio: 'ignore' })
}

async function fill(path: string, leave: number): Promise<void> {
  const { bavail, bsize } = statfsSync(join(path, '..'))
  await using file = await open(path, 'w')
  await file.writeFile(Buffer.alloc(Math.max(0, bavail * bsize - leave)))
}

/** Writes until the store refuses; answers receipts and what it said. */
async function writeUntilRefused(store: StoreCase, from: number): Promise<{ receipts: string[]; error: unknown }> {
  const receipts: string[] = []
  for (let number = from; number < from + 2_000; number++) {
    try {
      receipts.push(await store.write(number))
    } catch (error) {
      return { receipts, error }
    }
  }
  return { receipts, error: undefined }
}

describeWith('a full disk', reason(), () => {
  const mounted: string[] = []
  afterAll(() => {
    for (const folder of mounted) {
      unmount(folder)
      rmdirSync(folder)
    }
  })

  it.each(storeNames)(
    '%s says so, keeps what it has, and goes on when there is space',
    { timeout: 120_000 },
    async (name) => {
      const folder = mkdtempSync(join(tmpdir(), 'mirage-full-'))
      mount(folder)
      mounted.push(folder)
      const store = await openStoreCase(name, join(folder, 'stores'))
      const receipts = [await store.write(0), await store.write(1)]
      await fill(join(folder, 'ballast'), 200_000)
      const refused = await writeUntilRefused(store, 2)
      expect(refused.error).toBeInstanceOf(MirageError)
      expect(refused.error).toMatchObject({ code: 'store.full', status: 507, retryable: true })
      receipts.push(...refused.receipts)
      // Refused again, and nothing is lost by it.
      await expect(writeUntilRefused(store, 3_000)).resolves.toMatchObject({ error: { code: 'store.full' } })

      await rm(join(folder, 'ballast'))
      for (const number of [5_000, 5_001]) receipts.push(await store.write(number))
      await store.check(receipts)
      await store.close()

      const again = await openStoreCase(name, join(folder, 'stores'))
      await again.check(receipts)
      await again.close()
    },
  )

  it('is not touched by opening a store on it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mirage-full-'))
    mount(folder)
    mounted.push(folder)
    await fill(join(folder, 'ballast'), 0)
    await expect(openStoreCase('sql', folder)).rejects.toMatchObject({ code: 'store.full' })
  })
})
