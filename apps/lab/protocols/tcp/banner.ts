import type { Socket } from 'node:net'
import type { Protocol } from '../../world/machine.ts'

/** What a simple server says to whatever it is told; those that are not here say nothing and wait. */
const replies: Partial<Record<Protocol, (line: string) => string | undefined>> = {
  smtp: (line) =>
    /^quit/i.test(line)
      ? '221 Bye\r\n'
      : /^(ehlo|helo)/i.test(line)
        ? '250 ready\r\n'
        : '502 Command not implemented\r\n',
  ftp: (line) =>
    /^quit/i.test(line)
      ? '221 Goodbye.\r\n'
      : /^user/i.test(line)
        ? '331 Please specify the password.\r\n'
        : '530 Please login.\r\n',
  pop3: (line) => (/^quit/i.test(line) ? '+OK Logging out\r\n' : '-ERR Unknown command.\r\n'),
  imap: (line) => `${line.split(' ', 1)[0]} BAD Unknown command\r\n`,
  redis: (line) =>
    /ping/i.test(line) ? '+PONG\r\n' : /^[*$]/.test(line) ? undefined : '-NOAUTH Authentication required.\r\n',
  elasticsearch: (line) =>
    /^(get|head) /i.test(line)
      ? 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 48\r\n\r\n{"name":"node-1","version":{"number":"8.12.0"}}\n'
      : undefined,
}

/** Idle connections are dropped after this. */
const idleMs = 30_000

/** Greets with the banner, and answers lines as a server of this protocol would, until the client leaves. */
export function serveBanner(socket: Socket, banner: string | undefined, protocol: Protocol): void {
  const reply = replies[protocol]
  socket.setTimeout(idleMs, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  if (banner !== undefined) socket.write(Buffer.from(banner, 'latin1'))
  let waiting = ''
  socket.on('data', (data: Buffer) => {
    waiting += data.toString('latin1')
    if (waiting.length > 65_536) return void socket.destroy()
    for (let end = waiting.indexOf('\n'); end >= 0; end = waiting.indexOf('\n')) {
      const answer = reply?.(waiting.slice(0, end).trimEnd())
      waiting = waiting.slice(end + 1)
      if (answer !== undefined) socket.write(answer)
      if (answer !== undefined && /^(221|\+OK Logging)/.test(answer)) socket.end()
    }
  })
  socket.on('end', () => socket.end())
}
