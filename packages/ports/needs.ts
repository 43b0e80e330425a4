import { definePort } from '@mirage/kit/service.ts'
import type { Blobs } from './blobs.ts'
import type { Bus } from './bus.ts'
import type { Cache } from './cache.ts'
import type { Documents } from './documents.ts'
import type { Graph } from './graph.ts'
import type { Search } from './search.ts'
import type { Sql } from './sql.ts'

/** What a service names in its `needs`. */
export const blobs = definePort<Blobs>('blobs')
export const bus = definePort<Bus>('bus')
export const cache = definePort<Cache>('cache')
export const documents = definePort<Documents>('documents')
export const graph = definePort<Graph>('graph')
export const search = definePort<Search>('search')
export const sql = definePort<Sql>('sql')

/** What belongs to the installation as a whole. */
export interface Installation {
  /** Encrypts keys at rest; 32 bytes. Never in an answer, a log or an error. */
  masterKey: Uint8Array
  /** May everything; made at the first start and kept in a file that only its owner can read. */
  ownerKey: string
  /** Where this host keeps files of its own. */
  dataDirectory: string
  /** A folder of folders, each a module of somebody else. */
  modulesDirectory?: string
}

export const installation = definePort<Installation>('installation')
