import { type AddressBytes, type AddressLike, addressBytes, embeddedIpv4, isIsatap } from './address.ts'
import { type Netblock, contains, netblockOf } from './netblock.ts'

export type SpecialRange =
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'carrier-nat'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'broadcast'
  | 'documentation'
  | 'benchmarking'
  | 'transition'
  | 'reserved'

/**
 * Blocks that are not the public Internet, the first match counts. Every line of the IANA IPv4 and IPv6 special-purpose
 * registries (RFC 6890, RFC 8190; last updated 2025-10-09) is covered, also those that are globally reachable: they are
 * anycast services that are as near as one's own network (AS112, AMT, PCP, TURN), not somebody's hosts. Beside them
 * multicast, what was given back (6bone `3ffe::/16`, RFC 3701; site-local `fec0::/10`, RFC 3879), and the addresses on
 * which clouds serve instance metadata: AWS, Azure, Google and others (169.254.169.254, fd00:ec2::254), Alibaba
 * (100.100.100.200), Oracle (192.0.0.192), Azure's host (168.63.129.16).
 */
const ranges: [string, SpecialRange][] = [
  ['169.254.169.254/32', 'metadata'],
  ['169.254.170.2/32', 'metadata'],
  ['100.100.100.200/32', 'metadata'],
  ['192.0.0.192/32', 'metadata'],
  ['168.63.129.16/32', 'metadata'],
  ['0.0.0.0/8', 'unspecified'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'carrier-nat'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'documentation'],
  ['192.31.196.0/24', 'reserved'],
  ['192.52.193.0/24', 'reserved'],
  ['192.88.99.0/24', 'reserved'],
  ['192.168.0.0/16', 'private'],
  ['192.175.48.0/24', 'reserved'],
  ['198.18.0.0/15', 'benchmarking'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['240.0.0.0/4', 'reserved'],
  ['fd00:ec2::254/128', 'metadata'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'private'],
  ['fc00::/7', 'private'],
  ['ff00::/8', 'multicast'],
  ['64:ff9b:1::/48', 'private'],
  ['2001::/32', 'transition'],
  ['2001:2::/48', 'benchmarking'],
  ['2001:db8::/32', 'documentation'],
  ['2001::/23', 'reserved'],
  ['2002::/16', 'transition'],
  ['2620:4f:8000::/48', 'reserved'],
  ['3ffe::/16', 'reserved'],
  ['3fff::/20', 'documentation'],
]

const byFirstByte = indexByFirstByte(ranges.map(([block, range]) => ({ block: netblockOf(block), range })))
const nat64 = netblockOf('64:ff9b::/96')
const globalUnicast = netblockOf('2000::/3')

/**
 * Why an address is not an ordinary address of the public Internet, or undefined when it is one. An IPv6 address that
 * carries an IPv4 address is judged by that first; one of ISATAP leads into a site's own network, whatever its prefix.
 * IPv6 outside `2000::/3` and NAT64 is `reserved`. A translator with a prefix of its own (RFC 6052 §2.2) cannot be told
 * from any other network.
 */
export function specialRange(address: AddressLike): SpecialRange | undefined {
  const bytes = addressBytes(address)
  const embedded = embeddedIpv4(bytes)
  return (
    (embedded && listedRange(embedded)) ??
    listedRange(bytes) ??
    (isIsatap(bytes) ? 'transition' : isGlobal(bytes) ? undefined : 'reserved')
  )
}

function listedRange(bytes: AddressBytes): SpecialRange | undefined {
  const candidates = byFirstByte[bytes.length === 4 ? bytes[0]! : 256 + bytes[0]!]
  return candidates?.find(({ block }) => contains(block, bytes))?.range
}

function isGlobal(bytes: AddressBytes): boolean {
  return bytes.length === 4 || contains(globalUnicast, bytes) || contains(nat64, bytes)
}

function indexByFirstByte(entries: { block: Netblock; range: SpecialRange }[]) {
  const index: { block: Netblock; range: SpecialRange }[][] = []
  for (const entry of entries) {
    const { bytes, prefix } = entry.block
    const family = bytes.length === 4 ? 0 : 256
    const span = prefix >= 8 ? 1 : 1 << (8 - prefix)
    for (let first = bytes[0]!; first < bytes[0]! + span; first++) (index[family + first] ??= []).push(entry)
  }
  return index
}
