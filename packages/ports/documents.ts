import { MirageError } from '@mirage/kit/errors.ts'

/**
 * JSON documents by id. Nothing is promised across two documents. Fields are top-level; `id` is a content id or any
 * text of at most 200 characters.
 */
export interface Document {
  id: string
}

/**
 * How a field of a stored document joins the same field of another: the rules are commutative, associative and
 * idempotent, so writes may arrive twice and in any order. `stamped` is a record whose values are `Stamped`, joined
 * name by name: the later one wins, at equal times the greater JSON text. A field without a rule keeps its first value.
 */
export type MergeRule = 'min' | 'max' | 'union' | 'stamped'

export interface Stamped<T = unknown> {
  value: T
  at: number
}

export interface CollectionSpec<T extends Document> {
  /** kebab-case. */
  name: string
  /** Every index is a list of top-level fields holding text, numbers or booleans; a field that is absent is not indexed. */
  indexes: Record<string, (keyof T & string)[]>
  merge?: { [Field in keyof T]?: MergeRule }
}

export interface Scan<T> {
  /** Name of a declared index; without it documents come in an order that stays, roughly that of arrival. */
  index?: string
  /** Values of the leading fields of the index. */
  equals?: Partial<T>
  /** Where the last page ended. */
  after?: string
  limit: number
}

export interface ScanPage<T> {
  items: T[]
  /**
   * Present while there may be more. Pages are in the order of the index, then in an order that stays: what is inserted
   * while one reads may be seen or not, but nothing that was there is repeated or left out.
   */
  next?: string
}

export type Merged = 'inserted' | 'changed' | 'same'

export interface Collection<T extends Document> {
  get(workspace: string, id: string): Promise<T | undefined>
  /** In the order of `ids`, undefined where missing. */
  getMany(workspace: string, ids: string[]): Promise<(T | undefined)[]>
  /** Replaces whole documents. */
  put(workspace: string, documents: T[]): Promise<void>
  /** True where the document was absent and is now stored. */
  insertIfAbsent(workspace: string, documents: T[]): Promise<boolean[]>
  /** Joins each document with the stored one by the collection's rules. One id may stand several times in a call. */
  merge(workspace: string, documents: T[]): Promise<Merged[]>
  delete(workspace: string, ids: string[]): Promise<number>
  scan(workspace: string, scan: Scan<T>): Promise<ScanPage<T>>
  count(workspace: string, scan: Pick<Scan<T>, 'index' | 'equals'>): Promise<number>
}

export interface Documents extends AsyncDisposable {
  readonly can: { shared: boolean; durable: boolean }
  /** Creates what is missing; adding an index to an existing collection builds it. */
  collection<T extends Document>(spec: CollectionSpec<T>): Promise<Collection<T>>
  /** The workspaces that have had a document and were not erased, in no order. */
  workspaces(): Promise<string[]>
  /** Erases everything of a workspace. */
  erase(workspace: string): Promise<void>
  /**
   * How many times `getMany` and `scan` have left a document out since the workspace was opened because the disk has
   * changed it beyond reading. `get` throws `record.damaged` for one.
   */
  unreadable(workspace: string): Promise<number>
}

/** These rows, which are read from `documents`. Throws `record.damaged` at the end where some had to be left out. */
export async function* whole<T>(
  documents: Pick<Documents, 'unreadable'>,
  workspace: string,
  rows: AsyncIterable<T>,
): AsyncIterable<T> {
  const before = await documents.unreadable(workspace)
  yield* rows
  const leftOut = (await documents.unreadable(workspace)) - before
  if (leftOut <= 0) return
  throw new MirageError({
    code: 'record.damaged',
    status: 500,
    detail: `Records were left out (${leftOut}) since they are damaged and cannot be read. “mirage doctor” says what to do about it.`,
  })
}
