import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { Query } from './query.ts'

/** What a port reports; `port` is the one that calls. */
export interface PortEvents {
  message(port: Port, message: Buffer): void
  /** The machine of the peer refused a packet, or there is no way to it. The port stays as it is. */
  refused(port: Port, reason: string): void
  /** The port can not be used any more: nothing pending on it will be answered. */
  broken(port: Port, reason: string): void
  ready(): void
}

/** One socket to one resolver, and what was asked through it by message id. */
export interface Port {
  readonly tcp: boolean
  readonly pending: Map<number, Query>
  readonly ready: boolean
  /**
   * `watched` has a failure to send reported, as `refused`. The kernel tells a refusal to the next call on the socket,
   * which is a `send` as often as not; a callback for every packet would cost too much.
   */
  send(message: Buffer, watched: boolean): void
  close(): void
}

/** What one small packet costs a socket's buffer in the kernel (its `truesize`, not its length). */
export const packetTrueSize = 1_280

const wantedBufferBytes = 4 * 1024 * 1024

/**
 * A UDP socket on a random source port, connected, so that the kernel drops what comes from elsewhere and says when
 * the peer refuses. `granted` is told the size of the receive buffer as read back: the kernel gives what it likes.
 */
export function openUdpPort(
  address: string,
  port: number,
  events: PortEvents,
  granted: (receiveBytes: number) => void,
): Port {
  const socket = createSocket({
    type: address.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: wantedBufferBytes,
    sendBufferSize: wantedBufferBytes,
  })
  let closed = false
  const udp = {
    tcp: false,
    pending: new Map<number, Query>(),
    ready: false,
    send(message: Buffer, watched: boolean): void {
      if (watched) socket.send(message, sent)
      else socket.send(message)
    },
    close(): void {
      if (closed) return
      closed = true
      socket.close()
    },
  }
  function sent(error: NodeJS.ErrnoException | null): void {
    if (error !== null && !closed) events.refused(udp, error.code ?? error.message)
  }
  socket.on('message', (message) => events.message(udp, message))
  socket.on('error', (error: NodeJS.ErrnoException) => {
    const reason = error.code ?? error.message
    if (udp.ready) events.refused(udp, reason)
    else events.broken(udp, reason)
  })
  socket.connect(port, address, () => {
    if (closed) return
    udp.ready = true
    granted(socket.getRecvBufferSize())
    events.ready()
  })
  return udp
}

/** A TCP connection that carries many queries, each message behind its length (RFC 7766). */
export function openTcpPort(address: string, port: number, events: PortEvents): Port {
  const socket = connect({ host: address, port, noDelay: true })
  const read = messageReader()
  let closed = false
  let reason = 'closed'
  const tcp = {
    tcp: true,
    pending: new Map<number, Query>(),
    ready: true,
    send(message: Buffer): void {
      socket.write(withLength(message))
    },
    close(): void {
      if (closed) return
      closed = true
      socket.destroy()
    },
  }
  socket.on('data', (data: Buffer) => {
    for (const message of read(data)) events.message(tcp, message)
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    reason = error.code ?? error.message
  })
  socket.on('close', () => {
    if (closed) return
    closed = true
    events.broken(tcp, reason)
  })
  return tcp
}

/** The message with its length before it, as it travels over TCP (RFC 1035 §4.2.2). */
export function withLength(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(message.length + 2)
  framed.writeUInt16BE(message.length, 0)
  framed.set(message, 2)
  return framed
}

/** Cuts a TCP stream into messages: give it what arrives, it answers what is complete. */
export function messageReader(): (data: Buffer) => Buffer[] {
  let parts: Buffer[] = []
  let size = 0
  return (data) => {
    parts.push(data)
    size += data.length
    if (size < 2) return []
    let bytes = parts.length === 1 ? parts[0]! : undefined
    if (bytes === undefined) {
      const first = parts[0]!.length >= 2 ? parts[0]! : Buffer.concat(parts)
      if (size < 2 + first.readUInt16BE(0)) return []
      bytes = Buffer.concat(parts)
    }
    const messages: Buffer[] = []
    let at = 0
    while (at + 2 <= bytes.length) {
      const end = at + 2 + bytes.readUInt16BE(at)
      if (end > bytes.length) break
      messages.push(bytes.subarray(at + 2, end))
      at = end
    }
    const rest = bytes.subarray(at)
    parts = rest.length === 0 ? [] : [rest]
    size = rest.length
    return messages
  }
}
