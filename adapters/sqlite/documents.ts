import type { SQLInputValue } from 'node:sqlite'
import type { Collection, CollectionSpec, Document, Documents, Merged, Scan } from '@mirage/ports/documents.ts'
import { mergeInto, type MergeRules, normalise } from '@mirage/ports/merge.ts'
import {
  asked,
  columnOf,
  type DocumentSpace,
  numberOf,
  openDocumentSpace,
  prepareTable,
  reference,
  stored,
  type Table,
  tableOf,
} from './collection-table.ts'
import { cursorInvalid } from './cursor.ts'
import { transactionBytes, transactionRows, type Use } from './database.ts'
import { reading, writing } from './ids.ts'
import { openSpaces, type Spaces } from './spaces.ts'

export interface SqliteDocumentsOptions {
  /** A file, or a folder of files when `perWorkspace`. */
  path: string
  /** One file a workspace, so that erasing it removes a file. */
  perWorkspace: boolean
  /** `control` for small data that must survive a power cut by itself, `data` for what the bus can replay. */
  use: Extract<Use, 'control' | 'data'>
}

/** JSON documents in SQLite: the id once in a unique index, an integer inside, declared index fields as columns. */
export async function openSqliteDocuments(options: SqliteDocumentsOptions): Promise<Documents> {
  const spaces = openSpaces(options, openDocumentSpace)
  return {
    can: { shared: true, durable: true },
    // MongoDB: createCollection, createIndexes
    collection: async (spec) => openCollection(spaces, spec),
    // MongoDB: distinct('workspace')
    workspaces: () => spaces.names(),
    // MongoDB: deleteMany({ workspace })
    erase: (workspace) => spaces.erase(workspace),
    [Symbol.asyncDispose]: () => spaces.close(),
  }
}

function openCollection<T extends Document>(spaces: Spaces<DocumentSpace>, spec: CollectionSpec<T>): Collection<T> {
  const rules = spec.merge ?? {}

  async function prepared(space: DocumentSpace): Promise<Table> {
    const table = tableOf(space, spec)
    await prepareTable(space, table)
    return table
  }

  /** Runs `work` on the documents in pieces, each in a transaction of its own. */
  async function inPieces<R>(
    workspace: string,
    documents: T[],
    work: (write: Writer<T>, document: T) => R,
  ): Promise<R[]> {
    if (documents.length === 0) return []
    return spaces.use(workspace, async (space) => {
      const table = await prepared(space)
      const results: R[] = []
      while (results.length < documents.length) {
        const done = await writing(space, () =>
          writePiece(writerOf(space, table, rules), documents, results.length, work),
        )
        for (const result of done) results.push(result)
      }
      return results
    })
  }

  async function getMany(workspace: string, ids: string[]): Promise<(T | undefined)[]> {
    return spaces.peek(
      workspace,
      ids.map(() => undefined),
      async (space) => {
        const table = await prepared(space)
        return reading(space, () => {
          const find = space.database.prepare(`select body from "${table.name}" where number = ?`)
          return ids.map((id) => {
            const number = space.ids.find(id)
            const row = number === undefined ? undefined : (find.get(number) as unknown as [string] | undefined)
            return row && (JSON.parse(row[0]) as T)
          })
        })
      },
    )
  }

  return {
    // MongoDB: findOne({ _id })
    async get(workspace, id) {
      const [document] = await getMany(workspace, [id])
      return document
    },

    // MongoDB: find({ _id: { $in } })
    getMany,

    // MongoDB: bulkWrite of replaceOne with upsert
    async put(workspace, documents) {
      await inPieces(workspace, documents, (writer, document) => writer.put(document))
    },

    // MongoDB: insertMany with ordered: false, duplicate keys told apart
    async insertIfAbsent(workspace, documents) {
      return inPieces(workspace, documents, (writer, document) => writer.insert(document))
    },

    // MongoDB: bulkWrite of updateOne with upsert and a pipeline of $min, $max, $setUnion and $cond
    async merge(workspace, documents) {
      const normal = documents.map((document) => normalise(rules, document))
      const unique = isAscending(normal) ? normal : [...fold(normal).values()]
      const outcomes = await inPieces(workspace, unique, (writer, document) => writer.merge(document))
      if (unique.length === documents.length) return outcomes
      const byId = new Map(unique.map(({ id }, i) => [id, outcomes[i]!]))
      return documents.map(({ id }) => {
        const outcome = byId.get(id) ?? 'same'
        // A repeat within the call was joined with the first.
        byId.delete(id)
        return outcome
      })
    },

    // MongoDB: deleteMany({ _id: { $in } })
    async delete(workspace, ids) {
      return spaces.peek(workspace, 0, async (space) => {
        const table = await prepared(space)
        let removed = 0
        for (let start = 0; start < ids.length; start += transactionRows) {
          removed += await writing(space, () => {
            const remove = space.database.prepare(`delete from "${table.name}" where number = ?`)
            let count = 0
            for (const id of ids.slice(start, start + transactionRows)) {
              const number = space.ids.find(id)
              if (number !== undefined) count += Number(remove.run(number).changes)
            }
            return count
          })
        }
        return removed
      })
    },

    // MongoDB: find(equals).sort(index, sequence).limit()
    async scan(workspace, scan) {
      return spaces.peek(workspace, { items: [] }, async (space) => {
        const table = await prepared(space)
        return reading(space, () => scanPage<T>(space, table, scan))
      })
    },

    // MongoDB: countDocuments(equals)
    async count(workspace, scan) {
      return spaces.peek(workspace, 0, async (space) => {
        const table = await prepared(space)
        return reading(space, () => {
          const { where, values } = conditionOf(space, table, scan)
          const row = space.database.prepare(`select count(*) from "${table.name}" ${where}`).get(...values)
          return (row as unknown as [number])[0]
        })
      })
    },
  }

  function fold(documents: T[]): Map<string, T> {
    const folded = new Map<string, T>()
    for (const document of documents) {
      const earlier = folded.get(document.id)
      folded.set(document.id, earlier === undefined ? document : mergeInto(rules, earlier, document))
    }
    return folded
  }
}

/** In the order of their ids, each once. */
function isAscending(documents: Document[]): boolean {
  for (let i = 1; i < documents.length; i++) if (documents[i - 1]!.id >= documents[i]!.id) return false
  return true
}

interface Writer<T> {
  /** How much text it has written. */
  bytes(): number
  insert(document: T): boolean
  put(document: T): void
  merge(document: T): Merged
}

/** Writes documents of one table inside a transaction. */
function writerOf<T extends Document>({ database, ids }: DocumentSpace, table: Table, rules: MergeRules<T>): Writer<T> {
  const columns = table.columns.map((field) => `"${columnOf(field)}"`)
  const marks = columns.map(() => ', ?').join('')
  const insertion = `into "${table.name}" (number, body${columns.map((name) => `, ${name}`).join('')}) values (?, ?${marks})`
  const insertNew = database.prepare(`insert ${insertion}`)
  const insertOrIgnore = database.prepare(`insert or ignore ${insertion}`)
  const find = database.prepare(`select body from "${table.name}" where number = ?`)
  const replaceBody = `update "${table.name}" set body = ? where number = ?`
  const replaceAll = `update "${table.name}" set body = ?${columns.map((name) => `, ${name} = ?`).join('')} where number = ?`

  let bytes = 0

  function bodyOf(document: T): string {
    const body = JSON.stringify(document)
    bytes += body.length
    return body
  }

  function fieldOf(document: T, field: string): unknown {
    return (document as unknown as Record<string, unknown>)[field]
  }

  function columnValues(document: T): SQLInputValue[] {
    return table.columns.map((field, slot) => stored(ids, fieldOf(document, field), slot))
  }

  /** `known` is the id's number where it has one, with or without a document. */
  function insert(document: T, known: number | undefined): boolean {
    const number = known ?? ids.add(document.id)
    const statement = known === undefined ? insertNew : insertOrIgnore
    return statement.run(number, bodyOf(document), ...columnValues(document)).changes === 1
  }

  function replace(number: number, before: T | undefined, after: T): void {
    // SQLite writes an index anew when its column is named, even with the same value.
    if (before !== undefined && table.columns.every((field) => fieldOf(before, field) === fieldOf(after, field))) {
      database.prepare(replaceBody).run(bodyOf(after), number)
    } else {
      database.prepare(replaceAll).run(bodyOf(after), ...columnValues(after), number)
    }
  }

  return {
    bytes: () => bytes,

    insert: (document) => insert(document, ids.find(document.id)),

    put(document) {
      const number = ids.find(document.id)
      if (!insert(document, number)) replace(number!, undefined, document)
    },

    merge(document) {
      const number = ids.find(document.id)
      const row = number === undefined ? undefined : (find.get(number) as unknown as [string] | undefined)
      if (number === undefined || row === undefined) {
        insert(document, number)
        return 'inserted'
      }
      const before = JSON.parse(row[0]) as T
      const after = mergeInto<T>(rules, before, document)
      if (after === before) return 'same'
      replace(number, before, after)
      return 'changed'
    },
  }
}

/** Writes documents from the one at `from` on, as many as one transaction takes. */
function writePiece<T, R>(
  writer: Writer<T>,
  documents: T[],
  from: number,
  work: (writer: Writer<T>, document: T) => R,
): R[] {
  const results: R[] = []
  for (let at = from; at < documents.length; at++) {
    if (results.length >= transactionRows || writer.bytes() >= transactionBytes) break
    results.push(work(writer, documents[at]!))
  }
  return results
}

function conditionOf<T>(
  { ids }: DocumentSpace,
  table: Table,
  { index, equals = {} }: Pick<Scan<T>, 'index' | 'equals'>,
): { where: string; values: SQLInputValue[]; rest: string[] } {
  if (index === undefined) return { where: '', values: [], rest: [] }
  const fields = table.indexes[index]
  if (fields === undefined) {
    throw new RangeError(
      `no index “${index}” on ${table.name}; it has ${Object.keys(table.indexes).join(', ') || 'none'}`,
    )
  }
  const given = equals as Record<string, unknown>
  const leading = fields.findIndex((field) => given[field] === undefined)
  const fixed = leading < 0 ? fields : fields.slice(0, leading)
  const stray = Object.keys(given).find((field) => given[field] !== undefined && !fixed.includes(field))
  if (stray !== undefined) {
    throw new RangeError(
      `“${stray}” is not a leading field of the index “${index}” (${fields.join(', ')}) on ${table.name}`,
    )
  }
  const rest = fields.slice(fixed.length)
  const terms = [
    ...fixed.map((field) => `"${columnOf(field)}" = ?`),
    // What makes the partial index usable; for the fixed ones the equality does.
    ...rest.map((field) => `"${columnOf(field)}" is not null`),
  ]
  return {
    where: `where ${terms.join(' and ')}`,
    values: fixed.map((field, slot) => asked(ids, given[field], slot)),
    rest,
  }
}

function scanPage<T>(space: DocumentSpace, table: Table, scan: Scan<T>): { items: T[]; next?: string } {
  const { where, values, rest } = conditionOf(space, table, scan)
  const order = [...rest.map((field) => `"${columnOf(field)}"`), 'number']
  const cursor = scan.after === undefined ? undefined : readCursor(scan.after, order.length, values.length)
  const beyond = cursor && `(${order.join(', ')}) > (${order.map(() => '?').join(', ')})`
  const condition = beyond === undefined ? where : where === '' ? `where ${beyond}` : `${where} and ${beyond}`
  const rows = space.database
    .prepare(`select body, ${order.join(', ')} from "${table.name}" ${condition} order by ${order.join(', ')} limit ?`)
    .all(...values, ...(cursor ?? []), scan.limit) as unknown as [string, ...Cell[]][]
  const items = rows.map(([body]) => JSON.parse(body) as T)
  const last = rows.at(-1)
  if (last === undefined || rows.length < scan.limit) return { items }
  return { items, next: writeCursor(last.slice(1)) }
}

type Cell = string | number | Uint8Array

/** A cursor holds the sort key of the last item; the numbers of ids stand in arrays of their own. */
function writeCursor(cells: Cell[]): string {
  const json = JSON.stringify(cells.map((cell) => (cell instanceof Uint8Array ? [numberOf(cell)] : cell)))
  return Buffer.from(json).toString('base64url')
}

/** `slot` is the first that no other value of the statement uses. */
function readCursor(text: string, length: number, slot: number): Cell[] {
  try {
    const cells = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown
    if (Array.isArray(cells) && cells.length === length && cells.every(isCell)) {
      return cells.map((cell, i) => (Array.isArray(cell) ? reference(cell[0] as number, slot + i) : (cell as Cell)))
    }
  } catch {
    // Answered below like any other text that is none of ours.
  }
  throw cursorInvalid()
}

function isCell(cell: unknown): boolean {
  if (Array.isArray(cell)) return cell.length === 1 && typeof cell[0] === 'number'
  return typeof cell === 'string' || typeof cell === 'number'
}
