import { canonicalAddress } from '../../address.ts'
import { blocksOfRange, formatNetblock, parseNetblock } from '../../netblock.ts'
import { isDefanged, refang } from '../../refang.ts'
import { type EntityDefinition, type Match, displayAsIs } from '../definition.ts'

export const netblock: EntityDefinition = {
  type: 'netblock',
  version: 1,
  title: 'Netblock',
  plural: 'Netblocks',
  form: 'CIDR with the host bits cleared: `192.0.2.0/24`; a range that is exactly one block is that block',
  examples: [
    { raw: '192.0.2.77/24', value: '192.0.2.0/24' },
    { raw: '2001:DB8:1::/32', value: '2001:db8::/32' },
    { raw: '192.0.2.0 - 192.0.2.255', value: '192.0.2.0/24' },
    { raw: '10.0.0.0-3', value: '10.0.0.0/30' },
    { raw: '192.0.2.0/255.255.255.0', value: '192.0.2.0/24' },
    { raw: '::ffff:10.0.0.0/104', value: '10.0.0.0/8' },
  ],
  counterExamples: [
    '192.0.2.0',
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '10.0.0.3-8',
    '192.0.2.9-192.0.2.1',
    '1.2.3/24',
    '2001:db8::/129',
    '',
  ],
  normalise: normaliseNetblock,
  find: findNetblocks,
  display: displayAsIs,
}

/** One CIDR block in canonical form; a range is accepted when it is exactly one block. */
function normaliseNetblock(raw: string): string | undefined {
  if (raw.length > 256) return undefined
  const trimmed = raw.trim()
  const plain = isDefanged(trimmed) ? refang(trimmed).text : trimmed
  const block = parseNetblock(plain)
  if (block) return formatNetblock(block)
  const range = parseRange(plain)
  const blocks = range ? blocksOfRange(range.first, range.last) : []
  return blocks.length === 1 ? formatNetblock(blocks[0]!) : undefined
}

/** First and last address of `a-b`, or of `192.0.2.3-8` where the end replaces the last part; undefined for anything else. */
export function parseRange(text: string): { first: string; last: string } | undefined {
  if (text.length > 256) return undefined
  const [left, right, ...rest] = text.split(/\s*[-–]\s*/)
  if (left === undefined || right === undefined || rest.length > 0) return undefined
  const first = canonicalAddress(left)
  if (first === undefined) return undefined
  const isPart = /^\d{1,3}$/.test(right) && first.includes('.')
  const last = canonicalAddress(isPart ? `${first.slice(0, first.lastIndexOf('.'))}.${Number(right)}` : right)
  return last === undefined ? undefined : { first, last }
}

const cidr = /(?<![\w.:/-])(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]{0,4}(?::[\da-f]{0,4}){2,8})\/\d{1,3}(?![\w/-]|\.\d)/gi

function findNetblocks(text: string): Match[] {
  const matches: Match[] = []
  for (const { 0: raw, index } of text.matchAll(cidr)) {
    const block = parseNetblock(raw)
    if (block) matches.push({ value: formatNetblock(block), raw, index })
  }
  return matches
}
