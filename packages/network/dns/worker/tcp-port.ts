import { connect } from 'node:net'
import type { Port, PortEvents } from './port.ts'
import type { Query } from './query.ts'

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
