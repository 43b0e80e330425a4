import type { Socket } from 'node:net'
import { providerHosts, type ProviderHost } from '../../providers/registry.ts'
import type { Role } from '../../world/network.ts'
import { serviceAt } from '../../world/web.ts'
import type { World } from '../../world/world.ts'
import type { DnsResponder } from '../dns/responder.ts'
import { serveDns } from '../dns/tcp.ts'
import type { Failures } from '../failure.ts'
import type { TrafficLog } from '../traffic-log.ts'
import { serveBanner } from './banner.ts'
import type { TlsServers } from './tls.ts'
import { serveWhois } from './whois.ts'

/** Where a connection arrived, whatever socket carries it. */
export interface Arrival {
  /** The virtual address and port. */
  address: string
  port: number
  /** The client. */
  from: string
  secure: boolean
  provider?: ProviderHost
}

/** What a connection attempt meets: `unknown` is an address that nobody has. */
export type Reception = 'refused' | 'filtered' | 'unknown' | ((socket: Socket) => void)

/** Every TCP port of the world. */
export interface TcpHub {
  /** Looks who answers at an address and port, and records the attempt. */
  knock(address: string, port: number, from: string): Reception
}

export interface HubParts {
  world: World
  log: TrafficLog
  failures: Failures
  dns: DnsResponder
  tls: TlsServers
  /** Takes over a connection on which HTTP is spoken. */
  serveHttp(socket: Socket, arrival: Arrival): void
}

export function makeTcpHub({ world, log, failures, dns, tls, serveHttp }: HubParts): TcpHub {
  const providerByAddress = new Map([...providerHosts.values()].map((provider) => [provider.address, provider]))

  function providerReception(provider: ProviderHost, arrival: Arrival): Reception {
    const { port } = arrival
    if (port === 43 && provider.whois)
      return (socket) => serveWhois(socket, { ...arrival, provider }, world, log, failures)
    if (!provider.provider || (port !== 80 && port !== 443)) return 'refused'
    if (port === 80) return (socket) => serveHttp(socket, { ...arrival, provider })
    return (socket) => secure(socket, { ...arrival, provider }, (inner, on) => serveHttp(inner, on))
  }
  function secure(socket: Socket, arrival: Arrival, next: (inner: Socket, arrival: Arrival) => void): void {
    const inner = tls.accept(socket, arrival.address)
    if (!inner) return void socket.destroy()
    inner.on('error', () => inner.destroy())
    next(inner, { ...arrival, secure: true })
  }
  return {
    knock(address, port, from) {
      const provider = providerByAddress.get(address)
      const [host, role] = nameOf(world, address, provider)
      log.record('client', from, 'tcp', host, role, `${address.includes(':') ? `[${address}]` : address}:${port}`)
      const failure = failures.peek(provider?.provider?.id ?? provider?.whois?.id, host, address)
      if (failure?.down) return 'refused'
      if (failure?.silent) return 'filtered'
      const arrival: Arrival = { address, port, from, secure: false }
      if (provider) return providerReception(provider, arrival)
      const service = serviceAt(world, address, port)
      if (service === undefined) return 'unknown'
      if (service === 'closed') return 'refused'
      if (service === 'filtered') return 'filtered'
      switch (service.protocol) {
        case 'dns':
          return (socket) => serveDns(dns, socket, address, from)
        case 'http':
          return (socket) => serveHttp(socket, arrival)
        case 'https':
          return (socket) => secure(socket, arrival, serveHttp)
        case 'imaps':
          return (socket) => secure(socket, arrival, (inner) => serveBanner(inner, '* OK Dovecot ready.\r\n', 'imap'))
        case 'pop3s':
          return (socket) => secure(socket, arrival, (inner) => serveBanner(inner, '+OK Dovecot ready.\r\n', 'pop3'))
        default:
          return (socket) => serveBanner(socket, service.banner, service.protocol)
      }
    },
  }
}

function nameOf(world: World, address: string, provider: ProviderHost | undefined): [string, Role] {
  if (provider) return [provider.host, 'provider']
  const machine = world.machineAt(address)
  if (machine) return [machine.reverse ?? address, machine.role]
  return [world.reverseOf(address) ?? address, world.networkOf(address)?.role ?? 'infrastructure']
}
