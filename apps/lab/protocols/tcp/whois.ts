import type { Socket } from 'node:net'
import type { World } from '../../world/world.ts'
import type { Failures } from '../failure.ts'
import type { TrafficLog } from '../traffic-log.ts'
import type { Arrival } from './hub.ts'

/** Answers one WHOIS query (RFC 3912): a line in, text out, and the server closes. */
export function serveWhois(socket: Socket, arrival: Arrival, world: World, log: TrafficLog, failures: Failures): void {
  const server = arrival.provider!.whois!
  const { host } = arrival.provider!
  let query = ''
  socket.setTimeout(30_000, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', (data: Buffer) => {
    query += data.toString('utf8')
    const end = query.indexOf('\n')
    if (end < 0 && query.length < 1024) return
    socket.removeAllListeners('data')
    const line = query.slice(0, end).trim()
    log.record('client', arrival.from, 'whois', host, 'provider', line)
    const failure = failures.meet(server.id, host)
    const send = (): void => {
      const text = failure?.body ?? server.answer(line, world, host)
      if (failure?.truncateAt === undefined) socket.end(text)
      else socket.write(text.slice(0, failure.truncateAt), () => socket.resetAndDestroy())
    }
    if (failure?.delayMs === undefined) send()
    else setTimeout(send, failure.delayMs).unref()
  })
}
