import type { TlsPeer } from '@mirage/model/exchange.ts'
import { deadline } from './limits/deadline.ts'
import { NetworkError, timedOut } from './error.ts'
import { readTls, storeTls } from './record/exchange.ts'
import { parseHost } from './guard.ts'
import type { Sent, TaskContext } from './task.ts'

const timeoutMs = 15_000

/**
 * The certificate that a target presents on a port, trusted or not; undefined when it does not speak TLS there. Nothing
 * the certificate points to (AIA, OCSP, CRL) is fetched. Throws a NetworkError when the port cannot be reached.
 */
export async function peekTls(
  context: TaskContext,
  hostText: string,
  port: number,
  { address }: { address?: string } = {},
): Promise<(TlsPeer & { address: string; exchange: string }) | undefined> {
  const host = parseHost(hostText)
  const title = host.name ?? host.address
  const pinned = address === undefined ? undefined : parseHost(address).address
  const asked = { host: title, port, ...(pinned !== undefined && { address: pinned }) }
  return readTls(await context.exchange('tls', asked, send))

  async function send(): Promise<Sent> {
    const route = await context.route(host, 'target', pinned, context.signal)
    await context.admit(route, context.signal)
    const shared = { contact: route.contact, peer: title, request: asked, credentials: false, reusable: true }
    const connection = await context.dialer.connect(route.peer, port, context.signal)
    using limit = deadline(timeoutMs, context.signal, () => timedOut(`${title} port ${port}`, timeoutMs))
    try {
      const { tls } = await context.dialer.secure(connection, host, { anyCertificate: true, signal: limit.signal })
      return { ...shared, ...storeTls({ ...tls, address: connection.address }) }
    } catch (error) {
      if (error instanceof NetworkError && error.reason === 'tls') return { ...shared, ...storeTls(undefined) }
      throw error
    } finally {
      connection.socket.destroy()
    }
  }
}
