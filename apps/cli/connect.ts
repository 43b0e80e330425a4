import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Wire } from '@mirage/kit/client.ts'
import { pause } from '@mirage/kit/clock.ts'
import { type Address, openDispatch } from '@mirage/kit/dispatch.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { type Api, createApi } from './api.ts'
import type { Environment } from './environment.ts'
import { Failure } from './exit.ts'
import { startPlatform } from './serve.ts'

/** Of a host in this process: it works for other commands too, until it is disposed. */
export interface OwnHost {
  /** Resolves when every run it carries has ended. */
  idle(): Promise<void>
}

export interface Connection extends AsyncDisposable {
  api: Api
  /** The same, whose calls end when the signal aborts. */
  apiUntil(signal: AbortSignal): Api
  /** Absent when another process, or another machine, is the host. */
  host?: OwnHost
  /** Whom we talk to, for people. */
  where: string
}

/** `connection.json`: how the clients of a data directory reach its host. Readable by its owner only. */
export interface ConnectionFile {
  /** Absent where the host listens on its Unix socket only. */
  url?: string
  socket: string
  apiKey: string
  pid: number
}

/** How long a host may take from taking the lock to writing its `connection.json`, milliseconds. */
const startMs = 20_000

/**
 * A connection to the installation that the environment names: the one at `MIRAGE_URL`; else the host of the data
 * directory; else a new host in this process, which others then are clients of.
 */
export async function connect(environment: Environment): Promise<Connection> {
  if (environment.url !== undefined) return connectTo(environment.url, environment.apiKey)
  let waitedMs = 0
  while (true) {
    const running = await connectToHost(environment.dataDirectory)
    if (running) return running
    const started = await startHost(environment.dataDirectory)
    if (started) return started
    if (waitedMs >= startMs)
      throw new Failure(
        `Another process has ${environment.dataDirectory} but does not answer. Wait for it to end, or end it; ` +
          '“mirage doctor” says which one it is.',
      )
    await pause(100)
    waitedMs += 100
  }
}

function connectTo(url: string, apiKey: string | undefined): Connection {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Failure(`MIRAGE_URL is “${url}”, which is not an address such as http://127.0.0.1:8000.`)
  if (apiKey === undefined)
    throw new Failure(`MIRAGE_URL is set, but MIRAGE_API_KEY is not. The host at ${url} prints where its key is.`)
  return open({ origin: new URL(url).origin }, apiKey, url)
}

/** The host of a data directory, when one runs. */
export async function connectToHost(dataDirectory: string): Promise<Connection | undefined> {
  const file = readConnectionFile(dataDirectory)
  if (!file || !isAlive(file.pid)) return undefined
  const connection = open({ socket: file.socket }, file.apiKey, file.url ?? file.socket)
  try {
    await connection.api.scans.listRuns({ limit: 1 })
    return connection
  } catch (error) {
    await connection[Symbol.asyncDispose]()
    // Nobody behind the socket: the file was left behind, and its process id belongs to another program now.
    if (error instanceof MirageError && error.code === 'service.unreachable') return undefined
    throw error
  }
}

/** What the host of a data directory left for its clients; undefined where none did, or it is not readable. */
export function readConnectionFile(dataDirectory: string): ConnectionFile | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDirectory, 'connection.json'), 'utf8')) as ConnectionFile
  } catch {
    return undefined
  }
}

/** True when a process with this id runs, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** A host in this process; undefined when another process is the host of this data directory. */
async function startHost(dataDirectory: string): Promise<Connection | undefined> {
  try {
    const host = await startPlatform({ dataDirectory })
    const file = readConnectionFile(dataDirectory)
    if (!file) throw new Failure(`The host left no connection.json in ${dataDirectory}.`)
    const connection = open({ socket: file.socket }, host.apiKey, dataDirectory)
    return {
      ...connection,
      host,
      async [Symbol.asyncDispose]() {
        await connection[Symbol.asyncDispose]()
        await host[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    if (error instanceof MirageError && error.code === 'host.locked') return undefined
    throw error
  }
}

function open(address: Address, apiKey: string, where: string): Connection {
  const dispatch = openDispatch({ addressOf: () => address, authorization: () => `Bearer ${apiKey}` })
  const wire: Wire = async (request) => {
    try {
      return await dispatch.wire(request)
    } catch (error) {
      throw error instanceof MirageError && error.code === 'service.unreachable' ? unreachable(where, error) : error
    }
  }
  return {
    api: createApi(wire),
    apiUntil: (signal) => createApi((request) => wire({ ...request, signal: both(request.signal, signal) })),
    where,
    [Symbol.asyncDispose]: () => dispatch[Symbol.asyncDispose](),
  }
}

function both(one: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return one ? AbortSignal.any([one, other]) : other
}

function unreachable(where: string, cause: MirageError): MirageError {
  return new MirageError({
    code: 'service.unreachable',
    status: 503,
    detail: `Mirage at ${where} does not answer. Is it running?`,
    retryable: true,
    cause,
  })
}
