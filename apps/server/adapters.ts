import { join } from 'node:path'
import { openFileBlobs } from '@mirage/adapters/filesystem/blobs.ts'
import { openMemoryCache } from '@mirage/adapters/memory/cache.ts'
import { openSqliteBus } from '@mirage/adapters/sqlite/bus.ts'
import { flushFiles } from '@mirage/adapters/sqlite/database.ts'
import { openSqliteDocuments } from '@mirage/adapters/sqlite/documents.ts'
import { openSqliteGraph } from '@mirage/adapters/sqlite/graph.ts'
import { openSqliteSearch } from '@mirage/adapters/sqlite/search.ts'
import { openSqliteSql } from '@mirage/adapters/sqlite/sql.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { didYouMean } from '@mirage/kit/settings.ts'

export interface Place {
  dataDirectory: string
  service: string
  now: () => number
}

/** One file a service for what it controls, one a workspace for what people collect. */
const perWorkspace = ['data-storage', 'correlation-engine']

/** What every adapter has, whatever its port. */
export interface Adapter extends AsyncDisposable {
  readonly can: { shared: boolean }
}

type Open = (place: Place, url: URL) => Promise<Adapter>

/** port → URL scheme → adapter. The only place that names adapters. */
const adapters: Record<string, Record<string, Open>> = {
  sql: { sqlite: ({ dataDirectory, service }) => openSqliteSql({ path: fileOf(dataDirectory, service) }) },
  documents: {
    sqlite: ({ dataDirectory, service }) =>
      perWorkspace.includes(service)
        ? openSqliteDocuments({ path: join(dataDirectory, service), perWorkspace: true, use: 'data' })
        : openSqliteDocuments({ path: fileOf(dataDirectory, service), perWorkspace: false, use: 'control' }),
  },
  search: {
    sqlite: ({ dataDirectory, service, now }) =>
      openSqliteSearch({ path: join(dataDirectory, service, 'search'), now }),
  },
  graph: { sqlite: ({ dataDirectory, service }) => openSqliteGraph({ path: join(dataDirectory, service, 'graph') }) },
  cache: { memory: async ({ now }) => openMemoryCache({ now }) },
  bus: {
    sqlite: ({ dataDirectory, service, now }) =>
      openSqliteBus({ path: join(dataDirectory, 'bus.db'), offsets: fileOf(dataDirectory, service), now }),
  },
  blobs: { file: ({ dataDirectory, now }) => openFileBlobs({ path: join(dataDirectory, 'blobs'), now }) },
}

/** What each port stands on unless settings say otherwise. */
export const defaultStores: Record<string, string> = {
  sql: 'sqlite:',
  documents: 'sqlite:',
  search: 'sqlite:',
  graph: 'sqlite:',
  cache: 'memory:',
  bus: 'sqlite:',
  blobs: 'file:',
}

/** The port of a service on what this URL names. Throws `settings.invalid` for a scheme without an adapter. */
export function openPort(port: string, url: string, place: Place): Promise<Adapter> {
  const known = adapters[port] ?? {}
  const scheme = url.split(':')[0]!
  const open = known[scheme]
  if (!open)
    throw new MirageError({
      code: 'settings.invalid',
      status: 500,
      detail: `“${url}” names no adapter for ${port}${didYouMean(scheme, Object.keys(known)) || '.'} There is: ${Object.keys(known).join(', ')}.`,
    })
  return open(place, new URL(url))
}

/** Resolves when everything that the stores of this thread were given is on the disk. */
export function flushStores(): Promise<void> {
  return flushFiles()
}

function fileOf(dataDirectory: string, service: string): string {
  return join(dataDirectory, `${service}.db`)
}
