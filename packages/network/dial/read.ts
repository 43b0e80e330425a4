import type { Socket } from 'node:net'

/**
 * The next `length` bytes of a paused socket, no more. Rejects when it ends or fails before. What follows them stays
 * in the socket.
 */
export function readExactly(socket: Socket, length: number): Promise<Buffer> {
  return readWith(socket, () => {
    const chunk = socket.read(length) as Buffer | null // null until `length` bytes are there
    if (chunk !== null && chunk.length < length) throw hungUp() // a stream that ended gives what is left
    return chunk
  })
}

/**
 * What a paused socket has to say up to and with `end`, at most `limit` bytes; what follows stays in the socket.
 * Rejects with a RangeError when `limit` is passed first.
 */
export function readUntil(socket: Socket, end: string, limit: number): Promise<string> {
  let text = ''
  return readWith(socket, () => {
    const chunk = socket.read() as Buffer | null // null while nothing is there
    if (chunk === null) return null
    const before = text.length
    text += chunk.toString('latin1')
    const at = text.indexOf(end, Math.max(0, before - end.length))
    if (at < 0) {
      if (text.length > limit) throw new RangeError(`no end within ${limit} bytes`)
      return null
    }
    const rest = text.length - (at + end.length)
    if (rest > 0) socket.unshift(chunk.subarray(chunk.length - rest))
    return text.slice(0, at + end.length)
  })
}

/** Calls `read` whenever bytes arrive, until it answers something. */
function readWith<T>(socket: Socket, read: () => T | null): Promise<T> {
  return new Promise((resolve, reject) => {
    function settle(act: () => void): void {
      socket.off('readable', attempt).off('error', fail).off('end', ended).off('close', ended)
      act()
    }
    function attempt(): void {
      try {
        const value = read()
        if (value !== null) settle(() => resolve(value))
      } catch (error) {
        settle(() => reject(error instanceof Error ? error : new Error(String(error))))
      }
    }
    function fail(error: Error): void {
      settle(() => reject(error))
    }
    function ended(): void {
      settle(() => reject(hungUp()))
    }
    socket.on('readable', attempt).on('error', fail).on('end', ended).on('close', ended)
    if (socket.destroyed) ended()
    else attempt()
  })
}

function hungUp(): Error {
  return Object.assign(new Error('the peer closed the connection'), { code: 'ECONNRESET' })
}
