import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { whole } from '@mirage/ports/documents.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqliteDocuments } from '../documents.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mirage-damage-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

interface Thing {
  id: string
  kind: string
}

describe('a document that the disk has changed', () => {
  it('is left out of lists, which say so at the end of the whole, and is an error by itself', async () => {
    const path = join(folder, 'things.db')
    await using documents = await openSqliteDocuments({ path, perWorkspace: false, use: 'data' })
    const things = await documents.collection<Thing>({ name: 'things', indexes: { kind: ['kind'] } })
    await things.put(
      'w',
      ['a', 'b', 'c'].map((id) => ({ id, kind: 'k' })),
    )
    const listed = async (): Promise<string[]> => {
      const { items } = await things.scan('w', { index: 'kind', equals: { kind: 'k' }, limit: 10 })
      return items.map(({ id }) => id)
    }
    async function* rows(): AsyncIterable<string> {
      yield* await listed()
    }
    expect(await Array.fromAsync(whole(documents, 'w', rows()))).toEqual(['a', 'b', 'c'])
    using behind = new DatabaseSync(path)
    behind.exec(`update w1_c_things set body = replace(body, '"id":"b"', '"id:"b"')`)

    expect(await listed()).toEqual(['a', 'c'])
    expect(await things.getMany('w', ['a', 'b', 'c'])).toEqual([
      { id: 'a', kind: 'k' },
      undefined,
      { id: 'c', kind: 'k' },
    ])
    await expect(things.get('w', 'b')).rejects.toMatchObject({ code: 'record.damaged', status: 500 })
    const seen: string[] = []
    const reading = (async () => {
      for await (const id of whole(documents, 'w', rows())) seen.push(id)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'record.damaged', message: expect.stringContaining('(1)') })
    expect(seen).toEqual(['a', 'c'])
    await expect(things.merge('w', [{ id: 'b', kind: 'k' }])).rejects.toMatchObject({ code: 'record.damaged' })
    await things.put('w', [{ id: 'b', kind: 'k' }])
    expect(await listed(), 'written again').toEqual(['a', 'b', 'c'])
  })
})
