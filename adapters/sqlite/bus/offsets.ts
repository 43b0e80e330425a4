import type { Database } from '../files/database.ts'
import { ensureLayout } from '../files/layout.ts'

/** How far a consumer has read, kept in its own file behind the effects it stands for. */
export interface Offset {
  epoch: string
  sequence: number
}

export async function prepareOffsets(database: Database): Promise<void> {
  await ensureLayout(
    database,
    'offsets',
    1,
    'create table if not exists bus_offset (name text primary key, epoch text not null, sequence integer not null) strict, without rowid',
  )
}

export async function readOffset(database: Database, name: string): Promise<Offset | undefined> {
  return database.read(() => {
    const row = database.prepare('select epoch, sequence from bus_offset where name = ?').get(name) as unknown as
      | [string, number]
      | undefined
    return row && { epoch: row[0], sequence: row[1] }
  })
}

export async function writeOffset(database: Database, name: string, offset: Offset): Promise<void> {
  await database.write(() => {
    database.prepare('insert or replace into bus_offset values (?, ?, ?)').run(name, offset.epoch, offset.sequence)
  })
}

export async function removeOffset(database: Database, name: string): Promise<void> {
  await database.write(() => database.prepare('delete from bus_offset where name = ?').run(name))
}
