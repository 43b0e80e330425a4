import type { Socket } from 'node:net'
import type { HttpRequest, TlsPeer } from '@mirage/model/exchange.ts'
import { type RawAnswer, openAnswerReader } from './answer.ts'

/** The peer closed the connection before its answer was complete. */
export class HungUp extends Error {
  constructor() {
    super('other side closed')
    this.name = 'HungUp'
  }
}

/** What is asked of a line. */
export interface LineRequest {
  method: HttpRequest['method']
  /** As `requestHead` writes it. */
  head: string
  body?: string | Uint8Array
  /** Of the body as it is on the wire. */
  maxBytes: number
}

/** A connection that carries one request of HTTP/1.1 after the other, never two at a time. */
export interface Line {
  /** What it may be used for. */
  readonly key: string
  /** The address that answered the connection. */
  readonly address: string
  readonly tls?: TlsPeer
  /** False once it is closed, by whomever. */
  readonly isOpen: boolean
  /**
   * Sends a request and answers when the answer is there, at most `maxBytes` of its body; a longer one ends the line.
   * Rejects with a HungUp, with what the socket or the answer's reader threw, or with the signal's reason; the line is
   * closed then.
   */
  send(request: LineRequest, signal: AbortSignal): Promise<RawAnswer>
  close(): void
}

export interface LineOptions {
  key: string
  address: string
  tls?: TlsPeer
  /** Called once, when the line is over. */
  onEnd: (line: Line) => void
}

/** Takes over an open socket: nobody else may read from it or write to it. */
export function openLine(socket: Socket, { key, address, tls, onEnd }: LineOptions): Line {
  let isOpen = true
  /** Who waits for an answer: at most one. */
  let asked: { onBytes: (bytes: Buffer) => void; onEnd: (error: Error | undefined) => void } | undefined

  function end(error: Error | undefined): void {
    if (!isOpen) return
    isOpen = false
    socket.destroy()
    asked?.onEnd(error)
    onEnd(line)
  }

  function hear(bytes: Buffer): void {
    // Whoever speaks unasked would answer the next request with it.
    if (asked === undefined) end(undefined)
    else asked.onBytes(bytes)
  }

  socket
    .on('end', () => end(undefined))
    .on('close', () => end(undefined))
    .on('error', end)

  const line: Line = {
    key,
    address,
    ...(tls && { tls }),
    get isOpen() {
      return isOpen
    },
    send(request, signal) {
      const { method, head, body, maxBytes } = request
      return new Promise((resolve, reject) => {
        if (signal.aborted || !isOpen) {
          end(undefined)
          // Every abort in this package carries an Error.
          return reject(signal.aborted ? (signal.reason as Error) : new HungUp())
        }
        const reader = openAnswerReader({ method, maxBytes })
        function settle(act: () => void): void {
          asked = undefined
          signal.removeEventListener('abort', abort)
          act()
        }
        function fail(error: Error): void {
          settle(() => reject(error))
          end(undefined)
        }
        function abort(): void {
          fail(signal.reason as Error)
        }
        signal.addEventListener('abort', abort, { once: true })
        asked = {
          onBytes(bytes) {
            let answer: RawAnswer | undefined
            try {
              answer = reader.read(bytes)
            } catch (error) {
              return fail(error as Error) // a MalformedAnswer
            }
            if (answer === undefined) return
            settle(() => resolve(answer))
            if (answer.keepMs === 0) end(undefined)
          },
          onEnd(error) {
            // A reset after a body without a length is how some servers end it.
            const isEnd = error === undefined || ('code' in error && error.code === 'ECONNRESET')
            const answer = isEnd ? reader.end() : undefined
            settle(() => (answer === undefined ? reject(error ?? new HungUp()) : resolve(answer)))
          },
        }
        // What a peer says before the first request is its answer to that: a banner of another protocol.
        if (socket.listenerCount('data') === 0) socket.on('data', hear)
        if (body === undefined) return void socket.write(head, 'latin1')
        socket.cork()
        socket.write(head, 'latin1')
        socket.write(body)
        socket.uncork()
      })
    },
    close: () => end(undefined),
  }
  return line
}
