import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { readSync, writeSync } from 'node:fs'
import type { Port, PortEvents } from './port.ts'
import type { Query } from './query.ts'

/** What one small packet costs a socket's buffer in the kernel (its `truesize`, not its length). */
export const packetTrueSize = 1_280

const wantedBufferBytes = 4 * 1024 * 1024

/** Messages read from one socket before the others have their turn. */
const readAtOnce = 256

/** Holds the message that is being read; the largest of UDP fits. */
const scratch = Buffer.allocUnsafeSlow(65_536)

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
  let fd = -1
  const udp = {
    tcp: false,
    pending: new Map<number, Query>(),
    ready: false,
    send(message: Buffer): void {
      if (fd < 0 || !write(message)) socket.send(Buffer.from(message), sent)
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
  /** False when the kernel has no room: Node then waits for it. */
  function write(message: Buffer): boolean {
    try {
      writeSync(fd, message)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false
      failed(error as NodeJS.ErrnoException)
    }
    return true
  }
  /** Takes what else has come past Node, which allocates 64 KB and makes a text of the sender for each message. */
  function readOn(): void {
    for (let i = 0; i < readAtOnce && udp.pending.size > 0; i++) {
      const length = read()
      if (length < 0) return
      events.message(udp, scratch.subarray(0, length))
    }
  }
  /** How much of `scratch` the next message takes; -1 when there is none. */
  function read(): number {
    // Of a socket that is closed the number may be another's by now.
    if (closed || fd < 0) return -1
    try {
      return readSync(fd, scratch)
    } catch (error) {
      failed(error as NodeJS.ErrnoException)
      return -1
    }
  }
  function failed({ code, message }: NodeJS.ErrnoException): void {
    if (closed || code === 'EAGAIN') return
    if (udp.ready) events.refused(udp, code ?? message)
    else events.broken(udp, code ?? message)
  }
  socket.on('message', (message) => {
    events.message(udp, message)
    readOn()
  })
  socket.on('error', failed)
  socket.connect(port, address, () => {
    if (closed) return
    udp.ready = true
    fd = fdOf(socket)
    granted(socket.getRecvBufferSize())
    events.ready()
  })
  return udp
}

/**
 * The descriptor of a socket, -1 when it is closed. Node has no public way to it (nodejs/node#4763): -1 as well where
 * it is not where this looks; all messages then come through Node.
 */
export function fdOf(socket: Socket): number {
  const key = Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === 'state symbol')
  // Node's own, without a type.
  const state = key === undefined ? undefined : (Reflect.get(socket, key) as { handle?: { fd?: number } | null })
  return state?.handle?.fd ?? -1
}
