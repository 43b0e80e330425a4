import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { takeHostLock } from '@mirage/adapters/sqlite/host-lock.ts'
import { createClient } from '@mirage/kit/client.ts'
import { pause, systemClock } from '@mirage/kit/clock.ts'
import type { Address } from '@mirage/kit/dispatch.ts'
import { openDispatch } from '@mirage/kit/dispatch.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import type { ListenAt } from '@mirage/kit/host.ts'
import { openLog } from '@mirage/kit/log.ts'
import { didYouMean } from '@mirage/kit/settings.ts'
import { openTokens } from '@mirage/kit/token.ts'
import { scans } from '@mirage/services/scan-orchestration/contract.ts'
import { keepBallast } from './ballast.ts'
import { catalogue, threadOf } from './catalogue.ts'
import { readEnvironment } from './environment.ts'
import { keyFileOf, openInstallation, writePrivate } from './installation.ts'
import { type PartOptions, socketOf, startPart } from './part.ts'
import { readSettings } from './settings.ts'
import { openThreads } from './threads.ts'

export interface ServerOptions {
  dataDirectory?: string
  /** Listen at the address and port that the settings name, too; without it only at the Unix socket. */
  listen?: boolean
  /** Overrides the setting; 0 chooses a free one. */
  port?: number
  /** All of them unless said. */
  services?: string[]
  flags?: Record<string, Record<string, unknown>>
}

export interface ServerHandle extends AsyncDisposable {
  /** Absent without a port. */
  url: string | undefined
  apiKey: string
  keyFile: string
  /** Resolves when no run is queued or running. */
  idle(): Promise<void>
}

/**
 * Starts the platform in this process on its data directory. Throws `host.locked` when another process has it,
 * `settings.invalid` for wrong settings or names.
 */
export async function startMirage(options: ServerOptions = {}): Promise<ServerHandle> {
  const environment = readEnvironment()
  const dataDirectory = options.dataDirectory ?? environment.dataDirectory
  const services = namedServices(options.services)
  const { values } = readSettings(environment, options.flags)
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  const lock = takeHostLock(join(dataDirectory, 'host.lock'))
  const stack = new AsyncDisposableStack()
  stack.use(lock)
  try {
    const installation = openInstallation(dataDirectory, environment.masterKey)
    const log = openLog({ file: join(dataDirectory, 'logs', 'mirage.ndjson') })
    stack.use(keepBallast(dataDirectory, log))
    const part: PartOptions = {
      installation,
      settings: values,
      stores: values['stores'] as Record<string, string>,
      runtimeDirectory: environment.runtimeDirectory,
      services,
    }
    const server = values['server'] as { host: string; port: number }
    const door: ListenAt | undefined =
      options.listen || options.port !== undefined
        ? { host: server.host, port: options.port ?? server.port }
        : undefined
    const threads = stack.use(
      openThreads(part, log, (error) => log.error('The platform goes on without a thread', { error })),
    )
    const addressOf = async (service: string): Promise<Address> => {
      await threads.ready(service)
      return { socket: socketOf(part, service) }
    }
    const own = services.filter((service) => threadOf(service) === undefined)
    const main = stack.use(
      await startPart(
        { ...part, services: own },
        {
          services: catalogue.filter(({ contract }) => own.includes(contract.service)),
          contracts: catalogue.map(({ contract }) => contract),
          log,
          addressOf,
          doors: (service) => (service === 'api-gateway' && door ? [door] : []),
          published: (names) => {
            if (names.includes('observations.collected')) threads.startAll()
          },
        },
      ),
    )
    const url = door && 'port' in door ? `http://${door.host}:${main.host.port('api-gateway') ?? door.port}` : undefined
    const connection = join(dataDirectory, 'connection.json')
    const socket = socketOf(part, 'api-gateway')
    writePrivate(
      connection,
      JSON.stringify({ ...(url ? { url } : {}), socket, apiKey: installation.ownerKey, pid: process.pid }) + '\n',
    )
    stack.defer(() => rmSync(connection, { force: true }))
    const idle = stack.use(openIdle(part, addressOf))
    if (await idle.isBusy()) threads.startAll()
    const disposal = stack.move()
    return {
      url,
      apiKey: installation.ownerKey,
      keyFile: keyFileOf(dataDirectory),
      idle: () => idle.wait(),
      [Symbol.asyncDispose]: () => disposal.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

function namedServices(wanted: string[] | undefined): string[] {
  const known = catalogue.map(({ contract }) => contract.service)
  const unknown = wanted?.find((name) => !known.includes(name))
  if (unknown === undefined) return wanted && wanted.length > 0 ? wanted : known
  throw new MirageError({
    code: 'settings.invalid',
    status: 500,
    detail: `There is no service “${unknown}”${didYouMean(unknown, known) || '.'} There are: ${known.join(', ')}.`,
  })
}

const lookMs = 200

/** Whether any run is under way, asked of scan-orchestration as any other caller would. */
function openIdle(
  part: PartOptions,
  addressOf: (service: string) => Promise<Address>,
): AsyncDisposable & { isBusy(): Promise<boolean>; wait(): Promise<void> } {
  const tokens = openTokens(part.installation.masterKey, systemClock)
  const dispatch = openDispatch({
    addressOf,
    authorization: async () =>
      `Bearer ${await tokens.issue({ caller: { kind: 'service', id: 'host' }, workspace: 'default', rights: [] })}`,
  })
  const client = createClient(scans, dispatch.wire)
  const has = part.services.includes('scan-orchestration')
  async function isBusy(): Promise<boolean> {
    if (!has) return false
    const { items } = await client.listRuns({ limit: 100 })
    return items.some(({ status }) => status === 'queued' || status === 'running')
  }
  return {
    isBusy,
    async wait() {
      while (await isBusy()) await pause(lookMs)
    },
    [Symbol.asyncDispose]: () => dispatch[Symbol.asyncDispose](),
  }
}
