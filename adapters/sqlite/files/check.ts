import { existsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { messageOf } from '@mirage/kit/errors.ts'

/** Of a file that is damaged through and through, nobody reads more. */
const mostFaults = 5
/** What those who write to stores keep as JSON. Not in dead letters (`letter`), which may lie there for being none. */
const jsonColumns = new Set(
  'body definition plan summary finished entities tags attributes modules facets counts rights events'.split(' '),
)

/** While another process writes, a look waits for it this long at most, milliseconds. */
const patienceMs = 2_000

/**
 * What is wrong with the file of a store, in SQLite's words; nothing when it is whole. `thorough` also compares every
 * index with its table, which reads the file several times over. Changes nothing, whether others have the file open or
 * nobody: https://www.sqlite.org/pragma.html#pragma_integrity_check
 */
export function checkFile(path: string, thorough: boolean): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.size === 0) return ['it is empty']
  if (existsSync(`${path}-wal`)) return lookAt(path, thorough)
  // A look at the file alone makes no log and no shared memory beside it, which only a writer would take away again.
  const url = pathToFileURL(path)
  url.searchParams.set('immutable', '1')
  const faults = lookAt(url, thorough)
  // Somebody who began to write meanwhile.
  return faults.length > 0 && existsSync(`${path}-wal`) ? lookAt(path, thorough) : faults
}

function lookAt(path: string | URL, thorough: boolean): string[] {
  try {
    using database = new DatabaseSync(path, { readOnly: true, timeout: patienceMs })
    const found = database.prepare(`pragma ${thorough ? 'integrity_check' : 'quick_check'}(${mostFaults})`)
    const faults = found.all().map((row) => String(Object.values(row)[0]))
    if (faults.length === 1 && faults[0] === 'ok') return unreadableRecords(database)
    return faults.flatMap((text) => text.split('\n')).slice(0, mostFaults)
  } catch (error) {
    return [messageOf(error)]
  }
}

/** SQLite knows nothing of what a text means: a flipped bit in it is no fault to it. */
function unreadableRecords(database: DatabaseSync): string[] {
  const columns = database
    .prepare(
      `select t.name as "table", c.name as "column" from sqlite_schema t, pragma_table_info(t.name) c
       where t.type = 'table' and t.sql not like 'create virtual%' and t.name <> 'letter'`,
    )
    .all() as { table: string; column: string }[]
  return columns.flatMap(({ table, column }) => {
    if (!jsonColumns.has(column)) return []
    const query = `select count(*) as count from ${quoted(table)} where ${quoted(column)} is not null and not json_valid(${quoted(column)})`
    const { count } = database.prepare(query).get() as { count: number }
    return count === 0 ? [] : [`${count} ${count === 1 ? 'record' : 'records'} of “${table}” cannot be read`]
  })
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
