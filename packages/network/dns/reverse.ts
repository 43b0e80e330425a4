import type { DnsAnswer, DnsQuestion } from '@mirage/model/exchange.ts'
import ipaddr from 'ipaddr.js'
import type { Questions } from './answer-stream.ts'

/** The name under which an address has its PTR record (RFC 1035 §3.5, RFC 3596 §2.5). Throws on what is no address. */
export function reverseName(address: string): string {
  const parsed = ipaddr.parse(address)
  const bytes = parsed.toByteArray()
  if (parsed.kind() === 'ipv4') return `${bytes.toReversed().join('.')}.in-addr.arpa`
  return `${nibblesOf(bytes).toReversed().join('.')}.ip6.arpa`
}

function nibblesOf(bytes: number[]): string[] {
  return bytes.flatMap((byte) => [(byte >> 4).toString(16), (byte & 15).toString(16)])
}

/** A PTR question for each address of an IPv4 netblock, in order. Throws on what is no IPv4 CIDR. */
export function* reverseQuestions(netblock: string): Generator<DnsQuestion, void, void> {
  const [address, length] = ipaddr.IPv4.parseCIDR(netblock)
  const first = (ipaddr.IPv4.networkAddressFromCIDR(netblock).toByteArray() as [number, number, number, number]).reduce(
    (sum, byte) => sum * 256 + byte,
    0,
  )
  if (address.kind() !== 'ipv4') return
  for (let i = 0; i < 2 ** (32 - length); i++) {
    const value = first + i
    const bytes = [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) & 255)
    yield { name: `${bytes.toReversed().join('.')}.in-addr.arpa`, type: 'PTR' }
  }
}

/**
 * The PTR records of an IPv6 netblock, by descending only into those parts of the reverse tree that exist: NXDOMAIN
 * for a nibble says that nothing lies below it (RFC 8020). A tree in which whole levels exist is made up by its server
 * and is left; no more than `maxQuestions` are asked.
 */
export async function* sweepIpv6(
  netblock: string,
  resolve: (questions: Questions) => AsyncIterable<DnsAnswer>,
  maxQuestions = 20_000,
): AsyncGenerator<DnsAnswer, void, void> {
  const [, length] = ipaddr.IPv6.parseCIDR(netblock)
  const nibbles = nibblesOf(ipaddr.IPv6.networkAddressFromCIDR(netblock).toByteArray())
  const fixed = Math.floor(length / 4)
  const free = length % 4
  /** Prefixes whose children are asked next, with the number of full levels directly above. */
  let level = [{ prefix: nibbles.slice(0, fixed).join(''), full: 0 }]
  let asked = 0
  for (let depth = fixed; depth < 32 && level.length > 0; depth++) {
    const parents = new Map(level.map((item) => [item.prefix, { full: item.full, children: [] as string[] }]))
    const questions: DnsQuestion[] = []
    for (const { prefix } of level) {
      for (let nibble = 0; nibble < 16; nibble++) {
        const inside =
          depth > fixed || nibble >> (4 - free) === Number.parseInt(nibbles[fixed] ?? '0', 16) >> (4 - free)
        if (inside) questions.push({ name: nameOf(prefix + nibble.toString(16)), type: 'PTR' })
      }
    }
    asked += questions.length
    if (asked > maxQuestions) return
    for await (const answer of resolve(questions)) {
      if (answer.status !== 'NOERROR' && answer.status !== 'NODATA') continue
      const found = answer.name.slice(0, -'.ip6.arpa'.length).split('.').toReversed().join('')
      if (depth === 31) {
        if (answer.status === 'NOERROR') yield answer
      } else parents.get(found.slice(0, -1))?.children.push(found)
    }
    level = [...parents.values()].flatMap(({ full, children }) => {
      const fullHere = children.length === 16 ? full + 1 : 0
      return fullHere >= 2 ? [] : children.map((prefix) => ({ prefix, full: fullHere }))
    })
  }
}

function nameOf(nibbles: string): string {
  return `${nibbles.split('').toReversed().join('.')}.ip6.arpa`
}
