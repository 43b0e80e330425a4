import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { DnsResponder } from './responder.ts'

/** A UDP socket on which the DNS server of one virtual address answers. */
export interface DnsListener extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  at: string
}

/** Answers for the server at `address` on a socket bound to `bind`. Throws when the port is taken. */
export async function listenDns(
  responder: DnsResponder,
  address: string,
  bind: { address: string; port: number },
): Promise<DnsListener> {
  const socket: Socket = createSocket({
    type: bind.address.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: 8 << 20,
    sendBufferSize: 8 << 20,
    // Addresses are literals; without this every packet would wait a turn of the loop for a name look-up.
    lookup: (host, _options, callback) => callback(null, host, host.includes(':') ? 6 : 4),
  })
  socket.on('message', (query, peer) => {
    const answer = responder.answer(address, query, `${peer.address}:${peer.port}`, 'udp')
    // A copy, because the responder writes the next answer into the same bytes while this one is on its way.
    if (answer) socket.send(Buffer.from(answer), peer.port, peer.address)
  })
  // Bound at once, because the look-up above answers at once.
  const listening = once(socket, 'listening')
  socket.bind(bind.port, bind.address)
  await listening
  socket.on('error', () => {
    // A client that went away; UDP has nothing to undo.
  })
  return {
    at: `${bind.address}:${socket.address().port}`,
    async [Symbol.asyncDispose]() {
      socket.close()
      await once(socket, 'close')
    },
  }
}
