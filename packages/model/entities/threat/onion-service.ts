import { hash } from 'node:crypto'
import { standsAlone } from '../characters.ts'
import { type EntityDefinition, type Match, displayAsIs } from '../definition.ts'

export const onionService: EntityDefinition = {
  type: 'onion-service',
  version: 1,
  title: 'Onion service',
  plural: 'Onion services',
  form: 'version 3: 56 base32 characters with a right checksum and `.onion`, without names below it',
  examples: [
    {
      raw: 'http://www.PG6MMJIYJMCRSSLVYKFWNNTLARU7P5SVN6Y2YMMJU6NUBXNDF4PSCRYD.onion/page',
      value: 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion',
    },
    {
      raw: 'sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd.onion',
      value: 'sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd.onion',
    },
  ],
  counterExamples: [
    'expyuzz4wqqyqhjn.onion',
    'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscrya.onion',
    'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd',
    'example.com',
    '',
  ],
  normalise: normaliseOnion,
  find: findOnions,
  display: displayAsIs,
}

/** The address of an onion service (Tor rend-spec-v3 §6): base32 of public key, two bytes of checksum, version 3. */
function normaliseOnion(raw: string): string | undefined {
  if (raw.length > 4096) return undefined
  const text = raw.trim().toLowerCase().replace('[.]onion', '.onion')
  const label = /^(?:[a-z]{2,8}:\/\/)?(?:[a-z\d_-]{1,63}\.){0,9}([a-z2-7]{56})\.onion\.?(?:[:/?#].*)?$/s.exec(text)?.[1]
  return label !== undefined && hasRightChecksum(label) ? `${label}.onion` : undefined
}

function hasRightChecksum(label: string): boolean {
  const bytes = base32(label)
  const key = bytes.subarray(0, 32)
  if (bytes[34] !== 3) return false
  const sum = hash('sha3-256', Buffer.concat([Buffer.from('.onion checksum'), key, Buffer.of(3)]), 'buffer')
  return sum[0] === bytes[32] && sum[1] === bytes[33]
}

function base32(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length * 5) >> 3)
  let buffer = 0
  let bits = 0
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    buffer = ((buffer << 5) | (code >= 97 ? code - 97 : code - 24)) & 0xfff
    bits += 5
    if (bits >= 8) bytes[at++] = buffer >> (bits -= 8)
  }
  return bytes
}

function findOnions(text: string): Match[] {
  const matches: Match[] = []
  for (const { index } of text.matchAll(/\.onion/gi)) {
    const start = index - 56
    const raw = start < 0 ? '' : text.slice(start, index + 6)
    const value = raw !== '' && standsAlone(text, start, index + 6) ? normaliseOnion(raw) : undefined
    if (value !== undefined) matches.push({ value, raw, index: start })
  }
  return matches
}
