import providersJson from './data/providers.json' with { type: 'json' }
import { parseAddress } from './address.ts'
import { apexOf } from './domain-name.ts'
import { parseNetblock } from './netblock.ts'
import { prefixMap } from './prefix-map.ts'

/** What is shared by many who have nothing to do with each other. */
export type SharedKind = 'cdn' | 'waf' | 'cloud' | 'hosting' | 'mail' | 'dns' | 'parking'

export interface Provider {
  id: string
  title: string
  kind: SharedKind
  /** Suffixes of CNAME targets, host names and PTR names. */
  names: readonly string[]
  /** CIDR blocks the provider publishes. */
  ranges: readonly string[]
  /** Where these facts are published, and when they were read. */
  source: string
  date: string
}

export const providers: readonly Provider[] = providersJson as Provider[]

const bySuffix = new Map<string, Provider>()
const byRange = prefixMap<Provider>()
for (const provider of providers) {
  for (const name of provider.names) bySuffix.set(name, provider)
  for (const range of provider.ranges) {
    const block = parseNetblock(range)
    if (!block) throw new Error(`data/providers.json: ${provider.id} has the range ${range}, which is not a CIDR block`)
    byRange.set(block, provider)
  }
}

/**
 * The provider whose shared infrastructure a canonical name or address belongs to, by the longest suffix or block of
 * `data/providers.json`; undefined when none is known, which does not mean that it is not shared.
 */
export function sharedInfrastructure(nameOrAddress: string): Provider | undefined {
  const bytes = parseAddress(nameOrAddress)
  if (bytes) return byRange.find(bytes)
  for (let start = 0; start >= 0; start = nextLabel(nameOrAddress, start)) {
    const provider = bySuffix.get(start === 0 ? nameOrAddress : nameOrAddress.slice(start))
    if (provider) return provider
  }
  return undefined
}

/** An address that more owners than this resolve to is shared, whoever it belongs to. */
export const mostTenants = 20

/**
 * Whom a name on an address stands for: what its registrable domain has left of its public suffix, so that one brand
 * under many suffixes is one tenant. Undefined for a public suffix itself.
 */
export function tenantOf(name: string): string | undefined {
  const apex = apexOf(name)
  return apex?.slice(0, apex.indexOf('.'))
}

function nextLabel(name: string, start: number): number {
  const dot = name.indexOf('.', start)
  return dot < 0 ? -1 : dot + 1
}
