import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Wire } from '@mirage/kit/client.ts'
import { pause } from '@mirage/kit/clock.ts'
import { type Address, openDispatch } from '@mirage/kit/dispatch.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { type Api, createApi } from '../api.ts'
import type { Environment } from '../environment.ts'
import { Failure } from '../exit.ts'
import { startPlatform } from './platform.ts'
import { announcePresence, isAlive } from './presence.ts'

/** Of a host in this process: it works for other commands too, until it is disposed. */
export interface OwnHost {
  /** Resolves when every run it carries has ended. */
  idle(): Promise<void>
}

export interface Connection extends AsyncDisposable {
  api: Api
  /** The same, whose calls end when the signal aborts. */
  apiUntil(signal: AbortSignal): Api
  /** Absent while another process, or another machine, is the host. */
  readonly host?: OwnHost
  /** Whom we talk to, for people. */
  readonly where: string
}

/** `connection.json`: how the clients of a data directory reach its host. Readable by its owner only. */
export interface ConnectionFile {
  /** Absent where the host listens on its Unix socket only. */
  url?: string
  socket: string
  apiKey: string
  pid: number
}

/**
 * A connection to the installation that the environment names: the one at `MIRAGE_URL`; else the host of the data
 * directory; else a new host in this process, which others then are clients of. When the host goes away, the next call
 * finds the new one, or becomes it.
 */
export async function connect({ url, apiKey, dataDirectory }: Environment): Promise<Connection> {
  if (url === undefined) return connectToDirectory(dataDirectory)
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Failure(`MIRAGE_URL is “${url}”, which is not an address such as http://127.0.0.1:8000.`)
  if (apiKey === undefined)
    throw new Failure(`MIRAGE_URL is set, but MIRAGE_API_KEY is not. The host at ${url} prints where its key is.`)
  return open(() => ({ address: { origin: new URL(url).origin }, apiKey, where: url }))
}

/** Where a host is, and the key it takes. */
interface Place {
  address: Address
  apiKey: string
  where: string
  /** Where it is in this process. */
  host?: OwnHost & AsyncDisposable
}

async function connectToDirectory(dataDirectory: string): Promise<Connection> {
  const presence = announcePresence(dataDirectory)
  let place: Place
  try {
    place = await reachHost(dataDirectory)
  } catch (error) {
    presence[Symbol.dispose]()
    throw error
  }
  const connection = open(
    () => place,
    async () => {
      place = await reachHost(dataDirectory)
    },
  )
  return {
    api: connection.api,
    apiUntil: (signal) => connection.apiUntil(signal),
    get host() {
      return place.host
    },
    get where() {
      return place.where
    },
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]()
      await place.host?.[Symbol.asyncDispose]()
      presence[Symbol.dispose]()
    },
  } as Connection // exactOptionalPropertyTypes takes a getter that may answer undefined for a wrong one
}

/** How long a host may take from taking the lock to writing its `connection.json`, milliseconds. */
const startMs = 20_000

/** The host that runs, or a new one in this process. */
async function reachHost(dataDirectory: string): Promise<Place> {
  for (let waitedMs = 0; ; waitedMs += 100) {
    const place = (await findHost(dataDirectory)) ?? (await startHost(dataDirectory))
    if (place) return place
    if (waitedMs >= startMs)
      throw new Failure(
        `Another process has ${dataDirectory} but does not answer. Wait for it to end, or end it; ` +
          '“mirage doctor” says which one it is.',
      )
    await pause(100)
  }
}

/** The host of a data directory, when one runs and answers. */
export async function connectToHost(dataDirectory: string): Promise<Connection | undefined> {
  const place = await findHost(dataDirectory)
  return place && open(() => place)
}

async function findHost(dataDirectory: string): Promise<Place | undefined> {
  const file = readConnectionFile(dataDirectory)
  if (!file || file.pid === process.pid || !isAlive(file.pid)) return undefined
  const { socket, apiKey, url } = file
  const place: Place = { address: { socket }, apiKey, where: url ?? socket }
  await using connection = open(() => place)
  try {
    await connection.api.scans.listRuns({ limit: 1 })
    return place
  } catch (error) {
    // Nobody behind the socket: the file was left behind, and its process id belongs to another program now.
    if (isUnreachable(error)) return undefined
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

/** A host in this process; undefined when another process is the host of this data directory. */
async function startHost(dataDirectory: string): Promise<Place | undefined> {
  try {
    // Whoever only reads must not send again what a process that was killed was sending.
    const host = await startPlatform({ dataDirectory, flags: { 'scan-orchestration': { carryOn: false } } })
    const file = readConnectionFile(dataDirectory)
    if (!file) throw new Failure(`The host left no connection.json in ${dataDirectory}.`)
    return { address: { socket: file.socket }, apiKey: host.apiKey, where: dataDirectory, host }
  } catch (error) {
    if (error instanceof MirageError && error.code === 'host.locked') return undefined
    throw error
  }
}

/** Where nobody listens for this long, milliseconds, there is no host any more. */
const absentMs = 300

/** `findAnother` changes the place to one that answers. */
function open(place: () => Place, findAnother?: () => Promise<void>): Connection {
  const dispatch = openDispatch({
    addressOf: () => place().address,
    authorization: () => `Bearer ${place().apiKey}`,
    patienceMs: absentMs,
  })
  let finding: Promise<void> | undefined

  const wire: Wire = async (request) => {
    try {
      return await dispatch.wire(request)
    } catch (error) {
      if (!isUnreachable(error)) throw error
      if (!findAnother || request.signal?.aborted || !(request.repeatable || neverArrived(error)))
        throw unreachable(place().where, error)
      await (finding ??= findAnother().finally(() => (finding = undefined)))
      return dispatch.wire(request)
    }
  }
  return {
    api: createApi(wire),
    apiUntil: (signal) => createApi((request) => wire({ ...request, signal: both(request.signal, signal) })),
    where: place().where,
    [Symbol.asyncDispose]: () => dispatch[Symbol.asyncDispose](),
  }
}

function isUnreachable(error: unknown): error is MirageError {
  return error instanceof MirageError && error.code === 'service.unreachable'
}

/** Nobody listened: the call can be made again, whatever it does. */
function neverArrived({ cause }: MirageError): boolean {
  const { code } = cause as { code?: string }
  return code === 'ECONNREFUSED' || code === 'ENOENT'
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
