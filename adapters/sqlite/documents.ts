import type { Collection, CollectionSpec, Document, Documents } from '@mirage/ports/documents.ts'
import { mergeInto, normalise } from '@mirage/ports/merge.ts'
import { conditionOf, scanPage } from './documents/scan.ts'
import {
  type DocumentSpace,
  openDocumentSpace,
  prepareTable,
  readable,
  type Table,
  tableOf,
} from './documents/table.ts'
import { writePiece, type Writer, writerOf } from './documents/writer.ts'
import { transactionRows } from './files/database.ts'
import { openSpaces, type Spaces } from './files/spaces.ts'
import type { Use } from './files/uses.ts'
import { reading, writing } from './ids/ids.ts'

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
    unreadable: (workspace) => spaces.peek(workspace, 0, async (space) => space.unreadable),
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
            return row && readable<T>(space, row[0])
          })
        })
      },
    )
  }

  async function get(workspace: string, id: string): Promise<T | undefined> {
    return spaces.peek(workspace, undefined, async (space) => {
      const table = await prepared(space)
      return reading(space, () => {
        const number = space.ids.find(id)
        if (number === undefined) return undefined
        const row = space.database.prepare(`select body from "${table.name}" where number = ?`).get(number)
        return row && (JSON.parse((row as unknown as [string])[0]) as T)
      })
    })
  }

  return {
    // MongoDB: findOne({ _id })
    get,

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
