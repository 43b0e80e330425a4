import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Address } from '@mirage/kit/dispatch.ts'
import { makeFolder } from '@mirage/kit/folder.ts'
import type { ListenAt } from '@mirage/kit/host.ts'
import { openLog } from '@mirage/kit/log.ts'
import { keepBallast } from './data-directory/ballast.ts'
import { keyFileOf, openInstallation, writePrivate } from './data-directory/installation.ts'
import { frontDoor, takeLocks } from './data-directory/locks.ts'
import { socketOf } from './data-directory/socket.ts'
import { readEnvironment } from './environment.ts'
import { openIdle } from './idle.ts'
import { type Part, type PartOptions, startPart } from './parts/part.ts'
import { openThreads } from './parts/threads.ts'
import { loadContracts, loadServices, namedServices, serviceNames, threadOf } from './services.ts'
import { explained } from './trouble.ts'

export interface ServerOptions {
  dataDirectory?: string
  /** Listen at the address and port that the settings name, too; without it only at the Unix socket. */
  listen?: boolean
  /** Overrides the setting; 0 chooses a free one. */
  port?: number
  /** All of them unless said; other processes then run the rest. */
  services?: string[]
  flags?: Record<string, Record<string, unknown>>
  /** All settings, where somebody has read them already. */
  settings?: Record<string, Record<string, unknown>>
  /** The process that starts this one again when it ends. */
  supervisor?: number
}

export interface ServerHandle extends AsyncDisposable {
  /** Absent without a port. */
  url: string | undefined
  apiKey: string
  keyFile: string
  /** Those that run here. */
  services: string[]
  /** Resolves when no run is queued or running. */
  idle(): Promise<void>
}

/**
 * Starts the platform, or some of its services, in this process on a data directory. Throws `host.locked` or
 * `host.apart` when another process runs one of them, `settings.invalid` for wrong settings or names,
 * `installation.unusable` and `server.port_unavailable` for what the system refuses.
 */
export async function startMirage(options: ServerOptions = {}): Promise<ServerHandle> {
  const environment = readEnvironment()
  const dataDirectory = options.dataDirectory ?? environment.dataDirectory
  const services = namedServices(options.services)
  const isHost = services.includes(frontDoor)
  const values = options.settings ?? (await import('./settings.ts')).readSettings(environment, options.flags).values
  const stack = new AsyncDisposableStack()
  try {
    makeFolder(dataDirectory)
    stack.use(takeLocks(dataDirectory, services, options.supervisor))
    const installation = openInstallation(dataDirectory, environment.masterKey, environment.modulesDirectory)
    const log = openLog({ file: join(dataDirectory, 'logs', 'mirage.ndjson') })
    if (isHost) stack.use(keepBallast(dataDirectory, log))
    const part: PartOptions = {
      installation,
      settings: values,
      stores: values['stores'] as Record<string, string>,
      runtimeDirectory: environment.runtimeDirectory,
      services,
      isApart: services.length < serviceNames.length,
    }
    const server = values['server'] as { host: string; port: number }
    const door: ListenAt | undefined =
      isHost && (options.listen || options.port !== undefined)
        ? { host: server.host, port: options.port ?? server.port }
        : undefined
    let main: Part | undefined
    const threads = stack.use(
      openThreads(part, log, (error) => {
        log.error('The platform goes on without a thread', { error })
        main?.report(`${error.message} Mirage has to be started again.`)
      }),
    )
    const addressOf = async (service: string): Promise<Address> => {
      await threads.ready(service)
      return { socket: socketOf(part, service) }
    }
    const own = services.filter((service) => threadOf(service, services) === undefined)
    main = stack.use(
      await startPart(
        { ...part, services: own },
        {
          services: await loadServices(own),
          contracts: isHost ? await loadContracts() : [],
          log,
          addressOf,
          doors: (service) => (service === frontDoor && door ? [door] : []),
          published: (names) => {
            if (names.includes('observations.collected')) threads.startAll()
          },
        },
      ),
    )
    const url = door && 'port' in door ? `http://${door.host}:${main.host.port(frontDoor) ?? door.port}` : undefined
    if (isHost) {
      const connection = join(dataDirectory, 'connection.json')
      const socket = socketOf(part, frontDoor)
      writePrivate(
        connection,
        JSON.stringify({ ...(url ? { url } : {}), socket, apiKey: installation.ownerKey, pid: process.pid }) + '\n',
      )
      stack.defer(() => rmSync(connection, { force: true }))
    }
    const idle = stack.use(openIdle(part, addressOf))
    // Callers in other processes cannot start a thread here.
    if (part.isApart || (await idle.isBusy())) threads.startAll()
    const disposal = stack.move()
    return {
      url,
      apiKey: installation.ownerKey,
      keyFile: keyFileOf(dataDirectory),
      services,
      idle: () => idle.wait(),
      [Symbol.asyncDispose]: () => disposal.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw explained(error, dataDirectory)
  }
}
