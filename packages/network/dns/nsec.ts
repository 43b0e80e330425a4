import type { DnsQuestion, DnsRecord } from '@mirage/model/exchange.ts'
import { nameToWire } from './wire/name.ts'

/** What the walk needs of an answer: `lane.message` and `queryServer` give it. */
export interface NsecAnswer {
  records: DnsRecord[]
  authority: DnsRecord[]
}

/** A name of the zone and the types that exist there. */
export interface ZoneName {
  name: string
  types: string[]
}

/** `unsigned`: there is no NSEC here (NSEC3, or no DNSSEC). `minimal`: the server makes its NSEC up (RFC 4470, RFC 9824). */
export type WalkEnd = 'complete' | 'unsigned' | 'minimal' | 'broken' | 'limit'

/**
 * Every name of a zone signed with NSEC, in canonical order, by following each record to the next name (RFC 4034 §4,
 * RFC 5155 §1.1). Returns why it ended. Where a name has no NSEC to show (a delegation answered by the child), the
 * gap directly behind it is asked for instead, whose proof is the same record.
 */
export async function* walkNsec(
  zone: string,
  ask: (question: DnsQuestion) => Promise<NsecAnswer | undefined>,
  limit = 100_000,
): AsyncGenerator<ZoneName, WalkEnd, void> {
  const apex = zone.toLowerCase().replace(/\.$/, '')
  let name = apex
  for (let count = 0; count < limit; count++) {
    const record = (await nsecOf(name, ask)) ?? (await nsecOf(name, ask, `\\000.${name}`))
    if (record === undefined) return count === 0 ? 'unsigned' : 'broken'
    const [next = '', ...types] = record.data.split(' ')
    if (next.startsWith('\\000.') || next.includes('\\000.' + name)) return 'minimal'
    yield { name, types }
    if (next === apex) return 'complete'
    if (!next.endsWith(`.${apex}`) || compareNames(next, name) <= 0) return 'broken'
    name = next
  }
  return 'limit'
}

async function nsecOf(
  owner: string,
  ask: (question: DnsQuestion) => Promise<NsecAnswer | undefined>,
  asked = owner,
): Promise<DnsRecord | undefined> {
  const answer = await ask({ name: asked, type: 'NSEC' })
  return [...(answer?.records ?? []), ...(answer?.authority ?? [])].find(
    (record) => record.type === 'NSEC' && record.name === owner,
  )
}

/** Canonical order of names (RFC 4034 §6.1): by label from the right, as bytes. Below 0 when `one` comes first. */
export function compareNames(one: string, other: string): number {
  const left = wireLabels(one)
  const right = wireLabels(other)
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = Buffer.compare(left[i]!, right[i]!)
    if (order !== 0) return order
  }
  return left.length - right.length
}

function wireLabels(name: string): Uint8Array[] {
  const wire = nameToWire(name) ?? new Uint8Array(1)
  const labels: Uint8Array[] = []
  for (let at = 0; wire[at] !== 0; at += wire[at]! + 1) labels.unshift(wire.subarray(at + 1, at + 1 + wire[at]!))
  return labels
}
