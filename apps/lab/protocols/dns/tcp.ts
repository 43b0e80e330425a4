import type { Socket } from 'node:net'
import type { DnsResponder } from './responder.ts'

/** Answers DNS over a TCP connection (RFC 7766): messages with two bytes of length before each. */
export function serveDns(responder: DnsResponder, socket: Socket, address: string, from: string): void {
  let waiting: Buffer = Buffer.alloc(0)
  let serving = false
  async function serve(): Promise<void> {
    while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
      const end = 2 + waiting.readUInt16BE(0)
      const query = Buffer.from(waiting.subarray(2, end))
      waiting = waiting.subarray(end)
      for (const answer of responder.transfer(address, query, from) ?? single(query)) {
        const message = Buffer.allocUnsafe(2 + answer.length)
        message.writeUInt16BE(answer.length)
        answer.copy(message, 2)
        if (!socket.write(message) && !(await drained(socket))) return
      }
    }
  }
  function* single(query: Buffer): Generator<Buffer> {
    const answer = responder.answer(address, query, from, 'tcp')
    if (answer) yield answer
  }
  socket.on('data', (data: Buffer) => {
    waiting = waiting.length === 0 ? data : Buffer.concat([waiting, data])
    if (serving) return
    serving = true
    void serve().finally(() => (serving = false))
  })
}

/** Resolves to false when the peer went away before it read everything. */
async function drained(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off('drain', settle)
      socket.off('close', settle)
      resolve(!socket.destroyed)
    }
    socket.once('drain', settle)
    socket.once('close', settle)
  })
}
