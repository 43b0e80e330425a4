import { spawn } from 'node:child_process'
import { glob, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { openStoreCase, type StoreName, storeNames } from './store-cases.ts'

const kills = 8

/** Runs a writer and kills it `ms` after its first batch; answers number and receipt of what it acknowledged. */
async function writeUntilKilled(
  name: StoreName,
  folder: string,
  from: number,
  ms: number,
): Promise<[number, string][]> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'store-writer.ts'), name, folder, `${from}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  let killer: NodeJS.Timeout | undefined
  writer.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    killer ??= setTimeout(() => writer.kill('SIGKILL'), ms)
  })
  const signal = await new Promise((resolve) => writer.once('close', (_, signal) => resolve(signal)))
  expect(signal).toBe('SIGKILL')
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => [Number(line.split(' ')[0]), line.split(' ')[1]!])
}

/** What SQLite itself says about every file. */
export async function damages(folder: string): Promise<string[]> {
  const found: string[] = []
  for await (const file of glob('**/*.db', { cwd: folder })) {
    using database = new DatabaseSync(join(folder, file))
    const row = database.prepare('pragma integrity_check').get() as { integrity_check: string }
    if (row.integrity_check !== 'ok') found.push(`${file}: ${row.integrity_check}`)
  }
  return found
}

describe.each(storeNames)('%s', (name) => {
  it(`has every acknowledged batch whole after ${kills} kills`, { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mirage-kill-'))
    try {
      const receipts: string[] = []
      let next = 0
      for (let kill = 0; kill < kills; kill++) {
        // Early and late, never at the same place of a batch.
        const written = await writeUntilKilled(name, folder, next, 1 + kill * 23)
        next = written.at(-1)![0] + 2
        receipts.push(...written.map(([, receipt]) => receipt))
      }
      expect(receipts.length).toBeGreaterThanOrEqual(kills)
      const store = await openStoreCase(name, folder)
      await store.check(receipts)
      receipts.push(await store.write(next))
      await store.check(receipts)
      await store.close()
      expect(await damages(folder)).toEqual([])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
