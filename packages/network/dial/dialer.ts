import { constants } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import type { TlsPeer } from '@mirage/model/exchange.ts'
import { NetworkError, silent, stopped, toNetworkError, unreachable } from '../error.ts'
import type { CheckedAddress, Host } from '../guard.ts'
import { deadline, untilAborted } from '../limits/deadline.ts'
import type { DialMap } from './dial-map.ts'
import { type Proxy, throughProxy } from './proxy.ts'
import { interleave, race } from './race.ts'
import { socksConnect, SocksError } from './socks.ts'
import { describePeer, noCertificate, toTlsError } from './tls-peer.ts'

/**
 * A peer the guard has let through. With a proxy a name has no addresses here: the proxy resolves it, after the guard
 * checked it by name.
 */
export interface Peer {
  host: Host
  addresses: CheckedAddress[]
}

export interface Connection {
  socket: Socket
  /** The address that answered; empty where a proxy chose it. */
  address: string
}

export interface SecureConnection {
  socket: TLSSocket
  tls: TlsPeer
}

export interface DialerOptions {
  dialMap?: DialMap
  proxy?: Proxy
  /** How long a host behind a proxy may keep silent. Default 20,000. */
  proxyPatienceMs?: number | undefined
}

/** The only place that opens TCP and TLS sockets. Disposing it destroys every one of them at once. */
export interface Dialer extends Disposable {
  /** Whoever is silent is tried again by the system behind the proxy, and not by us. */
  readonly isProxied: boolean
  /**
   * Races the peer's checked addresses as literals and answers the first that opens. A peer that stays silent for
   * `patienceMs`, 5,000 unless said, has timed out; behind a proxy it has `proxyPatienceMs`, whatever is said. Throws a
   * NetworkError.
   */
  connect(peer: Peer, port: number, signal: AbortSignal, patienceMs?: number): Promise<Connection>
  /**
   * Speaks TLS over a connection: SNI and the checked name are the host's. Without `anyCertificate` a chain that is not
   * trusted for the host is an error; with it old protocol versions and weak ciphers are accepted too, to be looked at.
   */
  secure(
    connection: Connection,
    host: Host,
    options: { anyCertificate: boolean; signal: AbortSignal },
  ): Promise<SecureConnection>
}

/** Time for three tries of the system, at 0, 1 and 3 seconds, and an answer to the last. */
const connectMs = 5_000

/**
 * A proxy may have to make its way first, as Tor its circuit, and try another where one fails. Tor itself gives a
 * connection up after two minutes (`SocksTimeout`), curl after five; so long no scan can wait for each silent host.
 */
const proxiedConnectMs = 20_000

export function openDialer({ dialMap, proxy, proxyPatienceMs = proxiedConnectMs }: DialerOptions): Dialer {
  if (dialMap !== undefined && proxy !== undefined)
    throw new NetworkError({ outcome: 'failed', reason: 'proxy', detail: 'A lab run cannot go through a proxy.' })
  const lab = dialMap === undefined || dialMap.direct === true ? undefined : socksServer(dialMap.tcp.socks)
  const sockets = new Set<Socket>()
  // A context costs milliseconds to make, so the two there are get made once, when first needed.
  const contexts: { strict?: SecureContext; lenient?: SecureContext } = {}

  function contextFor(anyCertificate: boolean): SecureContext {
    const ca = dialMap === undefined ? {} : { ca: dialMap.ca }
    if (!anyCertificate) return (contexts.strict ??= createSecureContext({ ...ca, minVersion: 'TLSv1.2' }))
    return (contexts.lenient ??= createSecureContext({
      ...ca,
      minVersion: 'TLSv1',
      // TLS 1.3 as browsers order it: OpenSSL asks for AES-256 first, whose SHA-384 costs each handshake more.
      ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:DEFAULT@SECLEVEL=0',
      // Without a post-quantum key share: it takes most of a handshake's time, and nothing secret is sent to a target.
      ecdhCurve: 'X25519:prime256v1:secp384r1:secp521r1',
      secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT,
    }))
  }

  /** Opens a plain socket. `host` is an address, or the name of a proxy that the installation set. */
  async function open(host: string, port: number, signal: AbortSignal): Promise<Socket> {
    signal.throwIfAborted()
    const socket = connectTcp({ host, port, noDelay: true, autoSelectFamily: false })
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    socket.once('connect', () => resolve(socket)).once('error', reject)
    await untilAborted(promise, signal, () => socket.destroy())
    socket.off('error', reject).on('error', ignore) // whoever uses the socket hears its errors; without a user they end nothing
    return socket
  }

  async function openThrough(
    via: { host: string; port: number; what: string },
    ask: (socket: Socket) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Socket> {
    let socket: Socket
    try {
      socket = await open(via.host, via.port, signal)
    } catch (error) {
      // Who says nothing at all is the proxy, not the host behind it.
      if (signal.aborted && (proxy === undefined || !isTimedOut(signal.reason))) throw error
      throw unreachable('proxy', `${via.what} at ${via.host}:${via.port} does not answer.`, error)
    }
    try {
      await untilAborted(ask(socket), signal)
      return socket
    } catch (error) {
      socket.destroy()
      if (error instanceof SocksError && error.code === 'ESOCKS')
        throw unreachable('proxy', `${via.what} at ${via.host}:${via.port}: ${error.message}.`, error)
      throw error
    }
  }

  function openHost(host: string, port: number, signal: AbortSignal): Promise<Socket> {
    if (lab !== undefined)
      return openThrough({ ...lab, what: 'The lab' }, (socket) => socksConnect(socket, { host, port }), signal)
    if (proxy !== undefined)
      return openThrough({ ...proxy, what: 'The proxy' }, (socket) => throughProxy(socket, proxy, host, port), signal)
    return open(host, port, signal)
  }

  return {
    isProxied: proxy !== undefined,

    async connect({ host, addresses }, port, signal, patienceMs = connectMs) {
      const title = `${host.name ?? host.address} port ${port}`
      const patience = proxy === undefined ? patienceMs : proxyPatienceMs
      using limit = deadline(patience, signal, () => silent(title, patience))
      try {
        if (addresses.length === 0) {
          if (proxy === undefined || host.name === undefined)
            throw unreachable('no-address', `${title} has no address to connect to.`)
          return { socket: await openHost(host.name, port, limit.signal), address: '' }
        }
        return await race(
          interleave(addresses),
          async (address, signal) => ({ socket: await openHost(address, port, signal), address }),
          { delayMs: 250, signal: limit.signal, discard: ({ socket }) => socket.destroy() },
        )
      } catch (error) {
        throw signal.aborted ? stopped(signal) : toNetworkError(error, title)
      }
    },

    async secure({ socket, address }, host, { anyCertificate, signal }) {
      const title = host.name ?? host.address
      const tlsSocket = connectTls({
        socket,
        secureContext: contextFor(anyCertificate),
        ...(host.name === undefined ? { host: host.address } : { servername: host.name, host: host.name }),
        ALPNProtocols: ['http/1.1'],
        // Judged below, so that what an untrusted peer showed can be told.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
      })
      // Node asks itself for the whole chain as objects, the dearest step of a handshake. Nobody here reads them.
      tlsSocket.getPeerCertificate = noCertificate
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      tlsSocket.once('secureConnect', () => resolve()).once('error', reject)
      socket.once('close', () =>
        reject(Object.assign(new Error('closed during the handshake'), { code: 'ECONNRESET' })),
      )
      try {
        await untilAborted(promise, signal)
        tlsSocket.off('error', reject).on('error', ignore)
        const tls = describePeer(tlsSocket, title)
        if (tls.untrusted === undefined || anyCertificate) return { socket: tlsSocket, tls }
        throw new NetworkError({
          outcome: 'unreachable',
          reason: 'certificate',
          detail: `${title} (${address}) presents a certificate that is not valid for it: ${tls.untrusted}.`,
        })
      } catch (error) {
        tlsSocket.on('error', ignore).destroy()
        socket.destroy()
        // Whoever stops us has a reason of his own; taken for the peer's, it would say that there is no TLS.
        throw signal.aborted ? stopped(signal) : toTlsError(error, title)
      }
    },

    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy()
      sockets.clear()
    },
  }
}

function ignore(): void {}

function isTimedOut(reason: unknown): boolean {
  return reason instanceof NetworkError && reason.reason === 'timed-out'
}

function socksServer(text: string): { host: string; port: number } {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}
