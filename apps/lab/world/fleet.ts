import { formatIpv4, ipv4Number, parseAddress } from '@mirage/model/address.ts'
import type { DnsRecord } from '@mirage/model/exchange.ts'
import { mix } from './random.ts'

/**
 * The names of the larger worlds: `amber-falcon-4f2.osl.northwind.example`. None is kept; name, addresses and records of
 * number i follow from (seed, i), and i is read back from the name: its last part is i in base 36, and the words before
 * it must be those that the seed gives, so that a guess never hits.
 */
export interface Fleet {
  /** How many names. */
  readonly names: number
  /** How many IPv4 addresses they share: name i is at address i modulo this. */
  readonly slots: number
  nameOf(index: number): string
  /** The number of a name, or -1. `name` is lower case without the final dot. */
  indexOf(name: string): number
  /** True for a site (`osl.northwind.example`), which exists but owns no record. */
  isSite(name: string): boolean
  readonly sites: readonly string[]
  fateOf(index: number): Fate
  addressOf(index: number): string
  address6Of(index: number): string | undefined
  /** The slot of an address of the fleet, or -1. */
  slotOf(address: string): number
  /** The number of the name whose IPv6 address this is, or -1. */
  indexOf6(address: string): number
  slotAddress(slot: number): string
  /** The numbers of the names at a slot, lowest first, those without an A record included. */
  namesAt(slot: number): Iterable<number>
  records(index: number, type: string): DnsRecord[]
  /** True when the machine at this slot serves a web page on 80 and 443. */
  isWeb(slot: number): boolean
  /** True when the machine at this slot answers SSH. */
  isSsh(slot: number): boolean
  /** True when scanners that index the internet know this slot. */
  isIndexed(slot: number): boolean
  /** Which certificate names this one, or -1 for a name that no certificate holds. */
  certificateOf(index: number): number
  readonly certificates: number
  /** The numbers of the names a certificate holds. */
  namesOfCertificate(certificate: number): number[]
}

/**
 * What became of a name. `hidden`: in DNS, but no source tells of it. `gone`: in a certificate, but no longer in DNS.
 * `edge`: an alias for a name of the content delivery network.
 */
export type Fate = 'host' | 'dual' | 'edge' | 'gone' | 'hidden'

const sites = [
  'osl',
  'lon',
  'ber',
  'par',
  'mad',
  'rom',
  'ams',
  'cph',
  'hel',
  'sto',
  'dub',
  'lis',
  'vie',
  'zrh',
  'prg',
  'waw',
] as const
const colours = [
  'amber',
  'azure',
  'beige',
  'black',
  'brown',
  'coral',
  'cyan',
  'green',
  'grey',
  'ivory',
  'jade',
  'lilac',
  'olive',
  'pink',
  'plum',
  'red',
]
const animals = [
  'badger',
  'bison',
  'crane',
  'dingo',
  'eagle',
  'falcon',
  'gecko',
  'heron',
  'ibis',
  'jackal',
  'koala',
  'lemur',
  'moose',
  'otter',
  'puffin',
  'raven',
]
const siteNumber = new Map<string, number>(sites.map((site, i) => [site, i]))

/** Names that one certificate holds. */
export const namesPerCertificate = 50
const apex = '.northwind.example'
const base = ipv4Number('198.19.0.0')
const prefix6 = '2001:db8:f000::'

/** The fleet of so many names. With none it is empty and answers nothing. */
export function makeFleet(seed: number, names: number): Fleet {
  const slots = Math.min(Math.ceil(names / 4), 65_000)
  const words: string[] = []
  for (const colour of colours) for (const animal of animals) words.push(`${colour}-${animal}-`)

  function fateOf(index: number): Fate {
    const chance = mix(seed, 2, index) % 100
    if (chance < 68) return 'host'
    if (chance < 88) return 'dual'
    if (chance < 93) return 'edge'
    return chance < 96 ? 'gone' : 'hidden'
  }
  function nameOf(index: number): string {
    const hash = mix(seed, 1, index)
    return `${words[hash & 255]}${index.toString(36)}.${sites[(hash >>> 8) & 15]}${apex}`
  }
  function indexOf(name: string): number {
    if (names === 0 || !name.endsWith(apex)) return -1
    const end = name.length - apex.length
    const dot = name.lastIndexOf('.', end - 1)
    const dash = name.lastIndexOf('-', dot)
    if (dot < 0 || dash < 0) return -1
    let index = 0
    for (let i = dash + 1; i < dot; i++) {
      const code = name.charCodeAt(i)
      const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 122 ? code - 87 : -1
      if (digit < 0 || (index === 0 && i > dash + 1)) return -1
      index = index * 36 + digit
      if (index >= names) return -1
    }
    if (dash + 1 === dot) return -1
    const hash = mix(seed, 1, index)
    return siteNumber.get(name.slice(dot + 1, end)) === ((hash >>> 8) & 15) &&
      dash + 1 === words[hash & 255]!.length &&
      name.startsWith(words[hash & 255]!)
      ? index
      : -1
  }
  function slotAddress(slot: number): string {
    return formatIpv4(base + slot)
  }
  function address6Of(index: number): string | undefined {
    if (fateOf(index) !== 'dual') return undefined
    const high = Math.floor(index / 65_536)
    const low = index % 65_536
    return high === 0
      ? low === 0
        ? `${prefix6}1:0:0`
        : `${prefix6}1:0:${low.toString(16)}`
      : `${prefix6}1:${high.toString(16)}:${low.toString(16)}`
  }
  return {
    names,
    slots,
    nameOf,
    indexOf,
    sites: names > 0 ? sites.map((site) => site + apex) : [],
    isSite: (name) => names > 0 && name.endsWith(apex) && siteNumber.has(name.slice(0, -apex.length)),
    fateOf,
    addressOf: (index) => slotAddress(index % slots),
    address6Of,
    slotAddress,
    slotOf(address) {
      const slot = ipv4Number(address) - base
      return slot >= 0 && slot < slots ? slot : -1
    },
    indexOf6(address) {
      const bytes = parseAddress(address)
      if (bytes?.length !== 16) return -1
      const words = new DataView(bytes.buffer, bytes.byteOffset)
      const index = words.getUint16(12) * 65_536 + words.getUint16(14)
      return index < names && address6Of(index) === address ? index : -1
    },
    *namesAt(slot) {
      for (let index = slot; index < names; index += slots) {
        const fate = fateOf(index)
        if (fate !== 'gone' && fate !== 'edge') yield index
      }
    },
    records(index, type) {
      const fate = fateOf(index)
      const name = nameOf(index)
      if (fate === 'gone') return []
      if (fate === 'edge') return [{ name, type: 'CNAME', ttl: 300, data: 'e7.edge.cdn-edge.example' }]
      if (type === 'A') return [{ name, type: 'A', ttl: 300, data: slotAddress(index % slots) }]
      const address = type === 'AAAA' ? address6Of(index) : undefined
      return address === undefined ? [] : [{ name, type: 'AAAA', ttl: 300, data: address }]
    },
    isWeb: (slot) => mix(seed, 3, slot) % 4 === 0,
    isSsh: (slot) => mix(seed, 4, slot) % 5 === 0,
    isIndexed: (slot) => mix(seed, 5, slot) % 2 === 0,
    certificates: Math.ceil(names / namesPerCertificate),
    certificateOf: (index) => (fateOf(index) === 'hidden' ? -1 : Math.floor(index / namesPerCertificate)),
    namesOfCertificate(certificate) {
      const held: number[] = []
      const end = Math.min(names, (certificate + 1) * namesPerCertificate)
      for (let index = certificate * namesPerCertificate; index < end; index++)
        if (fateOf(index) !== 'hidden') held.push(index)
      return held
    },
  }
}
