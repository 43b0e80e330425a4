import type { DnsAnswer, DnsQuestion } from '@mirage/model/exchange.ts'
import type { Netblock } from '@mirage/model/netblock.ts'
import { ModuleError } from '@mirage/module-sdk'
import type { Resolve } from './ipv4.ts'

/** Names asked about at the same time: 64 times 16. */
const siblingsAtOnce = 64

/** With fewer nibbles to go, any address may well be there: a part of the tree that is full of names is what it seems. */
const leastFreeNibbles = 4

/** The nibbles of an address that nobody chose. */
const noise = 'e7a1c95b3d8f2604e7a1c95b3d8f2604'

/** Nibbles from the start of an address, as text, that differ in the last one; and how many full levels are directly above. */
interface Siblings {
  paths: string[]
  full: number
}

/**
 * The PTR answers of an IPv6 block, found by going down only where something is: NXDOMAIN for a name says that nothing
 * stands below it (RFC 8020). What a server makes up is left: a name above those of addresses that points somewhere is a
 * wildcard's, and behind two levels on which all names exist an address that nobody chose must not. A server that denies a
 * name although others stand below it hides them. Throws where more than `most` questions would be needed.
 */
export async function* sweepIpv6(
  block: Netblock,
  resolve: Resolve,
  most: number,
): AsyncGenerator<DnsAnswer, void, void> {
  const open: Siblings[] = [{ paths: startsOf(block), full: 0 }]
  for (let asked = 0; open.length > 0;) {
    // The deepest first: what is found early is found whole, and little waits.
    const siblings = open.splice(-siblingsAtOnce)
    const paths = siblings.flatMap(({ paths }) => paths)
    asked += paths.length
    if (asked > most)
      throw new ModuleError(
        'skipped',
        `The block takes more than ${most} questions; what was found until then is kept.`,
      )
    const there = new Set<string>()
    for await (const answer of resolve(paths.map(pointer))) {
      const path = pathOf(answer.name)
      const points = answer.records.some(({ type }) => type === 'PTR')
      if (path.length === 32) {
        if (points) yield answer
      } else if (answer.status === 'NODATA' && !points) there.add(path)
    }
    /** Addresses that nobody chose, and the names beside them. */
    const doubts = new Map<string, string[]>()
    for (const { paths, full } of siblings) {
      const found = paths.filter((path) => there.has(path))
      const fullHere = found.length === 16 ? full + 1 : 0
      if (fullHere >= 2 && 32 - found[0]!.length >= leastFreeNibbles)
        doubts.set((found[0]!.slice(0, -1) + noise).slice(0, 32), found)
      else open.push(...found.map((path) => ({ paths: childrenOf(path), full: fullHere })))
    }
    asked += doubts.size
    for await (const { name, status } of resolve([...doubts.keys()].map(pointer))) {
      const found = status === 'NXDOMAIN' ? doubts.get(pathOf(name))! : []
      open.push(...found.map((path) => ({ paths: childrenOf(path), full: 0 })))
    }
  }
}

const nibbles = '0123456789abcdef'.split('')

function childrenOf(path: string): string[] {
  return nibbles.map((nibble) => path + nibble)
}

/** The shortest whole nibbles that the block's prefix leads to: one path, or up to eight where it ends within a nibble. */
function startsOf({ bytes, prefix }: Netblock): string[] {
  const path = Buffer.from(bytes).toString('hex')
  const whole = prefix >> 2
  const rest = prefix & 3
  if (rest === 0 && whole > 0) return [path.slice(0, whole)]
  const first = Number.parseInt(path[whole]!, 16)
  return nibbles.slice(first, first + 2 ** (4 - rest)).map((nibble) => path.slice(0, whole) + nibble)
}

function pointer(path: string): DnsQuestion {
  return { name: `${path.split('').reverse().join('.')}.ip6.arpa`, type: 'PTR' }
}

function pathOf(name: string): string {
  return name.slice(0, -'.ip6.arpa'.length).split('.').reverse().join('')
}
