import { compareNames } from '@mirage/model/canonical-order.ts'
import { isBelow } from '@mirage/model/domain-name.ts'
import type { DnsAnswer, DnsRecord } from '@mirage/model/exchange.ts'
import { isConclusive } from '@mirage/module-sdk/dns.ts'

/**
 * Why a walk ended. `whole`: back at the start. `none`: the zone has no NSEC (NSEC3, or no DNSSEC). `minimal`: its server
 * makes its records up (RFC 4470, RFC 9824), so that they lead nowhere. `broken`: nobody gave the record that follows, or
 * it leads out of the zone or back. `limit`: there is more.
 */
export type WalkEnd = 'whole' | 'none' | 'minimal' | 'broken' | 'limit'

export interface Walk {
  end: WalkEnd
  /** The name whose record came last. */
  at: string
}

/**
 * Every name of a zone signed with NSEC but its own, in canonical order and as it stands there (`*.` too): each record
 * names the next one (RFC 4034 §4.1.1, RFC 5155 §1.1). `ask` puts a question for NSEC. Where a name has no record to show,
 * because a zone below answers for it, the name directly behind is asked for instead, whose proof is the same record.
 */
export async function* walkChain(
  zone: string,
  ask: (name: string) => Promise<DnsAnswer>,
  most: number,
): AsyncGenerator<string, Walk, void> {
  let at = zone
  for (let count = 0; count <= most; count++) {
    const answer = await ask(at)
    const record = nsecOf(at, zone, answer) ?? (at === zone ? undefined : nsecOf(at, zone, await ask(behind(at))))
    if (record === undefined) return { end: at === zone && isConclusive(answer) ? 'none' : 'broken', at }
    const next = record.data.split(' ', 1)[0]!
    // No host and no service is named by a null byte; what is made up is.
    if (next.includes('\\000')) return { end: 'minimal', at }
    if (next === zone) return { end: 'whole', at }
    if (!isBelow(next, zone) || compareNames(next, at) <= 0) return { end: 'broken', at }
    if (count === most) break
    yield next
    at = next
  }
  return { end: 'limit', at }
}

/** The record that a name has in this zone. That of a zone below has the SOA among its types. */
function nsecOf(owner: string, zone: string, { records, proof = [] }: DnsAnswer): DnsRecord | undefined {
  return [...records, ...proof].find(
    ({ name, type, data }) =>
      type === 'NSEC' && name === owner && (owner === zone || !data.split(' ').includes('SOA', 1)),
  )
}

/** The first name behind another and all that is below it. */
function behind(name: string): string {
  return name.replace(/^(?:\\.|[^.\\])+/, '$&\\000')
}
