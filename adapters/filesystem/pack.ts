import { type Database, openDatabase, transactionRows } from '@mirage/adapters/sqlite/files/database.ts'
import { ensureLayout } from '@mirage/adapters/sqlite/files/layout.ts'

/** Small bodies of a workspace, many in one SQLite file: a file each would cost a block and two flushes. */
export interface Pack {
  /** Resolves when the body is on the disk. Storing it again renews its time. */
  put(body: PackedBody): Promise<void>
  get(hash: string): Promise<StoredBody | undefined>
  has(hash: string): Promise<boolean>
  /** Hashes of bodies put before `before`, from the place `after` on, with the place to go on from. */
  old(before: number, after: number): Promise<{ bodies: { hash: string; place: number }[]; next: number | undefined }>
  /** Removes those that have not been put again since. */
  remove(hashes: string[], before: number): Promise<number>
  close(): Promise<void>
}

export interface StoredBody {
  coding: Coding
  bytes: Uint8Array
}

export interface PackedBody extends StoredBody {
  hash: string
  putAt: number
}

export type Coding = 'plain' | 'zstd'
const codings: Coding[] = ['plain', 'zstd']

const pageSize = 500

export async function openPack(path: string): Promise<Pack> {
  const database = await openDatabase(path, 'control')
  await ensureLayout(
    database,
    'pack',
    1,
    `create table if not exists body (
       place integer primary key autoincrement, hash blob not null unique, put_at integer not null,
       coding integer not null, bytes blob not null
     ) strict`,
  )
  let queue: { body: PackedBody; resolve: () => void; reject: (error: unknown) => void }[] = []
  let flushing: Promise<void> | undefined

  /** One flush of the disk for all bodies that came in together. */
  async function flush(): Promise<void> {
    while (queue.length > 0) {
      const group = queue.splice(0, transactionRows / 8)
      try {
        await database.write(() => {
          for (const { body } of group) write(database, body)
        })
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    flushing = undefined
  }

  return {
    async put(body) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      queue.push({ body, resolve, reject })
      flushing ??= new Promise<void>((resume) => setImmediate(resume)).then(flush)
      await promise
    },

    async get(hash) {
      const row = await database.read(
        () =>
          database.prepare('select coding, bytes from body where hash = ?').get(Buffer.from(hash, 'hex')) as unknown as
            | [number, Uint8Array]
            | undefined,
      )
      return row && { coding: codings[row[0]] ?? 'plain', bytes: row[1] }
    },

    async has(hash) {
      return database.read(
        () => database.prepare('select 1 from body where hash = ?').get(Buffer.from(hash, 'hex')) !== undefined,
      )
    },

    async old(before, after) {
      const rows = await database.read(
        () =>
          database
            .prepare('select place, hash from body where place > ? and put_at < ? order by place limit ?')
            .all(after, before, pageSize) as unknown as [number, Uint8Array][],
      )
      return {
        bodies: rows.map(([place, hash]) => ({ place, hash: Buffer.from(hash).toString('hex') })),
        next: rows.length < pageSize ? undefined : rows.at(-1)![0],
      }
    },

    async remove(hashes, before) {
      return database.write(() => {
        const remove = database.prepare('delete from body where hash = ? and put_at < ?')
        return hashes.reduce((sum, hash) => sum + Number(remove.run(Buffer.from(hash, 'hex'), before).changes), 0)
      })
    },

    async close() {
      await flushing
      await database.close()
    },
  }
}

function write(database: Database, { hash, putAt, coding, bytes }: PackedBody): void {
  const key = Buffer.from(hash, 'hex')
  const renewed = database.prepare('update body set put_at = max(put_at, ?) where hash = ?').run(putAt, key)
  if (renewed.changes === 1) return
  database
    .prepare('insert into body (hash, put_at, coding, bytes) values (?, ?, ?, ?)')
    .run(key, putAt, codings.indexOf(coding), bytes)
}
