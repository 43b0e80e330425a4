import { reverseName } from '@mirage/model/address.ts'
import type { DnsAnswer, DnsQuestion } from '@mirage/model/exchange.ts'
import { addressesOf, type Netblock } from '@mirage/model/netblock.ts'
import { isConclusive } from '@mirage/module-sdk/dns.ts'

export type Resolve = (questions: Iterable<DnsQuestion>) => AsyncIterable<DnsAnswer>

/**
 * The PTR answers of every address of an IPv4 block, at most a /16, each asked for: servers that deny a zone in between
 * although there is something in it are too many to leave parts out by that. Where a zone answers for a number that no
 * address has (256), a wildcard makes its answers up, and those that equal it are left out; where nobody tells, so is all
 * of the zone.
 */
export async function* sweepIpv4(block: Netblock, resolve: Resolve): AsyncGenerator<DnsAnswer, void, void> {
  const madeUp = new Map<string, Set<string>>()
  for await (const answer of resolve(pointers(impossibleNames(block))))
    if (isConclusive(answer))
      madeUp.set(
        zoneOf(answer.name),
        new Set(answer.records.filter(({ type }) => type === 'PTR').map(({ data }) => data)),
      )
  for await (const answer of resolve(pointers(names(block)))) {
    const wildcard = madeUp.get(zoneOf(answer.name))
    if (!wildcard) continue
    const records = answer.records.filter(({ type, data }) => type !== 'PTR' || !wildcard.has(data))
    if (records.length > 0) yield { ...answer, records }
  }
}

function* names(block: Netblock): Generator<string, void, void> {
  for (const address of addressesOf(block)) yield reverseName(address)
}

/** Of each zone of 256 addresses, the name behind its last one. */
function* impossibleNames({ bytes, prefix }: Netblock): Generator<string, void, void> {
  const [a, b, c] = bytes as Iterable<number> as [number, number, number] // at least three
  const zones = 2 ** Math.max(24 - prefix, 0)
  for (let i = 0; i < zones; i++) yield `256.${c + i}.${b}.${a}.in-addr.arpa`
}

function* pointers(names: Iterable<string>): Generator<DnsQuestion, void, void> {
  for (const name of names) yield { name, type: 'PTR' }
}

function zoneOf(name: string): string {
  return name.slice(name.indexOf('.') + 1)
}
