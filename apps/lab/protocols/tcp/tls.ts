import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import type { Socket } from 'node:net'
import { providerHosts } from '../../providers/registry.ts'
import { type Certificate, pemOf } from '../../world/certificate.ts'
import { privateKeyOf } from '../../world/key.ts'
import { slotOf } from '../../world/web.ts'
import type { World } from '../../world/world.ts'

/** The TLS side of every server of the world. */
export interface TlsServers {
  /** The server's end of a TLS connection to this address, or undefined where no certificate is to be had. */
  accept(socket: Socket, address: string): TLSSocket | undefined
  /** The certificate that an address presents for a server name, as the handshake would. */
  presented(address: string, serverName: string | undefined): Certificate | undefined
}

/** Contexts are kept for so many certificates; the fleet has thousands. */
const maxContexts = 2000

export function makeTlsServers(world: World): TlsServers {
  const contexts = new Map<string, SecureContext>()
  const providerByAddress = new Map([...providerHosts.values()].map((provider) => [provider.address, provider.host]))
  const intermediate = pemOf(world.certificates.intermediate.der)

  function presented(address: string, serverName: string | undefined): Certificate | undefined {
    const provider = providerByAddress.get(address)
    if (provider !== undefined) return world.certificates.ofProvider(provider)
    const slot = slotOf(world, address)
    if (slot < 0) {
      const machine = world.machineAt(address)
      return machine && world.certificates.presentedBy(machine.id, serverName)
    }
    return world.certificates.presentedByFleet(slot, serverName)
  }
  function contextOf(certificate: Certificate): SecureContext {
    let context = contexts.get(certificate.fingerprint)
    if (!context) {
      if (contexts.size >= maxContexts) contexts.delete(contexts.keys().next().value!)
      const chain = certificate.issuer === 'self' ? '' : intermediate
      context = createSecureContext({
        key: privateKeyOf(certificate.key).export({ type: 'pkcs8', format: 'pem' }),
        cert: pemOf(certificate.der) + chain,
      })
      contexts.set(certificate.fingerprint, context)
    }
    return context
  }
  return {
    presented,
    accept(socket, address) {
      const fallback = presented(address, undefined)
      if (!fallback) return undefined
      return new TLSSocket(socket, {
        isServer: true,
        secureContext: contextOf(fallback),
        ALPNProtocols: ['http/1.1'],
        SNICallback(serverName, callback) {
          callback(null, contextOf(presented(address, serverName.toLowerCase()) ?? fallback))
        },
      })
    },
  }
}
