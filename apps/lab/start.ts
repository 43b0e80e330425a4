import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LabDescription, readDescription } from './description.ts'
import { type ControlServer, listenControl } from './protocols/control.ts'
import { makeDnsResponder } from './protocols/dns/responder.ts'
import { type DnsListener, listenDns } from './protocols/dns/udp.ts'
import { type Failures, makeFailures } from './protocols/failure.ts'
import { makeHttpServers } from './protocols/http/server.ts'
import { makeTcpHub } from './protocols/tcp/hub.ts'
import { listenReal } from './protocols/real.ts'
import { listenSocks, type SocksServer } from './protocols/tcp/socks.ts'
import { makeTlsServers } from './protocols/tcp/tls.ts'
import { noTrafficLog, openTrafficLog, type TrafficLog } from './protocols/traffic-log.ts'
import { pemOf } from './world/certificate.ts'
import type { WorldSize } from './world/size.ts'
import { makeWorld, type World } from './world/world.ts'

export interface LabOptions {
  size: WorldSize
  seed: number
  /** Where `lab.json` and the traffic log are kept. */
  directory: string
  /** False keeps no traffic log, for measurements of speed. */
  log?: boolean
  /** Listen on the world's own addresses and ports, too: this process runs in the namespace of this name. */
  inside?: string
  /** Called when the control port is told to stop the lab. */
  onStop?: () => void
}

/** A lab that runs in this process until it is disposed. */
export interface Lab extends AsyncDisposable {
  readonly description: LabDescription
  readonly world: World
  readonly failures: Failures
  readonly log: TrafficLog
  /** Takes every listener away; open connections are cut. */
  away(): Promise<void>
  /** Listens again, on the same ports. */
  back(): Promise<void>
  /** When the last packet came, in milliseconds. */
  idleSince(): number
}

/** The addresses that stand for the world in a dial map. */
const networks = ['198.18.0.0/15', '2001:db8::/32']

/**
 * Starts the world of this size and seed on loopback ports, and writes `lab.json`, readable by its owner only. Ports of
 * a lab that ran in the same directory are taken again where they are free, so that what knew them can go on.
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const { size, seed, directory } = options
  mkdirSync(directory, { recursive: true })
  const former = readDescription(directory)?.dialMap
  const world = makeWorld({ seed, size })
  const failures = makeFailures()
  const log = options.log === false ? noTrafficLog() : openTrafficLog(directory)
  const dns = makeDnsResponder(world, log, failures)
  const http = makeHttpServers(world, log, failures)
  const hub = makeTcpHub({
    world,
    log,
    failures,
    dns,
    tls: makeTlsServers(world),
    serveHttp: (socket, arrival) => http.serve(socket, arrival),
  })

  let socks: SocksServer | undefined
  const udp = new Map<string, DnsListener>()
  const ports = new Map<string, number>()
  for (const [name, at] of [['socks', former?.tcp.socks], ...Object.entries(former?.udp ?? {})] as const)
    if (name !== undefined && at !== undefined) ports.set(name, portOf(at))

  async function listen(): Promise<void> {
    socks ??= await atFormerPort(ports.get('socks'), (port) => listenSocks(hub, { address: '127.0.0.1', port }))
    ports.set('socks', portOf(socks.at))
    for (const address of dns.addresses) {
      const name = `${address.includes(':') ? `[${address}]` : address}:53`
      if (udp.has(name)) continue
      const listener = await atFormerPort(ports.get(name), (port) =>
        listenDns(dns, address, { address: '127.0.0.1', port }),
      )
      udp.set(name, listener)
      ports.set(name, portOf(listener.at))
    }
  }
  async function away(): Promise<void> {
    const listeners = [...udp.values(), ...(socks ? [socks] : [])]
    socks = undefined
    udp.clear()
    await Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]()))
  }

  await listen()
  const real = options.inside === undefined ? undefined : await listenReal(world, hub, dns)
  const control: ControlServer = await listenControl(
    {
      failures,
      away,
      back: listen,
      clearLog: () => log.clear(),
      stop: () => options.onStop?.(),
      describe: () => ({ pid: process.pid, size, seed }),
    },
    0,
  )
  const description: LabDescription = {
    pid: process.pid,
    size,
    seed,
    startedAt: new Date().toISOString(),
    dialMap: {
      tcp: { socks: socks!.at },
      ...(options.inside === undefined
        ? { udp: Object.fromEntries([...udp].map(([name, { at }]) => [name, at])) }
        : { udp: {}, direct: true }),
      resolvers: ['resolver1', 'resolver2', 'liar'].map((id) => world.machines.get(id)!.addresses[0]!),
      networks,
      ca: pemOf(world.certificates.root.der),
    },
    control: { url: control.url, token: control.token },
    ...(options.inside === undefined ? {} : { namespace: options.inside }),
  }
  const file = join(directory, 'lab.json')
  writeFileSync(`${file}.new`, `${JSON.stringify(description, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return {
    description,
    world,
    failures,
    log,
    away,
    back: listen,
    idleSince: () => log.lastAt,
    async [Symbol.asyncDispose]() {
      await control[Symbol.asyncDispose]()
      await away()
      await real?.[Symbol.asyncDispose]()
      http[Symbol.dispose]()
      log.close()
    },
  }
}

/** Listens on the port that was used before, or on any when that is taken. */
async function atFormerPort<T>(port: number | undefined, listen: (port: number) => Promise<T>): Promise<T> {
  if (port === undefined) return listen(0)
  return listen(port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    return listen(0)
  })
}

function portOf(at: string): number {
  return Number(at.slice(at.lastIndexOf(':') + 1))
}
