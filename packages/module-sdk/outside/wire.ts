import type { Readable, Writable } from 'node:stream'

/** What has come in and waits for whoever holds the wire before the pipe is left full: then the other side waits. */
const mostWaiting = 1 << 16

export interface WireOptions {
  /** Bytes of one message; more is not read. */
  most: number
  heard(message: Buffer): void
  /** The other side said something that cannot be read, or more than it may. Nothing is heard after that. */
  broken(): void
}

/** Messages over two pipes, each behind four bytes with its length. */
export interface Wire {
  say(message: Uint8Array): void
  /** Nothing is heard until `release`. */
  hold(): void
  release(): void
  /** From now on what comes in is thrown away. */
  discard(): void
}

export function openWire(from: Readable, to: Writable, { most, heard, broken }: WireOptions): Wire {
  let parts: Buffer[] = []
  let size = 0
  /** Bytes of the message that is under way; 0 before its length is known. */
  let wanted = 0
  let isHeld = false
  let isOver = false
  let isDelivering = false

  function take(length: number): Buffer {
    const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    parts = all.length > length ? [all.subarray(length)] : []
    size -= length
    return all.subarray(0, length)
  }

  /** The next whole message, if it is there. */
  function next(): Buffer | undefined {
    if (wanted === 0 && size >= 4) {
      wanted = take(4).readUInt32BE()
      if (wanted === 0 || wanted > most) {
        discard()
        broken()
      }
    }
    if (isOver || wanted === 0 || size < wanted) return undefined
    const message = take(wanted)
    wanted = 0
    return message
  }

  function deliver(): void {
    if (isDelivering) return
    isDelivering = true
    for (let message = isHeld ? undefined : next(); message; message = isHeld ? undefined : next()) heard(message)
    isDelivering = false
    if (isHeld && size >= mostWaiting) from.pause()
    else from.resume()
  }

  function discard(): void {
    isOver = true
    isHeld = false
    parts = []
    size = 0
    from.resume()
  }

  from.on('data', (part: Buffer) => {
    if (isOver) return
    parts.push(part)
    size += part.length
    deliver()
  })
  return {
    say(message) {
      const length = Buffer.allocUnsafe(4)
      length.writeUInt32BE(message.length)
      to.cork()
      to.write(length)
      to.write(message)
      to.uncork()
    },
    hold: () => void (isHeld = true),
    release() {
      isHeld = false
      if (!isOver) deliver()
    },
    discard,
  }
}
