import { isApex } from './domain-name.ts'
import type { EntityRef } from './entity.ts'
import { specialRange } from './special-range.ts'

/** What a module asks of an entity beyond its type. */
export interface Condition {
  /** One of the SDK's conditions by its name; one that is not about the value is met by every value. */
  where?: string
  /** Numbers of open ports. */
  ports?: readonly number[]
}

/**
 * What conditions ask of a value, as one number, so that a store can look for it: of a domain 1 where it is registrable,
 * of an address of the public internet 4 or 6, of an open port its number, of a URL 1 where it is the root of a site over TLS; else 0.
 */
export function traitOf({ type, value }: Pick<EntityRef, 'type' | 'value'>): number {
  switch (type) {
    case 'domain':
      return Number(isApex(value))
    case 'ip-address':
      return isPublic(value) ? (value.includes(':') ? 6 : 4) : 0
    case 'open-port':
      return Number(value.slice(value.lastIndexOf(':') + 1, value.lastIndexOf('/')))
    case 'url':
      return Number(/^https:\/\/[^/]+\/$/.test(value))
    default:
      return 0
  }
}

/** The traits that meet a condition; undefined where all do. */
export function traitsOf({ where, ports }: Condition): readonly number[] | undefined {
  if (ports) return ports
  if (where === 'isApex' || where === 'isFrontPage') return [1]
  if (where === 'isPublic') return [4, 6]
  return where === 'isIpv4' ? [4] : undefined
}

/** Ranges for documents and benchmarks count as public: nobody uses them but labs, whose internet they are. */
function isPublic(address: string): boolean {
  const range = specialRange(address)
  return range === undefined || range === 'documentation' || range === 'benchmarking'
}
