import { join } from 'node:path'
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

/** port → URL scheme → adapter. The only place that names adapters; each is loaded where it is used. */
const adapters: Record<string, Record<string, Open>> = {
  sql: {
    async sqlite({ dataDirectory, service }) {
      const { openSqliteSql } = await import('@mirage/adapters/sqlite/sql.ts')
      return openSqliteSql({ path: fileOf(dataDirectory, service) })
    },
  },
  documents: {
    async sqlite({ dataDirectory, service }) {
      const { openSqliteDocuments } = await import('@mirage/adapters/sqlite/documents.ts')
      return perWorkspace.includes(service)
        ? openSqliteDocuments({ path: join(dataDirectory, service), perWorkspace: true, use: 'data' })
        : openSqliteDocuments({ path: fileOf(dataDirectory, service), perWorkspace: false, use: 'control' })
    },
  },
  search: {
    async sqlite({ dataDirectory, service, now }) {
      const { openSqliteSearch } = await import('@mirage/adapters/sqlite/search.ts')
      return openSqliteSearch({ path: join(dataDirectory, service, 'search'), now })
    },
  },
  graph: {
    async sqlite({ dataDirectory, service }) {
      const { openSqliteGraph } = await import('@mirage/adapters/sqlite/graph.ts')
      return openSqliteGraph({ path: join(dataDirectory, service, 'graph') })
    },
  },
  cache: {
    async memory({ now }) {
      const { openMemoryCache } = await import('@mirage/adapters/memory/cache.ts')
      return openMemoryCache({ now })
    },
  },
  bus: {
    async sqlite({ dataDirectory, service, now }) {
      const { openSqliteBus } = await import('@mirage/adapters/sqlite/bus.ts')
      return openSqliteBus({ path: join(dataDirectory, 'bus.db'), offsets: fileOf(dataDirectory, service), now })
    },
  },
  blobs: {
    async file({ dataDirectory, now }) {
      const { openFileBlobs } = await import('@mirage/adapters/filesystem/blobs.ts')
      return openFileBlobs({ path: join(dataDirectory, 'blobs'), now })
    },
  },
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
export async function flushStores(): Promise<void> {
  const { flushFiles } = await import('@mirage/adapters/sqlite/files/database.ts')
  await flushFiles()
}

/** Tells when a store of this thread is found damaged, or has lost what it was given. */
export async function watchStores(listener: (error: MirageError) => void): Promise<Disposable> {
  const { whenDamaged } = await import('@mirage/adapters/sqlite/files/damage.ts')
  return whenDamaged(listener)
}

function fileOf(dataDirectory: string, service: string): string {
  return join(dataDirectory, `${service}.db`)
}
