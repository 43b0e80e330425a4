import type { Socket } from 'node:net'
import type { DnsRecord } from '@mirage/model/exchange.ts'
import { NetworkError } from '../error.ts'
import { random16 } from './random.ts'
import { axfrCode } from './wire/codes.ts'
import { decodeMessage } from './wire/message.ts'
import { nameToWire } from './wire/name.ts'
import { maxQueryBytes, writeQuery } from './wire/query.ts'
import { messageReader, withLength } from './worker/tcp-port.ts'

/** Of the whole transfer. */
const totalMs = 120_000

export interface ZoneTransfer {
  /** As the server sent them; the SOA once, at the start. */
  records: DnsRecord[]
  /** False when the server broke off or a limit was reached: what there is is true, but not all. */
  complete: boolean
}

export interface ServerAddress {
  address: string
  /** 53 where it is not said. */
  port?: number
}

export interface TransferOptions {
  /** Opens a TCP connection, through whatever proxy there is; throws where none may be opened. */
  connectTcp: (address: string, port: number, signal: AbortSignal) => Promise<Socket>
  /** How long the server may say nothing. Default 10,000. */
  timeoutMs?: number
  /** Default 64 MB. */
  maxBytes?: number
  /** Default 500,000. */
  maxRecords?: number
}

/**
 * The zone as this server hands it out (AXFR, RFC 5936); undefined where it refuses, cannot be reached or does not
 * know the zone. Throws what `connectTcp` throws when it refuses, and the signal's reason when it aborts.
 */
export async function transferZone(
  zone: string,
  server: ServerAddress,
  options: TransferOptions,
  signal?: AbortSignal,
): Promise<ZoneTransfer | undefined> {
  const { address, port = 53 } = server
  const { maxBytes = 64 * 1024 * 1024, maxRecords = 500_000, timeoutMs = 10_000 } = options
  const wire = nameToWire(zone)
  if (wire === undefined) return undefined
  const query = new Uint8Array(maxQueryBytes)
  const id = random16()
  const length = writeQuery(query, wire, 0, wire.length, {
    id,
    type: axfrCode,
    recursion: false,
    edns: false,
    ecs: false,
    dnssec: false,
    caseBits: 0,
  })

  const records: DnsRecord[] = []
  let bytes = 0
  const total = AbortSignal.timeout(totalMs)
  const both = signal === undefined ? total : AbortSignal.any([signal, total])
  const peer = { address, port, timeoutMs }
  try {
    for await (const raw of exchangeOverTcp(peer, query.subarray(0, length), options.connectTcp, both)) {
      const message = decodeMessage(raw)
      if (message === undefined || message.id !== id || (raw[3]! & 15) !== 0) break
      for (const record of message.records) {
        if (records.length === 0 && record.type !== 'SOA') return undefined
        if (records.length > 0 && record.type === 'SOA' && record.name === records[0]!.name)
          return { records, complete: true }
        records.push(record)
      }
      bytes += raw.length
      if (bytes > maxBytes || records.length > maxRecords) break
    }
  } catch (error) {
    if (signal?.aborted === true || !total.aborted) throw error
  }
  return records.length === 0 ? undefined : { records, complete: false }
}

/**
 * Sends one query over a connection of its own and yields what comes back until the peer closes, says nothing for
 * `timeoutMs`, or the consumer has enough. A peer that cannot be reached yields nothing.
 */
async function* exchangeOverTcp(
  peer: { address: string; port: number; timeoutMs: number },
  query: Uint8Array,
  connectTcp: TransferOptions['connectTcp'],
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
