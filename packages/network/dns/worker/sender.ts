import { typeCodes } from '../wire/codes.ts'
import { maxQueryBytes, writeQuery } from '../wire/query.ts'
import type { WorkerLaneOptions } from '../protocol.ts'
import type { Port } from './port.ts'
import type { Query } from './query.ts'
import { random16, random32 } from '../random.ts'
import type { Upstream } from './upstream.ts'

/** Types whose answers mean something only with the records that prove them. */
function wantsDnssec(type: number): boolean {
  return type === typeCodes.NSEC || type === typeCodes.DS || type === typeCodes.DNSKEY
}

/** Holds the query that is being written. */
const scratch = Buffer.allocUnsafeSlow(maxQueryBytes)

/** Sends `query` to `upstream` under a fresh id and fresh letter case, and notes it as pending there. */
export function sendQuery(query: Query, upstream: Upstream, port: Port, options: WorkerLaneOptions, now: number): void {
  let id = random16()
  while (port.pending.has(id)) id = (id + 1) & 65_535
  query.caseBits = options.mixedCase && upstream.repeatsCase ? random32() : 0
  query.edns = options.edns && upstream.knowsEdns && query.edns
  query.sentAt = now
  query.attempts++
  query.tried = query.tried.length === 0 ? upstream.alone : [...query.tried, upstream]
  const dnssec = query.edns && wantsDnssec(query.type)
  const length = writeQuery(scratch, query.bytes, query.from, query.to, {
    id,
    type: query.type,
    recursion: options.recursion,
    edns: query.edns,
    // Resolvers may not tell name servers where we are (RFC 7871 `/0`).
    ecs: true,
    dnssec,
    caseBits: query.caseBits,
  })
  port.pending.set(id, query)
  upstream.open++
  upstream.sent++
  port.send(scratch.subarray(0, length))
}
