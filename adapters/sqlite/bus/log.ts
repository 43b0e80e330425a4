import { randomBytes } from 'node:crypto'
import type { BusEvent, DeadLetter, DeliveredEvent } from '@mirage/ports/bus.ts'
import { type Database, transactionBytes, transactionRows } from '../files/database.ts'
import { ensureLayout } from '../files/layout.ts'

/**
 * The log behind the bus: one file for all threads and processes. Sequences rise in the order of commits and are never
 * used twice; `epoch` tells this file from one that was made anew.
 */
const layout = `
  create table if not exists event (
    sequence integer primary key autoincrement,
    name text not null,
    workspace text not null,
    id text not null,
    at integer not null,
    body text not null
  ) strict;
  create index if not exists event_name on event (name);
  create table if not exists log (epoch text not null, trimmed integer not null) strict;
  create table if not exists subscription (
    name text primary key,
    events text not null,
    position integer not null,
    rebuild integer not null default 0
  ) strict, without rowid;
  create table if not exists letter (
    place integer primary key autoincrement,
    subscription text not null,
    again integer not null default 0,
    name text not null,
    workspace text not null,
    id text not null,
    at integer not null,
    body text not null,
    reason text not null,
    set_aside_at integer not null
  ) strict;
  create index if not exists letter_subscription on letter (subscription, again);
`

export interface Head {
  epoch: string
  /** The last sequence given. */
  last: number
  /** Everything up to here is gone. */
  trimmed: number
}

export interface LoggedEvent extends DeliveredEvent {
  sequence: number
}

export function withoutSequence({ name, workspace, id, body, publishedAt }: LoggedEvent): DeliveredEvent {
  return { name, workspace, id, body, publishedAt }
}

type EventRow = [number, string, string, string, number, string]

export async function prepareLog(database: Database): Promise<void> {
  await ensureLayout(database, 'bus', 1, layout)
  await database.write(() => {
    if (database.prepare('select 1 from log').get() !== undefined) return
    database.prepare('insert into log values (?, 0)').run(randomBytes(9).toString('base64url'))
  })
}

export function headOf(database: Database): Head {
  const [epoch, trimmed] = database.prepare('select epoch, trimmed from log').get() as unknown as [string, number]
  const last = database.prepare("select seq from sqlite_sequence where name = 'event'").get() as unknown as
    | [number]
    | undefined
  return { epoch, trimmed, last: last?.[0] ?? 0 }
}

export function append(database: Database, events: BusEvent[], at: number): void {
  const insert = database.prepare('insert into event (name, workspace, id, at, body) values (?, ?, ?, ?, ?)')
  for (const { name, workspace, id, body } of events) insert.run(name, workspace, id, at, body)
}

/** The next events of these names after `position`, at most so many or so many bytes, but at least one. */
export function eventsAfter(
  database: Database,
  names: string[],
  position: number,
  limit: { maxEvents: number; maxBytes: number },
): LoggedEvent[] {
  // The plus keeps SQLite on the sequence: by the index of names it would sort all that waits.
  const which = `from event where sequence > ? and +name in (${names.map(() => '?').join(', ')})`
  const sizes = database
    .prepare(`select sequence, octet_length(body) ${which} order by sequence limit ?`)
    .all(position, ...names, limit.maxEvents) as unknown as [number, number][]
  let last = 0
  let bytes = 0
  for (const [sequence, size] of sizes) {
    bytes += size
    if (last > 0 && bytes > limit.maxBytes) break
    last = sequence
  }
  if (last === 0) return []
  const rows = database
    .prepare(`select sequence, name, workspace, id, at, body ${which} and sequence <= ? order by sequence`)
    .all(position, ...names, last) as unknown as EventRow[]
  return rows.map(([sequence, name, workspace, id, publishedAt, body]) => ({
    sequence,
    name,
    workspace,
    id,
    publishedAt,
    body,
  }))
}

export interface SubscriptionRow {
  name: string
  events: string[]
  position: number
  rebuild: boolean
}

export function subscriptionsOf(database: Database): SubscriptionRow[] {
  const rows = database.prepare('select name, events, position, rebuild from subscription').all() as unknown as [
    string,
    string,
    number,
    number,
  ][]
  return rows.map(([name, events, position, rebuild]) => ({
    name,
    events: JSON.parse(events) as string[],
    position,
    rebuild: rebuild === 1,
  }))
}

/** How many events of these names wait after `position`, and since when. */
export function backlog(
  database: Database,
  names: string[],
  position: number,
): { lag: number; since: number | undefined } {
  let lag = 0
  let first: number | undefined
  for (const name of names) {
    const [count, oldest] = database
      .prepare('select count(*), min(sequence) from event where name = ? and sequence > ?')
      .get(name, position) as unknown as [number, number | null]
    lag += count
    if (oldest !== null) first = Math.min(first ?? oldest, oldest)
  }
  if (first === undefined) return { lag, since: undefined }
  const [since] = database.prepare('select at from event where sequence = ?').get(first) as unknown as [number]
  return { lag, since }
}

/** Bytes of the file in use; pages freed by trimming are used again. */
export function usedBytes(database: Database): number {
  const [pages] = database.prepare('pragma page_count').get() as unknown as [number]
  const [free] = database.prepare('pragma freelist_count').get() as unknown as [number]
  const [size] = database.prepare('pragma page_size').get() as unknown as [number]
  return (pages - free) * size
}

/**
 * Removes one piece of the events up to `sequence`, those older than `before` only, and answers whether there is more.
 */
export function trimPiece(database: Database, sequence: number, before: number): boolean {
  const rows = database
    .prepare('select sequence, at, octet_length(body) from event where sequence <= ? order by sequence limit ?')
    .all(sequence, transactionRows) as unknown as [number, number, number][]
  let last = 0
  let bytes = 0
  let more = rows.length === transactionRows
  for (const [at, publishedAt, size] of rows) {
    bytes += size
    if (publishedAt >= before) {
      more = false
      break
    }
    if (last > 0 && bytes > transactionBytes) {
      more = true
      break
    }
    last = at
  }
  if (last === 0) return false
  database.prepare('delete from event where sequence <= ?').run(last)
  database.prepare('update log set trimmed = max(trimmed, ?)').run(last)
  return more
}

/** Gives pages back to the disk when more than half of the file is free. */
export function shrinkPiece(database: Database): void {
  const [pages] = database.prepare('pragma page_count').get() as unknown as [number]
  const [free] = database.prepare('pragma freelist_count').get() as unknown as [number]
  if (free > 2_000 && free > pages / 2) database.exec(`pragma incremental_vacuum(${transactionRows})`)
}

export function keepLetter(
  database: Database,
  subscription: string,
  event: DeliveredEvent,
  reason: string,
  at: number,
): void {
  database
    .prepare(
      'insert into letter (subscription, name, workspace, id, at, body, reason, set_aside_at) values (?, ?, ?, ?, ?, ?, ?, ?)',
    )
    .run(subscription, event.name, event.workspace, event.id, event.publishedAt, event.body, reason, at)
}

/** Letters of a subscription: those that lie, or those that are to be delivered once more. */
export function lettersOf(
  database: Database,
  subscription: string,
  page: { again: boolean; after: number; limit: number },
): DeadLetter[] {
  const rows = database
    .prepare(
      `select place, name, workspace, id, at, body, reason, set_aside_at from letter
       where subscription = ? and again = ? and place > ? order by place limit ?`,
    )
    .all(subscription, page.again ? 1 : 0, page.after, page.limit) as unknown as [
    number,
    string,
    string,
    string,
    number,
    string,
    string,
    number,
  ][]
  return rows.map(([place, name, workspace, id, publishedAt, body, reason, setAsideAt]) => ({
    place,
    event: { name, workspace, id, publishedAt, body },
    reason,
    setAsideAt,
  }))
}
