import { MirageError } from '@mirage/kit/errors.ts'
import type { Database } from './database.ts'

/**
 * Creates the tables of one port in a file that may hold several. `version` is raised when a layout changes and is never
 * lowered; a file of another version is refused as it is.
 */
export async function ensureLayout(database: Database, name: string, version: number, create: string): Promise<void> {
  await database.write(() => {
    database.exec(
      'create table if not exists mirage_layout (name text primary key, version integer not null) strict, without rowid',
    )
    const found = database.prepare('select version from mirage_layout where name = ?').get(name) as unknown as
      | [number]
      | undefined
    if (found?.[0] === version) return
    if (found !== undefined) {
      const age = found[0] > version ? 'a newer' : 'an older'
      throw new MirageError({
        code: 'store.unavailable',
        status: 503,
        detail: `“${database.path}” was written by ${age} Mirage (${name} layout ${found[0]}, this one knows ${version}). Start that one, or begin with another data directory.`,
      })
    }
    database.exec(create)
    database.prepare('insert into mirage_layout values (?, ?)').run(name, version)
  })
}
