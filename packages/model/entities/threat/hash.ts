import { standsAlone } from '../characters.ts'
import { type EntityDefinition, type Match, displayAsIs } from '../definition.ts'

export const hash: EntityDefinition = {
  type: 'hash',
  version: 1,
  title: 'Hash',
  plural: 'Hashes',
  form: '`algorithm:digest` in lower-case hexadecimal: `md5:`, `sha1:`, `sha256:`, `sha384:`, `sha512:`; also `ssdeep:`, `tlsh:`',
  examples: [
    { raw: 'D41D8CD98F00B204E9800998ECF8427E', value: 'md5:d41d8cd98f00b204e9800998ecf8427e' },
    { raw: 'SHA-1=da39a3ee5e6b4b0d3255bfef95601890afd80709', value: 'sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709' },
    {
      raw: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      value: 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
    {
      raw: 'ssdeep:3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C',
      value: 'ssdeep:3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C',
    },
  ],
  counterExamples: [
    'd41d8cd98f00b204e9800998ecf8427',
    'sha256:d41d8cd98f00b204e9800998ecf8427e',
    'sha256:',
    'zz1d8cd98f00b204e9800998ecf8427e',
    '',
  ],
  normalise: normaliseHash,
  find: findHashes,
  display: displayAsIs,
}

const digits: Record<string, number> = { md5: 32, sha1: 40, sha224: 56, sha256: 64, sha384: 96, sha512: 128 }
const byLength = new Map(Object.entries(digits).map(([algorithm, length]) => [length, algorithm]))

/** A digest with or without its algorithm; without, its length tells. */
export function normaliseHash(raw: string): string | undefined {
  if (raw.length > 512) return undefined
  const text = raw.trim()
  const fuzzy = /^(?:(ssdeep):(\d{1,10}:[A-Za-z\d+/]{1,64}:[A-Za-z\d+/]{1,64})|(tlsh):(?:T1)?([\da-f]{70}))$/i.exec(
    text,
  )
  if (fuzzy) return fuzzy[1] === undefined ? `tlsh:t1${fuzzy[4]!.toLowerCase()}` : `ssdeep:${fuzzy[2]}`
  const match = /^(?:(md5|sha-?(?:1|224|256|384|512))\s?[:=]\s?)?([\da-f]{32,128})$/i.exec(text)
  if (!match) return undefined
  const algorithm = match[1]?.toLowerCase().replace('-', '') ?? byLength.get(match[2]!.length)
  return algorithm !== undefined && digits[algorithm] === match[2]!.length
    ? `${algorithm}:${match[2]!.toLowerCase()}`
    : undefined
}

/** Bare digests of MD5, SHA-1, SHA-256 and SHA-512 with at least one letter: a run of digits is a number. */
function findHashes(text: string): Match[] {
  const matches: Match[] = []
  for (const { 0: raw, index } of text.matchAll(/[\da-f]{32,128}/gi)) {
    if (raw.length === 56 || raw.length === 96 || !/[a-f]/i.test(raw) || !standsAlone(text, index, index + raw.length))
      continue
    const value = normaliseHash(raw)
    if (value !== undefined) matches.push({ value, raw, index })
  }
  return matches
}
