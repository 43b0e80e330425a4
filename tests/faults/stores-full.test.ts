import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MirageError } from '@mirage/kit/errors.ts'
import { expect, it } from 'vitest'
import { describeWith } from '../describe-with.ts'
import { missingSmallDisk, mountSmallDisk, type SmallDisk } from './small-disk.ts'
import { openStoreCase, type StoreCase, storeNames } from './store-cases.ts'

/** Takes all the space of the disk but `leave` bytes; removing what it answers gives it back. */
async function fill(disk: SmallDisk, leave: number): Promise<string> {
  const path = join(disk.folder, 'filler')
  await writeFile(path, Buffer.alloc(Math.max(0, disk.freeBytes() - leave)))
  return path
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

describeWith('a full disk', missingSmallDisk(), () => {
  it.each(storeNames)(
    '%s says so, keeps what it has, and goes on when there is space',
    { timeout: 120_000 },
    async (name) => {
      using disk = mountSmallDisk(16)
      const store = await openStoreCase(name, join(disk.folder, 'stores'))
      const receipts = [await store.write(0), await store.write(1)]
      const filler = await fill(disk, 200_000)
      const refused = await writeUntilRefused(store, 2)
      expect(refused.error).toBeInstanceOf(MirageError)
      expect(refused.error).toMatchObject({ code: 'store.full', status: 507, retryable: true })
      receipts.push(...refused.receipts)
      // Refused again, and nothing is lost by it.
      await expect(writeUntilRefused(store, 3_000)).resolves.toMatchObject({ error: { code: 'store.full' } })

      await rm(filler)
      for (const number of [5_000, 5_001]) receipts.push(await store.write(number))
      await store.check(receipts)
      await store.close()

      const again = await openStoreCase(name, join(disk.folder, 'stores'))
      await again.check(receipts)
      await again.close()
    },
  )

  it('is not touched by opening a store on it', async () => {
    using disk = mountSmallDisk(16)
    await fill(disk, 0)
    await expect(openStoreCase('sql', disk.folder)).rejects.toMatchObject({ code: 'store.full' })
  })
})
