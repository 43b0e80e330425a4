import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSqliteDocuments } from '../documents.ts'
import { openDatabases } from './database.ts'
import { fileName } from './spaces.ts'

describe('workspaces in files', () => {
  it('serve many at once with few files open, also while one is erased', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mirage-spaces-'))
    const documents = await openSqliteDocuments({ path: folder, perWorkspace: true, use: 'data' })
    const things = await documents.collection<{ id: string; n: number }>({ name: 'things', indexes: {} })
    const names = Array.from({ length: 40 }, (_, i) => `workspace ${i}`)
    for (let round = 0; round < 3; round++) {
      await Promise.all([
        ...names.map((name, i) => things.put(name, [{ id: `${round}`, n: i }])),
        documents.erase('workspace 7'),
      ])
    }
    for (const [i, name] of names.entries()) {
      const found = await things.getMany(name, ['0', '1', '2'])
      expect(found.filter((one) => one !== undefined && one.n !== i)).toEqual([])
      expect([i === 7 ? 3 : found.filter(Boolean).length]).toEqual([3])
    }
    expect([...openDatabases()].length).toBeLessThanOrEqual(9)
    await documents[Symbol.asyncDispose]()
    expect([...openDatabases()]).toEqual([])
    expect((await readdir(folder)).length).toBeGreaterThanOrEqual(39)
    await rm(folder, { recursive: true, force: true })
  })

  it('have names that no file system confuses', () => {
    expect(fileName('default')).toBe('default')
    expect(fileName('A/../b')).toBe('%41%2f%2e%2e%2fb')
    expect(new Set(['a', 'A', 'ä', 'a.', '.a', 'a/', '%41'].map(fileName)).size).toBe(7)
  })
})
