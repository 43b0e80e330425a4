/** What a file is for decides how it is flushed and how much of it stays in memory. */
export type Use = 'control' | 'bus' | 'data' | 'search' | 'graph'

/**
 * The one place for page caches, in megabytes for all files of a use in one thread: control on main, the bus in up to
 * four threads, data and search in the store thread, graph in its own; 88 together.
 * Large pages suit files that grow at their ends: fewer system calls for the same bytes.
 * A power cut takes nothing from the bus (FULL), and from control files nothing that anybody was told is written: they
 * are flushed beside the thread before a write resolves. What it takes from the others, the bus replays, and what it
 * could not is flushed (`flushFiles`).
 * A long log moves a page that is written again and again into the file once.
 */
export const uses: Record<Use, FileSettings> = {
  control: { synchronous: 'normal', flushed: true, pageKilobytes: 4, cacheMegabytes: 16, logMegabytes: 64 },
  bus: { synchronous: 'full', pageKilobytes: 16, cacheMegabytes: 2, logMegabytes: 16 },
  data: { synchronous: 'normal', pageKilobytes: 16, cacheMegabytes: 24, logMegabytes: 128 },
  search: { synchronous: 'normal', pageKilobytes: 16, cacheMegabytes: 16, logMegabytes: 64 },
  graph: { synchronous: 'normal', pageKilobytes: 16, cacheMegabytes: 24, logMegabytes: 128 },
}

interface FileSettings {
  synchronous: 'full' | 'normal'
  /** A write resolves when it is on the disk. */
  flushed?: true
  pageKilobytes: number
  cacheMegabytes: number
  logMegabytes: number
}
