import { type AddressBytes, parseAddress, reverseZone } from './address.ts'
import type { EntityType } from './entity.ts'
import { addressOfPort } from './entities/infrastructure/open-port.ts'
import { hostOfUrl } from './entities/infrastructure/url.ts'
import { parseNetblock } from './netblock.ts'

/** Where on the Internet an entity is: at a name, at an address, in a block of addresses, in a network, or nowhere. */
export type Place =
  | { at: 'name'; name: string }
  | { at: 'address'; bytes: AddressBytes }
  | { at: 'block'; first: AddressBytes; last: AddressBytes; prefix: number | undefined }
  | { at: 'network'; asn: string }

export interface Located {
  type: EntityType
  value: string
}

/**
 * The place of an entity with a canonical value: a URL is where its host is, an e-mail address where its domain is, a
 * port and a service where their address is, a name in a reverse zone where that zone's addresses are. Types without a
 * host (certificate, account, person …) have none.
 */
export function placeOf({ type, value }: Located): Place | undefined {
  switch (type) {
    case 'domain':
    case 'domain-registration':
      return atHost(value)
    case 'ip-address':
      return atHost(value)
    case 'url':
      return atHost(hostOfUrl(value))
    case 'email':
      return atHost(value.slice(value.lastIndexOf('@') + 1))
    case 'dns-record':
      return atHost(value.slice(0, value.indexOf(' ')))
    case 'open-port':
    case 'service':
      return atHost(addressOfPort(value))
    case 'web-form':
      return atHost(hostOfUrl(value.slice(0, value.indexOf('|'))))
    case 'file':
      return value.includes('://') ? atHost(hostOfUrl(value)) : undefined
    case 'netblock':
      return inBlock(value)
    case 'network-registration':
      return inRange(value)
    case 'asn':
    case 'autnum-registration':
      return { at: 'network', asn: value }
    default:
      return undefined
  }
}

/** The place of a host: an address, a name, or what a reverse name stands for. */
export function atHost(host: string): Place | undefined {
  if (host.endsWith('.arpa')) {
    const zone = reverseZone(host)
    if (zone?.prefix === (zone?.bytes.length ?? 0) * 8 && zone) return { at: 'address', bytes: zone.bytes }
    if (zone) return inNetblock(zone.bytes, zone.prefix)
  }
  const bytes = parseAddress(host)
  if (bytes) return { at: 'address', bytes }
  return host === '' ? undefined : { at: 'name', name: host }
}

function inBlock(value: string): Place | undefined {
  const block = parseNetblock(value)
  return block && inNetblock(block.bytes, block.prefix)
}

function inNetblock(bytes: AddressBytes, prefix: number): Place {
  const last = bytes.slice()
  for (let bit = prefix; bit < last.length * 8; bit++) last[bit >> 3]! |= 128 >> (bit & 7)
  return { at: 'block', first: bytes, last, prefix }
}

function inRange(value: string): Place | undefined {
  const [first, last] = value.split('-').map(parseAddress)
  return first && last ? { at: 'block', first, last, prefix: undefined } : undefined
}
