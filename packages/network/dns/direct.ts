import { createSocket } from 'node:dgram'
import type { Socket } from 'node:net'
import type { DnsAnswer, DnsQuestion, DnsRecord } from '@mirage/model/exchange.ts'
import { NetworkError } from '../error.ts'
import { endpointOf, labelOf } from './endpoint.ts'
import { random16, random32 } from './random.ts'
import { statusOfRcode, typeCodes } from './wire/codes.ts'
import { decodeMessage } from './wire/message.ts'
import { maxNameBytes, writeName } from './wire/name.ts'
import { echoOf, maxQueryBytes, writeQuery } from './wire/query.ts'
import { messageReader, withLength } from './worker/tcp-port.ts'

/** How to reach one server directly. Packets leave only where these functions let them. */
export interface DirectOptions {
  /** Opens a TCP connection, through whatever proxy there is; throws where none may be opened. */
  connectTcp: (address: string, port: number, signal: AbortSignal) => Promise<Socket>
  /** Throws when UDP packets must not go there. */
  allow?: (address: string, port: number) => void
  /** Where packets to `address:port` really go. */
  dial?: Record<string, string>
  /** UDP cannot follow (a proxy). */
  tcpOnly?: boolean
  /** Ask for recursion. Default false: this is for authoritative servers. */
  recursion?: boolean
  /** One attempt. Default 3,000. */
  timeoutMs?: number
  /** Default 2. */
  attempts?: number
}

export interface ServerAddress {
  address: string
  /** 53 where it is not said. */
  port?: number
}

/** What one server said, with the section that proves a negative answer. */
export interface ServerAnswer extends DnsAnswer {
  authority: DnsRecord[]
  authoritative: boolean
}

/**
 * Asks one server one question: over UDP with 0x20, over TCP where the answer was cut or came back in another case.
 * A server that cannot be reached or stays silent is `TIMEOUT`, an answer that cannot be read `FORMERR`. Throws what
 * `allow` and `connectTcp` throw when they refuse, and the signal's reason when it aborts.
 */
export async function queryServer(
  server: ServerAddress,
  question: DnsQuestion,
  options: DirectOptions,
  signal?: AbortSignal,
): Promise<ServerAnswer> {
  const { address, port = 53 } = server
  const dialled = endpointOf(options.dial?.[endpointOf({ address, port }).text] ?? { address, port })
  const name = Buffer.alloc(maxNameBytes + 1)
  const length = writeName(question.name, name, 0)
  const answer = (status: DnsAnswer['status']): ServerAnswer => ({
    name: question.name,
    type: question.type,
    status,
    records: [],
    authority: [],
    authoritative: false,
    server: labelOf(address, port),
  })
  if (length < 0) return answer('FORMERR')
  const asked: Asked = {
    wire: name.subarray(0, length),
    type: typeCodes[question.type],
    address: dialled.address,
    port: dialled.port,
    timeoutMs: options.timeoutMs ?? 3_000,
    recursion: options.recursion ?? false,
  }
  let response: Buffer | undefined
  for (let attempt = 0; attempt < (options.attempts ?? 2) && response === undefined; attempt++) {
    signal?.throwIfAborted()
    if (options.tcpOnly !== true) {
      options.allow?.(asked.address, asked.port)
      const said = await askOverUdp(asked, signal)
      if (said !== 'repeat over TCP') {
        response = said
        continue
      }
    }
    response = await askOverTcp(asked, options.connectTcp, signal)
  }
  if (response === undefined) return answer('TIMEOUT')
  const message = decodeMessage(response)
  if (message === undefined) return answer('FORMERR')
  const { status, records, authority, authoritative, typeCode } = message
  const rcode = response[3]! & 15
  // A bare error header carries no question.
  const said = typeCode === 0 && rcode !== 0 ? statusOfRcode(rcode) : status
  return { ...answer(said), name: typeCode === 0 ? question.name : message.name, records, authority, authoritative }
}

interface Asked {
  wire: Uint8Array
  type: number
  address: string
  port: number
  timeoutMs: number
  recursion: boolean
}

function encode(asked: Asked, caseBits: number): Buffer {
  const message = Buffer.alloc(maxQueryBytes)
  const length = writeQuery(message, asked.wire, 0, asked.wire.length, {
    id: random16(),
    type: asked.type,
    recursion: asked.recursion,
    edns: true,
    ecs: asked.recursion,
    dnssec: asked.type === typeCodes.NSEC || asked.type === typeCodes.DS || asked.type === typeCodes.DNSKEY,
    caseBits,
  })
  return message.subarray(0, length)
}

function askOverUdp(asked: Asked, signal: AbortSignal | undefined): Promise<Buffer | 'repeat over TCP' | undefined> {
  const caseBits = random32()
  const query = encode(asked, caseBits)
  const socket = createSocket(asked.address.includes(':') ? 'udp6' : 'udp4')
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | 'repeat over TCP' | undefined>()
  const timer = setTimeout(() => resolve(undefined), asked.timeoutMs)
  const abort = (): void => reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  socket.on('error', () => resolve(undefined))
  socket.on('message', (message) => {
    if (message.length < 12 || message[2]! < 0x80 || message.readUInt16BE(0) !== query.readUInt16BE(0)) return
    const echo = echoOf(message, asked.wire, 0, asked.wire.length, asked.type, caseBits)
    if (echo === 'other' || (echo === 'none' && (message[3]! & 15) === 0)) return
    resolve(echo === 'other-case' || (message[2]! & 2) !== 0 ? 'repeat over TCP' : message)
  })
  socket.connect(asked.port, asked.address, () => {
    if (signal?.aborted !== true) socket.send(query)
  })
  return promise.finally(() => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    socket.close()
  })
}

async function askOverTcp(
  asked: Asked,
  connectTcp: DirectOptions['connectTcp'],
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  const query = encode(asked, 0)
  for await (const message of exchangeOverTcp(asked, query, connectTcp, signal))
    if (message.length >= 12 && message.readUInt16BE(0) === query.readUInt16BE(0)) return message
  return undefined
}

/**
 * Sends one query over a connection of its own and yields what comes back until the peer closes, says nothing for
 * `timeoutMs`, or the consumer has enough. A peer that cannot be reached yields nothing.
 */
export async function* exchangeOverTcp(
  peer: { address: string; port: number; timeoutMs: number },
  query: Uint8Array,
  connectTcp: DirectOptions['connectTcp'],
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, void> {
  const limit = new AbortController()
  const abort = (): void => limit.abort(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  let timer = setTimeout(abort, peer.timeoutMs)
  let socket: Socket | undefined
  try {
    socket = await connectTcp(peer.address, peer.port, limit.signal)
    const opened = socket
    limit.signal.addEventListener('abort', () => opened.destroy())
    if (limit.signal.aborted) return
    const read = messageReader()
    opened.write(withLength(query))
    for await (const data of opened) {
      clearTimeout(timer)
      timer = setTimeout(abort, peer.timeoutMs)
      // A socket without an encoding gives buffers.
      yield* read(data as Buffer)
    }
  } catch (error) {
    if (!limit.signal.aborted && !isUnreachable(error)) throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    socket?.destroy()
  }
  signal?.throwIfAborted()
}

/** The network's way of saying no, as against a refusal of our own. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof NetworkError) return error.outcome === 'unreachable' || error.outcome === 'timed-out'
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('E')
}
