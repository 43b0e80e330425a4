import { compareNames } from '@mirage/model/canonical-order.ts'
import type { DnsRecord } from '@mirage/model/exchange.ts'
import { parentOf } from '../../world/parent.ts'
import type { World } from '../../world/world.ts'
import type { Zone } from '../../world/zones.ts'

/**
 * The NSEC records of zones that have them. They are not signed: who asks in this world looks at what they say, not at who
 * says it.
 */
export interface Denial {
  /** The record that a name owns. */
  at(zone: Zone, name: string): readonly DnsRecord[]
  /** The record that proves what a name lacks, or that it is not there. */
  about(zone: Zone, name: string): readonly DnsRecord[]
}

export function makeDenial({ zones, records }: World): Denial {
  const chains = new Map<Zone, DnsRecord[]>()

  /** A record for each name of the zone, those of zones below among them, in canonical order (RFC 4034 §6.1). */
  function chainOf(zone: Zone): DnsRecord[] {
    const known = chains.get(zone)
    if (known) return known
    const owners = [...records.keys()].filter((name) => holds(zone, name)).sort(compareNames)
    const chain = owners.map((name, i) => nsec(name, owners[(i + 1) % owners.length]!, typesOf(zone, name)))
    chains.set(zone, chain)
    return chain
  }

  function holds(zone: Zone, name: string): boolean {
    if (name === zone.name) return true
    if (!name.endsWith(`.${zone.name}`)) return false
    // The name of a zone below is the last that stands in this one.
    for (let at = parentOf(name); at !== zone.name; at = parentOf(at)) if (zones.has(at)) return false
    return true
  }

  function typesOf(zone: Zone, name: string): string[] {
    if (name !== zone.name && zones.has(name)) return ['NS', 'RRSIG', 'NSEC']
    return [...new Set((records.get(name) ?? []).map(({ type }) => type)), 'RRSIG', 'NSEC']
  }

  /** Each name ends directly before the first one that could stand below it; one that is not there says so (RFC 9824 §3). */
  function madeUp(zone: Zone, name: string): DnsRecord {
    return nsec(name, `\0.${name}`, records.has(name) ? typesOf(zone, name) : ['RRSIG', 'NSEC', 'NXNAME'])
  }

  return {
    at(zone, name) {
      if (zone.denial === 'minimal') return records.has(name) ? [madeUp(zone, name)] : []
      return zone.denial === 'nsec' ? chainOf(zone).filter((record) => record.name === name) : []
    },
    about(zone, name) {
      if (zone.denial === 'minimal') return [madeUp(zone, name)]
      const before = zone.denial === 'nsec' && chainOf(zone).findLast((record) => compareNames(record.name, name) <= 0)
      return before ? [before] : []
    },
  }
}

function nsec(name: string, next: string, types: readonly string[]): DnsRecord {
  return { name, type: 'NSEC', ttl: 300, data: `${next} ${types.join(' ')}` }
}
