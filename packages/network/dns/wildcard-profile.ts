import type { DnsAnswer, DnsRecord, DnsStatus, RecordType } from '@mirage/model/exchange.ts'
import { labelsOf } from './wire/name.ts'

/** What random labels below one parent answered for one type. */
export interface TypeProfile {
  statuses: Set<DnsStatus>
  /** Targets of the first CNAME, and data of the type asked, with the label asked for as `*`. */
  targets: Set<string>
  data: Set<string>
  /** The networks of the addresses in `data`: /24 and /48. */
  networks: Set<string>
  /** Some answers had a CNAME, some had none. */
  withTarget: boolean
  withoutTarget: boolean
  /** The last probes still brought something new: the answers come from a pool of unknown size. */
  rotating: boolean
  probes: number
}

export function emptyProfile(): TypeProfile {
  return {
    statuses: new Set(),
    targets: new Set(),
    data: new Set(),
    networks: new Set(),
    withTarget: false,
    withoutTarget: false,
    rotating: false,
    probes: 0,
  }
}

/** True when the answer says something of the name: a resolver's failure does not. */
export function isConclusive(answer: DnsAnswer): boolean {
  return answer.status === 'NOERROR' || answer.status === 'NODATA' || answer.status === 'NXDOMAIN'
}

/** True when the name is there: it has records, or others of its types or names below it do, or it points nowhere. */
export function exists(answer: DnsAnswer): boolean {
  if (answer.status === 'NOERROR' || answer.status === 'NODATA') return true
  return answer.status === 'NXDOMAIN' && answer.records.length > 0
}

/** Adds what a random label answered; true when it brought something new. */
export function addToProfile(profile: TypeProfile, answer: DnsAnswer): boolean {
  const { statuses, targets, data, networks } = profile
  const before = statuses.size + targets.size + data.size
  const seen = contentOf(answer)
  statuses.add(answer.status)
  if (seen.target === undefined) profile.withoutTarget ||= seen.data.length > 0
  else {
    profile.withTarget = true
    targets.add(seen.target)
  }
  for (const item of seen.data) {
    data.add(item)
    networks.add(networkOf(answer.type, item))
  }
  profile.probes++
  return statuses.size + targets.size + data.size > before
}

/**
 * True when the profile explains the answer, so that nothing shows that its name exists by itself. Unequal is: another
 * status (a real name of other types has no data where the wildcard has), a CNAME that random labels do not have, or
 * an address out of their pool; of a pool that rotates, out of all networks it was seen in.
 */
export function explains(profile: TypeProfile, answer: DnsAnswer): boolean {
  if (profile.probes === 0) return true
  if (!profile.statuses.has(answer.status)) return false
  const { target, data } = contentOf(answer)
  if (target !== undefined) {
    if (profile.targets.has(target)) return true
    return profile.withTarget && profile.rotating && profile.targets.size > 3
  }
  if (data.length === 0) return true
  if (!profile.withoutTarget) return false
  if (data.every((item) => profile.data.has(item))) return true
  if (!profile.rotating) return false
  return data.every((item) => profile.networks.has(networkOf(answer.type, item)))
}

function contentOf(answer: DnsAnswer): { target: string | undefined; data: string[] } {
  const label = labelsOf(answer.name)[0] ?? ''
  const first = answer.records.find((record) => record.type === 'CNAME' && record.name === answer.name)
  const data = answer.records.filter((record) => record.type === answer.type).map((record) => dataOf(record, label))
  return { target: first === undefined ? undefined : withoutLabel(first.data, label), data }
}

function dataOf(record: DnsRecord, label: string): string {
  if (record.type === 'A' || record.type === 'AAAA') return record.data
  return withoutLabel(record.data, label)
}

/** Some wildcards repeat the label asked for in what they answer. */
function withoutLabel(data: string, label: string): string {
  if (label.length >= 4) return data.replaceAll(label, '*')
  return data
    .split('.')
    .map((part) => (part === label ? '*' : part))
    .join('.')
}

function networkOf(type: RecordType, data: string): string {
  if (type === 'A') return data.slice(0, data.lastIndexOf('.'))
  if (type !== 'AAAA') return data
  const head = data.split('::')[0]!.split(':')
  return [0, 1, 2].map((i) => head[i] ?? '0').join(':')
}
