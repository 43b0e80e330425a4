import type { DnsRecord } from '@mirage/model/exchange.ts'
import type { World } from '../world/world.ts'

export interface ProviderRequest {
  method: string
  /** Absolute, with the host the client asked for. */
  url: URL
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>
  body: string
}

export interface ProviderReply {
  status: number
  headers?: Record<string, string>
  /** A string, bytes, or pieces made while they are sent, for what would be too large to hold. */
  body: string | Uint8Array | Iterable<string>
}

/**
 * An API that modules ask, under its own host names and in its own format, answered from the world alone. Failures on
 * demand (429, 401, truncation, silence) are the lab's, not the provider's: see `protocols/failure.ts`.
 */
export interface Provider {
  /** As failures and the traffic log name it: the id of the module that asks it, where there is one. */
  id: string
  /** Host names that answer on 443 and 80, all with this API. */
  hosts: readonly string[]
  handle(request: ProviderRequest, world: World): ProviderReply | Promise<ProviderReply>
}

/** A data source that is asked through DNS: every name below its zones. */
export interface DnsProvider {
  id: string
  /** Zones without the final dot, lower case. */
  zones: readonly string[]
  /** The records of a name (lower case) for any type asked; undefined for a name that does not exist. */
  records(name: string, world: World): DnsRecord[] | undefined
}

/** A WHOIS server (RFC 3912): one line in, text out, on TCP port 43. */
export interface WhoisProvider {
  id: string
  hosts: readonly string[]
  /** The answer to a query line without its line end. `host` is the server name that was resolved, where it is known. */
  answer(query: string, world: World, host: string): string
}

/** A JSON answer. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): ProviderReply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) }
}

/** A plain-text answer. */
export function text(body: string, status = 200, headers: Record<string, string> = {}): ProviderReply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body }
}
