import { globSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whenDamaged } from '@mirage/adapters/sqlite/files/damage.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { describe, expect, it } from 'vitest'
import { chance, delay } from './installation.ts'
import { openStoreCase, type StoreName, storeNames } from './store-cases.ts'

/** What bad disks do to files: every answer of a store over them is an answer or an error that a person understands. */

const seed = Number(process.env['MIRAGE_TEST_SEED'] ?? 7)
const rounds = 6
/** What follows behind, as text and deliveries do, may never come: then somebody must have been told why. */
const patienceMs = 1_500

/** Changes one file of the folder, and says how. */
function spoil(folder: string, random: () => number): string {
  const files = globSync('**/*', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile())
  const file = files[Math.floor(random() * files.length)]!
  const path = join(file.parentPath, file.name)
  const bytes = readFileSync(path)
  const way = Math.floor(random() * 3)
  if (way === 0) {
    const length = Math.floor(random() * bytes.length)
    truncateSync(path, length)
    return `${file.name} cut off at ${length}`
  }
  // Single bits, as memory and cables do; or a page of something else, as a file system does.
  const at = Math.floor(random() * bytes.length)
  if (way === 1)
    for (let i = 0; i < 20; i++) bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8)
  else bytes.fill(0xa5, at - (at % 4096), at - (at % 4096) + 4096)
  writeFileSync(path, bytes)
  return way === 1 ? `${file.name} with bits flipped` : `${file.name} with another page at ${at}`
}

/** Whether somebody who reads it knows what is wrong; what `check` itself says is that something is missing. */
function isUnderstood(error: unknown): boolean {
  if (error instanceof MirageError) return /^(store|record)\./.test(error.code)
  return error instanceof Error && /^acknowledged but missing|of 40 are there|constraint failed/.test(error.message)
}

async function trySpoiled(name: StoreName, random: () => number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-spoiled-'))
  const misunderstood: string[] = []
  const told: string[] = []
  using _listening = whenDamaged(({ code }) => told.push(code))
  try {
    const store = await openStoreCase(name, folder)
    const receipts: string[] = []
    for (let number = 0; number < 6; number++) receipts.push(await store.write(number))
    await store.close()
    const how = spoil(folder, random)
    async function attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
      try {
        return await work()
      } catch (error) {
        if (!isUnderstood(error)) misunderstood.push(`${name}, ${how}, ${what}: ${(error as Error).stack}`)
        return undefined
      }
    }
    const again = await attempt('open', () => openStoreCase(name, folder))
    if (again) {
      const check = attempt('check', () => again.check(receipts)).then(() => true)
      const isOver = await Promise.race([check, delay(patienceMs).then(() => false)])
      if (!isOver && told.length === 0) misunderstood.push(`${name}, ${how}: waits without a word`)
      await attempt('write', () => again.write(7))
      await again.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return misunderstood
}

describe('a store whose files the disk has changed', () => {
  it.each(storeNames)('%s answers, or says what is wrong', { timeout: 60_000 }, async (name) => {
    console.info(`stores-spoiled.test.ts: MIRAGE_TEST_SEED=${seed}`)
    const random = chance(seed)
    const misunderstood: string[] = []
    for (let round = 0; round < rounds; round++) misunderstood.push(...(await trySpoiled(name, random)))
    expect(misunderstood).toEqual([])
  })
})
