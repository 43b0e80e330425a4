import { statSync } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { eventually } from '@mirage/ports/conformance.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { whenDamaged } from './damage.ts'
import { flushFiles, openDatabase } from './database.ts'
import { ensureLayout } from './layout.ts'

/** A disk that has flushed nothing until it is released, for every file of this process. */
async function heldDisk(folder: string): Promise<{ asked(): number; release(): void } & Disposable> {
  await using handle = await open(folder, 'r')
  const { promise, resolve } = Promise.withResolvers<void>()
  const sync = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'datasync').mockReturnValue(promise)
  return {
    asked: () => sync.mock.calls.length,
    release: resolve,
    [Symbol.dispose]: () => sync.mockRestore(),
  }
}

describe('a database', () => {
  let folder = ''
  let path = ''

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mirage-database-'))
    path = join(folder, 'sub', 'a.db')
  })

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('is one connection for all who open it, until the last closes', async () => {
    const [a, b] = await Promise.all([
      openDatabase(path, 'control'),
      openDatabase(join(folder, 'sub/../sub/a.db'), 'data'),
    ])
    expect(b).toBe(a)
    await a.close()
    expect(b.isOpen).toBe(true)
    await b.close()
    expect(b.isOpen).toBe(false)
    await expect(b.read(() => 1)).rejects.toMatchObject({ code: 'store.closed' })
    await (await openDatabase(path, 'control')).close()
  })

  it('writes all of a piece of work or nothing', async () => {
    const database = await openDatabase(path, 'control')
    await database.write(() => database.exec('create table t (a integer)'))
    const failing = database.write(() => {
      database.prepare('insert into t values (1)').run()
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await database.read(() => database.prepare('select count(*) from t').get())).toEqual([0])
    await database.close()
  })

  it('waits off the stack for whoever holds the lock', async () => {
    const database = await openDatabase(path, 'control')
    await database.write(() => database.exec('create table t (a integer)'))
    const other = new DatabaseSync(path)
    other.exec('begin immediate; insert into t values (1)')
    const writing = database.write(() => database.prepare('insert into t values (2)').run())
    // This timer could not run while the thread was blocked.
    await new Promise((resume) => setTimeout(resume, 60))
    other.exec('commit')
    other.close()
    await writing
    expect(await database.read(() => database.prepare('select a from t').all())).toEqual([[1], [2]])
    await database.close()
  })

  it('is flushed for whoever asks only when what was written before is on the disk', async () => {
    const database = await openDatabase(path, 'data')
    await database.write(() => database.exec('create table t (a integer)'))
    using disk = await heldDisk(folder)
    const done: string[] = []
    const flushes = ['one', 'two'].map((name) => database.flush().then(() => done.push(name)))
    await eventually('the disk is asked', () => disk.asked() > 0)
    expect(done).toEqual([])
    disk.release()
    await Promise.all(flushes)
    expect(done).toEqual(['one', 'two'])
    await database.flush()
    expect(disk.asked()).toBe(1)
    await database.close()
  })

  it('tells nobody of control data that is not on the disk, and lets others work meanwhile', async () => {
    const database = await openDatabase(path, 'control')
    await database.write(() => database.exec('create table t (a integer)'))
    using disk = await heldDisk(folder)
    const done: number[] = []
    const insert = (n: number): Promise<unknown> =>
      database.write(() => database.prepare('insert into t values (?)').run(n)).then(() => done.push(n))
    const writes = [insert(1), insert(2), insert(3)]
    await eventually('the disk is asked', () => disk.asked() > 0)
    expect(await database.read(() => database.prepare('select count(*) from t').get())).toEqual([3])
    expect(done).toEqual([])
    disk.release()
    await Promise.all(writes)
    expect(done).toEqual([1, 2, 3])
    await database.close()
  })

  /** The next flush fails as on a disk that is failing; the system then says of all others that they succeeded. */
  async function failNextFlush(): Promise<Disposable> {
    await using handle = await open(folder, 'r')
    const sync = vi
      .spyOn(Object.getPrototypeOf(handle) as FileHandle, 'datasync')
      .mockRejectedValueOnce(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }))
    return { [Symbol.dispose]: () => sync.mockRestore() }
  }

  it('answers no write well once the disk has not taken one, until it is opened again', async () => {
    const database = await openDatabase(path, 'control')
    await database.write(() => database.exec('create table t (a integer)'))
    const insert = (n: number): Promise<unknown> =>
      database.write(() => database.prepare('insert into t values (?)').run(n))
    const told: string[] = []
    using _listening = whenDamaged(({ code }) => told.push(code))
    using _failing = await failNextFlush()
    // Those that share the flush, and those that come while it fails.
    expect(await Promise.allSettled([insert(1), insert(2)])).toMatchObject([
      { status: 'rejected', reason: { code: 'store.failed', retryable: false } },
      { status: 'rejected', reason: { code: 'store.failed' } },
    ])
    await expect(insert(3)).rejects.toMatchObject({ code: 'store.failed', message: expect.stringContaining(path) })
    await expect(database.flush()).rejects.toMatchObject({ code: 'store.failed' })
    expect(told).toContain('store.failed')
    expect(await database.read(() => database.prepare('select count(*) from t where a = 3').get())).toEqual([0])
    await database.close()

    const again = await openDatabase(path, 'control')
    await again.write(() => again.prepare('insert into t values (4)').run())
    expect(await again.read(() => again.prepare('select count(*) from t where a = 4').get())).toEqual([1])
    await again.close()
  })

  it('does not say that data is on the disk once a flush of it has failed', async () => {
    const database = await openDatabase(path, 'data')
    await database.write(() => database.exec('create table t (a integer)'))
    using _failing = await failNextFlush()
    await expect(database.flush()).rejects.toMatchObject({ code: 'store.failed' })
    await expect(database.flush()).rejects.toMatchObject({ code: 'store.failed' })
    await expect(flushFiles()).rejects.toMatchObject({ code: 'store.failed' })
    await database.close()
  })

  it('empties its log when nobody writes', async () => {
    const database = await openDatabase(path, 'data')
    await database.write(() => database.exec('create table t (a text)'))
    await database.write(() => database.prepare('insert into t values (?)').run('x'.repeat(100_000)))
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0)
    await eventually('the log is empty', () => statSync(`${path}-wal`).size === 0)
    await database.close()
  })

  it('says that a file is no database', async () => {
    const broken = join(folder, 'broken.db')
    await writeFile(broken, 'this is not a database, and long enough to be taken for one'.repeat(100))
    const told: string[] = []
    using _listening = whenDamaged(({ message }) => told.push(message))
    await expect(openDatabase(broken, 'control')).rejects.toMatchObject({ code: 'store.damaged', retryable: false })
    expect(told).toEqual([expect.stringContaining(broken)])
    await expect(openDatabase(join(broken, 'below.db'), 'control')).rejects.toMatchObject({ code: 'store.unavailable' })
  })

  it('refuses tables that a newer program wrote', async () => {
    const database = await openDatabase(path, 'control')
    await ensureLayout(database, 'things', 2, 'create table things (a integer)')
    await ensureLayout(database, 'things', 2, 'not looked at')
    for (const [version, age] of [
      [1, 'a newer'],
      [3, 'an older'],
    ] as const)
      await expect(ensureLayout(database, 'things', version, '')).rejects.toMatchObject({
        code: 'store.unavailable',
        message: expect.stringContaining(`${age} Mirage`),
      })
    await database.close()
  })
})
