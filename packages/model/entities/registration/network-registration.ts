import { canonicalAddress, formatAddress, parseAddress } from '../../address.ts'
import { blocksOfRange, boundsOf, formatNetblock, parseNetblock, toBigInt } from '../../netblock.ts'
import type { EntityDefinition } from '../definition.ts'
import { parseRange } from '../infrastructure/netblock.ts'

export const networkRegistration: EntityDefinition = {
  type: 'network-registration',
  version: 1,
  title: 'Network registration',
  plural: 'Network registrations',
  form: '`first-last`: the registered range, which need not be one CIDR block; its handle and registry are attributes',
  examples: [
    { raw: '192.0.2.0 - 192.0.2.255', value: '192.0.2.0-192.0.2.255' },
    { raw: '2001:DB8::/32', value: '2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff' },
    { raw: '192.0.2.4-192.0.2.9', value: '192.0.2.4-192.0.2.9' },
  ],
  counterExamples: ['192.0.2.9-192.0.2.1', '192.0.2.1-2001:db8::', 'NET-192-0-2-0-1', '192.0.2.1', ''],
  normalise: normaliseRegistration,
  display: (value) => {
    const range = parseRange(value)
    const blocks = range ? blocksOfRange(range.first, range.last) : []
    return blocks.length === 1 ? formatNetblock(blocks[0]!) : value
  },
}

function normaliseRegistration(raw: string): string | undefined {
  if (raw.length > 256) return undefined
  const text = raw.trim()
  const block = parseNetblock(text)
  if (block) {
    const { first, last } = boundsOf(block)
    return `${canonicalAddress(formatAddress(first))}-${formatAddress(last)}`
  }
  const range = parseRange(text)
  const [first, last] = range ? [parseAddress(range.first), parseAddress(range.last)] : []
  const isOrdered = first && last && first.length === last.length && toBigInt(first) <= toBigInt(last)
  return isOrdered ? `${range!.first}-${range!.last}` : undefined
}
