import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { contentId } from '@mirage/model/id.ts'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Database, openDatabase } from '../files/database.ts'
import { openIds, reading, writing } from './ids.ts'

/** Small enough that ids move many times within a test. */
const memoryIds = 512

function idOf(number: number): string {
  return number % 50 === 0 ? `text ${number}` : contentId(`${number}`)
}

async function onFile(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-ids-'))
  try {
    await work(join(folder, 'ids.db'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe('ids', () => {
  it('gives each id one number for ever, through moves, failures and restarts', () =>
    onFile(async (path) => {
      const steps = fc.array(
        fc.record({ from: fc.nat(20_000), count: fc.nat(700), fails: fc.boolean(), restarts: fc.boolean() }),
        { minLength: 3, maxLength: 12 },
      )
      const numbers = new Map<string, number>()
      let database = await openDatabase(path, 'data')
      let ids = await openIds(database, '', memoryIds)
      await fc.assert(
        fc.asyncProperty(steps, async (steps) => {
          for (const { from, count, fails, restarts } of steps) {
            const batch = Array.from({ length: count }, (_, i) => idOf(from + i))
            const given = await writing({ database, ids }, () => {
              const given = batch.map((id) => ids.intern(id))
              if (fails) throw new Error('not this time')
              return given
            }).catch(() => undefined)
            for (const [i, number] of given?.entries() ?? []) {
              expect(number).toBe(numbers.get(batch[i]!) ?? number)
              numbers.set(batch[i]!, number)
            }
            if (restarts) {
              await database.close()
              database = await openDatabase(path, 'data')
              ids = await openIds(database, '', memoryIds)
            }
          }
          await reading({ database, ids }, () => {
            for (const [id, number] of numbers) expect(ids.find(id)).toBe(number)
            for (let i = 30_000; i < 30_200; i++) expect(ids.find(idOf(i))).toBeUndefined()
          })
          expect(new Set(numbers.values()).size).toBe(numbers.size)
        }),
        { numRuns: 8 },
      )
      await database.close()
    }))

  it('sees what another connection adds and moves', () =>
    onFile(async (path) => {
      const database = await openDatabase(path, 'data')
      const other = new Database(path, 'data', new DatabaseSync(path, { timeout: 50 }))
      const both = [
        { database, ids: await openIds(database, '', memoryIds) },
        { database: other, ids: await openIds(other, '', memoryIds) },
      ]
      const numbers = new Map<string, number>()
      for (let round = 0; round < 40; round++) {
        // One writes far more than the other, so that it moves ids which the other has never seen.
        const writer = both[round % 7 === 0 ? 1 : 0]!
        await writing(writer, () => {
          for (let i = 0; i < 300; i++) {
            const id = idOf(round * 150 + i)
            const number = writer.ids.intern(id)
            expect(number).toBe(numbers.get(id) ?? number)
            numbers.set(id, number)
          }
        })
      }
      for (const { database, ids } of both) {
        await reading({ database, ids }, () => {
          for (const [id, number] of numbers) expect(ids.find(id)).toBe(number)
        })
      }
      expect(new Set(numbers.values()).size).toBe(numbers.size)
      other.closeNow()
      await database.close()
    }))
})
