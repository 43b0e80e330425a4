import type { DnsRecord } from '@mirage/model/exchange.ts'
import { exchangeOverTcp } from './direct.ts'
import type { DirectOptions, ServerAddress } from './direct.ts'
import { endpointOf } from './endpoint.ts'
import { random16 } from './random.ts'
import { axfrCode } from './wire/codes.ts'
import { decodeMessage } from './wire/message.ts'
import { nameToWire } from './wire/name.ts'
import { maxQueryBytes, writeQuery } from './wire/query.ts'

export interface ZoneTransfer {
  /** As the server sent them; the SOA once, at the start. */
  records: DnsRecord[]
  /** False when the server broke off or a limit was reached: what there is is true, but not all. */
  complete: boolean
}

export interface TransferLimits {
  /** Default 64 MB. */
  maxBytes?: number
  /** Default 500,000. */
  maxRecords?: number
  /** Of the whole transfer. Default two minutes; `timeoutMs` of the options is how long the server may say nothing. */
  totalMs?: number
}

/**
 * The zone as this server hands it out (AXFR, RFC 5936); undefined where it refuses, cannot be reached or does not
 * know the zone. Throws what `connectTcp` throws when it refuses, and the signal's reason when it aborts.
 */
export async function transferZone(
  zone: string,
  server: ServerAddress,
  options: DirectOptions & TransferLimits,
  signal?: AbortSignal,
): Promise<ZoneTransfer | undefined> {
  const { address, port = 53 } = server
  const dialled = endpointOf(options.dial?.[endpointOf({ address, port }).text] ?? { address, port })
  const { maxBytes = 64 * 1024 * 1024, maxRecords = 500_000, totalMs = 120_000, timeoutMs = 10_000 } = options
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
  const peer = { address: dialled.address, port: dialled.port, timeoutMs }
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
