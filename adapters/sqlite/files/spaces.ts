import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MirageError } from '@mirage/kit/errors.ts'
import { type Database, openDatabase } from './database.ts'
import { ensureLayout } from './layout.ts'
import type { Use } from './uses.ts'

/** Where the tables of one workspace are: a file of its own, or a prefix in a shared one. */
export interface Place {
  database: Database
  prefix: string
}

/** `Space` is what the port keeps open for a workspace. */
export interface Spaces<Space> {
  /** Runs `work` in the space of `workspace`, creating it. */
  use<T>(workspace: string, work: (space: Space) => Promise<T>): Promise<T>
  /** As `use`, but answers `otherwise` for a workspace that has nothing yet. */
  peek<T>(workspace: string, otherwise: T, work: (space: Space) => Promise<T>): Promise<T>
  /** The workspaces that have a space. */
  names(): Promise<string[]>
  /** Removes the space with all it holds, when nobody uses it any more. */
  erase(workspace: string): Promise<void>
  close(): Promise<void>
}

export interface SpacesOptions {
  /** A file, or a folder of files when `perWorkspace`. */
  path: string
  /** One file a workspace, so that erasing it removes a file. */
  perWorkspace: boolean
  use: Use
}

/** More files than this are not kept open at once. */
const maxOpen = 8

interface Entry<Space> {
  space: Promise<Space>
  users: number
  /** Set while it is being closed or erased. */
  closing: Promise<void> | undefined
  free: (() => void) | undefined
}

/** `prepare` creates the tables of a workspace, or finds them. */
export function openSpaces<Space extends Place>(
  { path, perWorkspace, use }: SpacesOptions,
  prepare: (place: Place) => Promise<Space>,
): Spaces<Space> {
  const entries = new Map<string, Entry<Space>>()
  let closed = false

  function pathOf(workspace: string): string {
    return perWorkspace ? join(path, `${fileName(workspace)}.db`) : path
  }

  async function openSpace(workspace: string): Promise<Space> {
    const database = await openDatabase(pathOf(workspace), use)
    try {
      return await prepare({ database, prefix: perWorkspace ? '' : await prefixOf(database, workspace) })
    } catch (error) {
      await database.close()
      throw error
    }
  }

  async function enter(workspace: string): Promise<Entry<Space>> {
    for (;;) {
      if (closed) throw new MirageError({ code: 'store.closed', status: 503, detail: `“${path}” was closed.` })
      const entry = entries.get(workspace) ?? {
        space: openSpace(workspace),
        users: 0,
        closing: undefined,
        free: undefined,
      }
      if (entry.closing !== undefined) {
        await entry.closing
        continue
      }
      entries.delete(workspace)
      entries.set(workspace, entry)
      entry.users++
      return entry
    }
  }

  function leave(workspace: string, entry: Entry<Space>): void {
    if (--entry.users === 0) entry.free?.()
    if (!perWorkspace || entries.size <= maxOpen) return
    // The least recently used one that nobody is in.
    for (const [name, other] of entries) {
      if (other.users > 0 || other.closing !== undefined || name === workspace) continue
      void retire(name, other, async ({ database }) => database.close())
      return
    }
  }

  /** Waits until nobody is in, lets nobody in, and runs `end`. */
  function retire(workspace: string, entry: Entry<Space>, end: (space: Space) => Promise<void>): Promise<void> {
    entry.closing = (async () => {
      if (entry.users > 0) await new Promise<void>((resolve) => (entry.free = resolve))
      try {
        const space = await entry.space.catch(() => undefined)
        if (space) await end(space)
      } finally {
        if (entries.get(workspace) === entry) entries.delete(workspace)
      }
    })()
    return entry.closing
  }

  async function inside<T>(workspace: string, work: (space: Space) => Promise<T>): Promise<T> {
    const entry = await enter(workspace)
    try {
      const space = await entry.space.catch((error: unknown) => {
        // The next caller tries to open it again.
        if (entries.get(workspace) === entry) entries.delete(workspace)
        throw error
      })
      return await work(space)
    } finally {
      leave(workspace, entry)
    }
  }

  return {
    use: inside,

    async peek(workspace, otherwise, work) {
      if (!entries.has(workspace) && !existsSync(pathOf(workspace))) return otherwise
      return inside(workspace, work)
    },

    async names() {
      if (!existsSync(path)) return []
      if (perWorkspace) return (await readdir(path)).flatMap((file) => workspaceOf(file) ?? [])
      const database = await openDatabase(path, use)
      try {
        return await namesIn(database)
      } finally {
        await database.close()
      }
    },

    async erase(workspace) {
      if (!entries.has(workspace) && !existsSync(pathOf(workspace))) return
      const entry = await enter(workspace)
      // Not through `leave`: the file must not be put away for being the oldest.
      entry.users--
      await retire(workspace, entry, async ({ database, prefix }) => {
        if (perWorkspace) {
          database.closeNow()
          for (const end of ['', '-wal', '-shm']) await rm(`${database.path}${end}`, { force: true })
        } else {
          await dropTables(database, prefix)
          await database.close()
        }
      })
    },

    async close() {
      closed = true
      for (const [name, entry] of entries) {
        await (entry.closing ?? retire(name, entry, async ({ database }) => database.close()))
      }
    },
  }
}

/** Workspaces that share a file are told apart by the names of their tables. */
async function prefixOf(database: Database, workspace: string): Promise<string> {
  await ensureLayout(
    database,
    'workspaces',
    1,
    'create table if not exists mirage_workspace (number integer primary key autoincrement, name text not null unique) strict',
  )
  return database.write(() => {
    database.prepare('insert or ignore into mirage_workspace (name) values (?)').run(workspace)
    const row = database.prepare('select number from mirage_workspace where name = ?').get(workspace)
    return `w${(row as unknown as [number])[0]}_`
  })
}

async function namesIn(database: Database): Promise<string[]> {
  const rows = await database.read(() => {
    const isThere = database.prepare("select 1 from sqlite_master where name = 'mirage_workspace'").get()
    return isThere ? database.prepare('select name from mirage_workspace').all() : []
  })
  return (rows as unknown as [string][]).map(([name]) => name)
}

async function dropTables(database: Database, prefix: string): Promise<void> {
  const tables = await database.read(() =>
    database
      .prepare("select name from sqlite_master where type = 'table' and substr(name, 1, ?) = ?")
      .all(prefix.length, prefix),
  )
  for (const [table] of tables as unknown as [string][]) {
    await database.write(() => database.exec(`drop table if exists "${table}"`))
  }
  await database.write(() => {
    database.prepare('delete from mirage_layout where substr(name, 1, ?) = ?').run(prefix.length, prefix)
    // Its number is never given again: the column is `autoincrement`.
    database.prepare('delete from mirage_workspace where number = ?').run(Number(prefix.slice(1, -1)))
  })
}

/** A name for any file system: also those that know no upper case, and no dots before a colon. */
export function fileName(workspace: string): string {
  return [...Buffer.from(workspace)]
    .map((byte) => {
      const letter = String.fromCharCode(byte)
      return /[a-z0-9_-]/.test(letter) ? letter : `%${byte.toString(16).padStart(2, '0')}`
    })
    .join('')
}

/** The workspace of a file of this name; undefined for what is none. */
function workspaceOf(file: string): string | undefined {
  if (!/^([a-z0-9_-]|%[0-9a-f]{2})*\.db$/.test(file)) return undefined
  return decodeURIComponent(file.slice(0, -'.db'.length))
}
