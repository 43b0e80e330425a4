/** Full text and facets over records that another store owns; may follow it by a moment, and says by how much. */
export interface SearchRecord {
  id: string
  /** Searched as parts of words. */
  text: string
  /** Exact values to filter and count by: `type`, `tags`, `runs`, `modules`. */
  facets: Record<string, string[]>
  /** Numbers to filter and sort by: `firstSeenAt`. */
  numbers: Record<string, number>
}

export interface SearchQuery {
  /** Only these records, or all but those. */
  ids?: string[]
  notIds?: string[]
  /** Every phrase must occur, ignoring case. Shorter than three characters is matched by prefix of the text. */
  phrases?: string[]
  notPhrases?: string[]
  /** Every facet must have one of its values. */
  facets?: Record<string, string[]>
  notFacets?: Record<string, string[]>
  ranges?: Record<string, { from?: number; to?: number }>
  sort?: { by: string; descending: boolean }
  after?: string
  limit: number
  /** Facets to count. */
  count?: string[]
}

export interface SearchPage {
  ids: string[]
  next?: string
  total: number
  totalIsLowerBound: boolean
  counts?: Record<string, Record<string, number>>
}

/** Records whose text cannot be found yet, and how long the oldest of them has waited, milliseconds. */
export interface SearchDelay {
  records: number
  ageMs: number
}

export interface Search extends AsyncDisposable {
  readonly can: { shared: boolean }
  /** Replaces the records of these ids; resolves when they are stored, and found by all but their text. */
  index(workspace: string, records: SearchRecord[]): Promise<void>
  remove(workspace: string, ids: string[]): Promise<void>
  /** In the order of `sort`, else in one that stays. Facets and numbers are those of the last `index`; text may follow. */
  search(workspace: string, query: SearchQuery): Promise<SearchPage>
  /** How far the text follows behind. */
  delay(workspace: string): Promise<SearchDelay>
  erase(workspace: string): Promise<void>
}
