import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What a store file of a data directory is for, and what is done where it is damaged. */
export interface Role {
  holds: string
  /** It may be deleted while nothing runs, and is made again from the others. */
  isRebuilt: boolean
  /** Of what is not made again: what deleting it without a backup costs. */
  without?: string
}

export interface StoreFile extends Role {
  /** Below the data directory. */
  file: string
  bytes: number
  /** Bytes of the log beside it that are not in the file yet. */
  logBytes: number
}

const places: Role = { holds: 'how far a service has read the log', isRebuilt: true }
const answers = 'results stay; the recorded answers behind them are gone'

const roles: [RegExp, Role][] = [
  [/^bus\.db$/, { holds: 'the log between the services', isRebuilt: true }],
  [/^(api-gateway|visualization|data-storage|correlation-engine)\.db$/, places],
  [/^correlation-engine\/graph\//, { holds: 'the graph', isRebuilt: true }],
  [/^data-storage\/search\//, { holds: 'the search index', isRebuilt: true }],
  [
    /^correlation-engine\//,
    {
      holds: 'findings and what people said of them',
      isRebuilt: false,
      without: 'findings are made again, what people said of them is gone',
    },
  ],
  [
    /^data-storage\//,
    {
      holds: 'entities, observations and relationships',
      isRebuilt: false,
      without: 'all results are gone; delete the folder correlation-engine as well, then scan again',
    },
  ],
  [
    /^scan-orchestration\.db$/,
    { holds: 'the runs', isRebuilt: false, without: 'results stay, and no run that leads to them' },
  ],
  [/^data-collection\.db$/, { holds: 'the recorded answers of sources', isRebuilt: false, without: answers }],
  [/^blobs\//, { holds: 'the bodies of recorded answers', isRebuilt: false, without: answers }],
  [
    /^module-registry\.db$/,
    {
      holds: 'keys of sources and settings of modules',
      isRebuilt: false,
      without: 'set keys and settings again: mirage keys, mirage module settings',
    },
  ],
  [
    /^auth\.db$/,
    { holds: 'API keys', isRebuilt: false, without: 'the owner’s key goes on, others have to be made again' },
  ],
]

const unknown: Role = { holds: 'what this Mirage does not know', isRebuilt: false }

/** The SQLite files that the services of a data directory keep, small ones first. */
export function storeFilesOf(dataDirectory: string): StoreFile[] {
  const found = globSync('{*.db,{correlation-engine,data-storage,blobs}/**/*.db}', { cwd: dataDirectory })
  return found
    .map((file): StoreFile => {
      const path = join(dataDirectory, file)
      const role = roles.find(([pattern]) => pattern.test(file))?.[1] ?? unknown
      return { file, ...role, bytes: sizeOf(path), logBytes: sizeOf(`${path}-wal`) }
    })
    .sort((a, b) => a.bytes + a.logBytes - b.bytes - b.logBytes)
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0
}
