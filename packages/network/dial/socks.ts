import { isIP } from 'node:net'
import type { Socket } from 'node:net'
import { parseAddress } from '@mirage/model/address.ts'
import { readExactly } from './read.ts'

export interface SocksTarget {
  /** A name is resolved by the server; an address is dialled as it is. */
  host: string
  port: number
  username?: string
  password?: string
}

/** Reply codes of RFC 1928 §6, under the names that `connect` has for the same thing. */
const replies: Record<number, string> = {
  1: 'ESOCKS',
  2: 'EACCES',
  3: 'ENETUNREACH',
  4: 'EHOSTUNREACH',
  5: 'ECONNREFUSED',
  6: 'ETIMEDOUT',
  7: 'ESOCKS',
  8: 'EAFNOSUPPORT',
}

/** The server said no; `code` is what `connect` would have said, or `ESOCKS` when the server itself is at fault. */
export class SocksError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'SocksError'
    this.code = code
  }
}

/**
 * Asks the SOCKS5 server at the other end of a connected socket for a TCP connection (RFC 1928, with the user and
 * password of RFC 1929 when given). Afterwards the socket is the connection, paused, nothing of it consumed. Destroying
 * the socket ends the wait.
 */
export async function socksConnect(socket: Socket, { host, port, username, password }: SocksTarget): Promise<void> {
  const withUser = username !== undefined && password !== undefined
  socket.write(withUser ? Uint8Array.of(5, 2, 0, 2) : Uint8Array.of(5, 1, 0))
  const [version, method] = await readExactly(socket, 2)
  if (version !== 5) throw new SocksError('ESOCKS', 'the proxy does not speak SOCKS5')
  if (method === 2 && withUser) await authenticate(socket, username, password)
  else if (method !== 0) throw new SocksError('ESOCKS', 'the SOCKS5 proxy wants a user and a password, or others')
  socket.write(Buffer.concat([Uint8Array.of(5, 1, 0), encodeHost(host), Uint8Array.of(port >> 8, port & 255)]))
  const [, reply, , kind] = await readExactly(socket, 4)
  // Bound address and port are read away; nobody needs them.
  if (kind === 1) await readExactly(socket, 6)
  else if (kind === 4) await readExactly(socket, 18)
  else if (kind === 3) await readExactly(socket, (await readExactly(socket, 1))[0]! + 2)
  else throw new SocksError('ESOCKS', 'the SOCKS5 proxy answered an address of unknown kind')
  if (reply !== 0) throw new SocksError(replies[reply!] ?? 'ESOCKS', `the SOCKS5 proxy refused: reply ${reply}`)
}

async function authenticate(socket: Socket, username: string, password: string): Promise<void> {
  const user = Buffer.from(username)
  const pass = Buffer.from(password)
  if (user.length === 0 || user.length > 255 || pass.length > 255)
    throw new SocksError('ESOCKS', 'user or password are too long for SOCKS5')
  socket.write(Buffer.concat([Uint8Array.of(1, user.length), user, Uint8Array.of(pass.length), pass]))
  const [, status] = await readExactly(socket, 2)
  if (status !== 0) throw new SocksError('ESOCKS', 'the SOCKS5 proxy refused user and password')
}

function encodeHost(host: string): Uint8Array {
  if (isIP(host) !== 0) {
    const bytes = parseAddress(host)!
    return Buffer.concat([Uint8Array.of(bytes.length === 4 ? 1 : 4), bytes])
  }
  const name = Buffer.from(host, 'ascii')
  if (name.length === 0 || name.length > 255) throw new SocksError('ESOCKS', 'the name is too long for SOCKS5')
  return Buffer.concat([Uint8Array.of(3, name.length), name])
}
