import type { Collection, CollectionSpec, Documents } from '@mirage/ports/documents.ts'

/** An exchange as stored: the network's record, with bodies by their hash. */
export interface ExchangeDocument {
  id: string
  run: string
  task: number
  module: string
  /** `module/request`, for answers that may be used again; absent where they may not. */
  reuse?: string
  /** `pageName` of a page that was answered well; absent for anything else. */
  page?: string
  at: number
  kind: 'http' | 'tls' | 'whois'
  occurrence: number
  request: string
  elapsedMs: number
  contact: string
  peer: string
  /** JSON of what was asked and what came back, without secrets and bodies. */
  asked: object
  answer: object
  body?: string
  certificates?: string
  bytes: number
  credentials: boolean
}

/** Up to 1,000 questions with their answers, compressed. */
export interface FrameDocument {
  id: string
  run: string
  module: string
  task: number
  /** `run/module/task`. */
  key: string
  kind: 'dns' | 'tcp'
  at: number
  count: number
  /** Base64. */
  body: string
}

/** What outlives a restart of the limits of a source or a host. */
export interface LimitDocument {
  id: string
  /**
   * `blocked`: it asked to be left alone; `exhausted`: it said that its quota is used up; `spent`: requests that it allows
   * are used up; `counted`: requests within the window of a quota.
   */
  kind: 'blocked' | 'exhausted' | 'spent' | 'counted'
  key: string
  /** Milliseconds; of `spent`, when all of them are there again; of `counted`, when the window ends. */
  until: number
  /** When this was written, by the same clock: that of its process, which is ahead where the time of day was set back. */
  at: number
  windowMs?: number
  used?: number
}

const exchanges: CollectionSpec<ExchangeDocument> = {
  name: 'exchanges',
  indexes: {
    run: ['run', 'at'],
    runModule: ['run', 'module', 'at'],
    reuse: ['reuse', 'at'],
    page: ['page', 'at'],
    body: ['body'],
    certificates: ['certificates'],
  },
}

const frames: CollectionSpec<FrameDocument> = { name: 'frames', indexes: { key: ['key'], run: ['run', 'at'] } }

const limits: CollectionSpec<LimitDocument> = {
  name: 'limits',
  indexes: {},
  merge: { until: 'max', at: 'max', used: 'max' },
}

export interface Store {
  exchanges: Collection<ExchangeDocument>
  frames: Collection<FrameDocument>
  limits: Collection<LimitDocument>
}

export async function openStore(documents: Documents): Promise<Store> {
  return {
    exchanges: await documents.collection(exchanges),
    frames: await documents.collection(frames),
    limits: await documents.collection(limits),
  }
}
