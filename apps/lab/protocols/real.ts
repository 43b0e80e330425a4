import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { providerHosts } from '../providers/registry.ts'
import type { World } from '../world/world.ts'
import type { DnsResponder } from './dns/responder.ts'
import { type DnsListener, listenDns } from './dns/udp.ts'
import type { TcpHub } from './tcp/hub.ts'

/** Ports of the fleet's machines, which are too many to be listened on one by one. */
const fleetPorts = [22, 80, 443]

/**
 * Listens on the world's own addresses and ports, where the machine routes them to itself (`namespace.ts`). For the
 * hand-made world each port of each address is a socket of its own, so that every other port is closed. The ports of a
 * fleet are shared by all addresses: there, and only on these ports, a closed port is a connection that is reset at once.
 */
export async function listenReal(world: World, hub: TcpHub, dns: DnsResponder): Promise<AsyncDisposable> {
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  const datagrams: DnsListener[] = []
  const shared = world.fleet.names > 0 ? fleetPorts : []

  async function listen(port: number, address: string): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => socket.destroy())
      const local = (socket.localAddress ?? address).replace(/^::ffff:/, '')
      const reception = hub.knock(local, port, `${socket.remoteAddress?.replace(/^::ffff:/, '')}:${socket.remotePort}`)
      if (typeof reception === 'function') reception(socket)
      else if (reception !== 'filtered') socket.resetAndDestroy()
    })
    server.listen(port, address, 4096)
    await once(server, 'listening')
    servers.push(server)
  }
  for (const port of shared) await listen(port, '::')
  for (const [address, ports] of portsOf(world))
    for (const port of ports) if (!shared.includes(port)) await listen(port, address)
  for (const address of dns.addresses) datagrams.push(await listenDns(dns, address, { address, port: 53 }))
  return {
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.close()
      for (const socket of sockets) socket.destroy()
      await Promise.all(datagrams.map((datagram) => datagram[Symbol.asyncDispose]()))
    },
  }
}

/** Every hand-made address, providers included, with the ports that are open there. */
export function portsOf(world: World): Map<string, number[]> {
  const ports = new Map<string, number[]>()
  for (const { addresses, services } of world.machines.values())
    for (const address of addresses)
      ports.set(
        address,
        services.map(({ port }) => port),
      )
  for (const { address, provider, whois } of providerHosts.values())
    ports.set(address, [...(provider ? [80, 443] : []), ...(whois ? [43] : [])])
  return ports
}
