import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@mirage/kit/clock.ts'
import type { Address } from '@mirage/kit/dispatch.ts'
import { type Host, type ListenAt, startHost } from '@mirage/kit/host.ts'
import type { Contract } from '@mirage/kit/contract.ts'
import type { Log } from '@mirage/kit/log.ts'
import type { Service } from '@mirage/kit/service.ts'
import { openTokens } from '@mirage/kit/token.ts'
import type { Bus } from '@mirage/ports/bus.ts'
import type { Installation } from '@mirage/ports/needs.ts'
import type { Front } from '@mirage/services/api-gateway/contract.ts'
import { socketOf } from '../data-directory/socket.ts'
import { type Adapter, flushStores, openPort, watchStores } from '../stores/adapters.ts'
import { openReports } from '../stores/broken.ts'
import { assertShared } from '../stores/sharing.ts'

export const version = '0.1.0'

/** What every thread of an installation is told. Can be sent to a worker. */
export interface PartOptions {
  installation: Installation
  settings: Record<string, Record<string, unknown>>
  stores: Record<string, string>
  runtimeDirectory: string
  /** Those of this part. */
  services: string[]
  /** Other processes run the rest of them. */
  isApart: boolean
}

export interface Part extends AsyncDisposable {
  host: Host
  /** Says that something is broken which runs need and which does not mend by waiting: they are paused. */
  report(reason: string): void
}

export interface PartContext {
  /** Those that the options name, in the order in which they start. */
  services: Service[]
  /** What the front door offers. */
  contracts: Contract[]
  log: Log
  addressOf(service: string): Address | Promise<Address>
  /** More places to listen at, beside the service's socket. */
  doors?(service: string): ListenAt[]
  /** Called with the names of what is being published here. */
  published?(names: string[]): void
}

/** Starts services in this thread on the stores that the options name. */
export async function startPart(options: PartOptions, context: PartContext): Promise<Part> {
  const { installation, settings, stores } = options
  const opened: AsyncDisposable[] = []
  const now = (): number => systemClock.now()
  const tokens = openTokens(installation.masterKey, systemClock)
  const buses = new Map<string, Promise<Bus>>()
  const reports = openReports(tokens, (service) => context.addressOf(service), context.log)
  const watching = await watchStores(({ message }) => reports.report(message))
  for (const service of options.services)
    mkdirSync(join(socketOf(options, service), '..'), { recursive: true, mode: 0o700 })

  async function open(port: string, service: string): Promise<Adapter> {
    const place = { dataDirectory: installation.dataDirectory, service, now }
    const adapter = await openPort(port, stores[port]!, place)
    opened.push(adapter)
    if (options.isApart) assertShared(port, stores[port]!, adapter.can)
    return adapter
  }

  function busOf(service: string): Promise<Bus> {
    let bus = buses.get(service)
    if (!bus)
      buses.set(service, (bus = open('bus', service).then((adapter) => watched(adapter as unknown as Bus, context))))
    return bus
  }

  let host: Host | undefined
  const front: Front = {
    contracts: context.contracts,
    version,
    tokens,
    routing: (service) => {
      const app = host?.app(service)
      return app && ((request, response) => app.routing(request, response))
    },
    addressOf: (service) => context.addressOf(service),
  }

  async function close(): Promise<void> {
    watching[Symbol.dispose]()
    await reports[Symbol.asyncDispose]()
    await host?.[Symbol.asyncDispose]()
    for (const adapter of opened.toReversed()) await adapter[Symbol.asyncDispose]()
  }

  try {
    host = await startHost({
      services: context.services,
      version,
      settings,
      port: (service, name) => {
        if (name === 'installation') return Promise.resolve(installation)
        if (name === 'front') return Promise.resolve(front)
        return name === 'bus' ? busOf(service) : open(name, service)
      },
      bus: (service) => busOf(service),
      addressOf: (service) => context.addressOf(service),
      listenAt: (service) => [{ path: socketOf(options, service) }, ...(context.doors?.(service) ?? [])],
      tokens,
      clock: systemClock,
      log: context.log,
      flush: flushStores,
    })
  } catch (error) {
    await close()
    throw error
  }
  return { host, report: (reason) => reports.report(reason), [Symbol.asyncDispose]: close }
}

/** The bus, telling of what is published: the first observations start the threads that read them. */
function watched(bus: Bus, { published }: PartContext): Bus {
  if (!published) return bus
  return {
    ...bus,
    publish(events) {
      published([...new Set(events.map(({ name }) => name))])
      return bus.publish(events)
    },
  }
}
