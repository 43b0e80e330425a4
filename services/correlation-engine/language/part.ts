import { parseAddress } from '@mirage/model/address.ts'
import { apexOf } from '@mirage/model/domain-name.ts'
import type { EntityType } from '@mirage/model/entity.ts'
import { formatNetblock } from '@mirage/model/netblock.ts'

/** What of a value a rule may look at, by the type it is a part of. `value` is the whole. */
export const partNames = [
  'value',
  /** domain, url, email, dns-record: the registrable domain. */
  'apex',
  /** domain: its first label, and all labels below the registrable domain. */
  'label',
  'below',
  /** url. */
  'scheme',
  'host',
  'path',
  /** url (also where it is the scheme's own), open-port. */
  'port',
  /** open-port, service, and a url whose host is one. */
  'address',
  /** ip-address, open-port: the /24 or /48 it is in. */
  'network',
  /** dns-record: name, type and data; fingerprint: what kind it is. */
  'owner',
  'kind',
  'data',
  /** account: the site. */
  'site',
  /** account, person, organization and others that a namespace precedes: the name without it. */
  'name',
] as const

export type PartName = (typeof partNames)[number]

/** The part of a canonical value, or undefined when values of this type have none. */
export function partOf(type: EntityType, value: string, part: PartName): string | undefined {
  if (part === 'value') return value
  switch (type) {
    case 'domain':
      return partOfName(value, part)
    case 'email':
      return part === 'apex' ? apexOf(value.slice(value.lastIndexOf('@') + 1)) : undefined
    case 'url':
      return partOfUrl(value, part)
    case 'open-port':
    case 'service':
      return partOfPort(value, part)
    case 'ip-address':
      return part === 'network' ? networkOf(value) : part === 'address' ? value : undefined
    case 'dns-record':
      return partOfRecord(value, part)
    case 'fingerprint':
      return partAround(value, ':', part, 'kind', 'data')
    case 'account':
      return partAround(value, '/', part, 'site', 'name')
    case 'person':
    case 'organization':
    case 'postal-address':
      return part === 'name' ? value.slice(value.indexOf('|') + 1) : undefined
    default:
      return undefined
  }
}

function partOfName(value: string, part: PartName): string | undefined {
  if (part === 'label') return value.slice(0, value.indexOf('.'))
  if (part === 'host') return value
  const apex = apexOf(value)
  if (part === 'apex') return apex
  if (part === 'below') return apex === undefined ? value : value.slice(0, Math.max(0, value.length - apex.length - 1))
  return undefined
}

const schemePorts: Record<string, string> = { 'http:': '80', 'https:': '443', 'ftp:': '21' }

function partOfUrl(value: string, part: PartName): string | undefined {
  const url = URL.parse(value)
  if (!url) return undefined
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  switch (part) {
    case 'scheme':
      return url.protocol.slice(0, -1)
    case 'host':
      return host
    case 'path':
      return url.pathname
    case 'port':
      return url.port || schemePorts[url.protocol]
    case 'apex':
      return parseAddress(host) ? undefined : apexOf(host)
    case 'address':
      return parseAddress(host) ? host : undefined
    default:
      return undefined
  }
}

function partOfPort(value: string, part: PartName): string | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)\//.exec(value)
  if (!match) return undefined
  const address = match[1] ?? match[2]!
  if (part === 'port') return match[3]
  if (part === 'address' || part === 'host') return address
  return part === 'network' ? networkOf(address) : undefined
}

function partOfRecord(value: string, part: PartName): string | undefined {
  const [, owner, kind, data] = /^(\S+) (\S+) (.*)$/s.exec(value) ?? []
  if (part === 'owner') return owner
  if (part === 'kind') return kind
  if (part === 'data') return data
  return part === 'apex' && owner !== undefined ? apexOf(owner) : undefined
}

function partAround(
  value: string,
  separator: string,
  part: PartName,
  before: PartName,
  after: PartName,
): string | undefined {
  const at = value.indexOf(separator)
  if (at < 0) return undefined
  if (part === before) return value.slice(0, at)
  return part === after ? value.slice(at + 1) : undefined
}

function networkOf(address: string): string | undefined {
  const bytes = parseAddress(address)
  if (!bytes) return undefined
  const kept = bytes.length === 4 ? 3 : 6
  return formatNetblock({ bytes: bytes.map((byte, at) => (at < kept ? byte : 0)), prefix: kept * 8 })
}
