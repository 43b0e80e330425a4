import { type EntityDefinition, type Match, displayAsIs } from '../definition.ts'

export const asn: EntityDefinition = {
  type: 'asn',
  version: 1,
  title: 'AS number',
  plural: 'AS numbers',
  form: '`AS` and a number from 1 to 4294967295: `AS64500`',
  examples: [
    { raw: 'as64500', value: 'AS64500' },
    { raw: 'AS 64500', value: 'AS64500' },
    { raw: '64500', value: 'AS64500' },
    { raw: 'ASN064500', value: 'AS64500' },
    { raw: 'AS1.10', value: 'AS65546' },
  ],
  counterExamples: ['AS0', 'AS4294967296', 'ASX', 'AS', 'AS-64500', 'AS1.70000', ''],
  normalise: normaliseAsn,
  find: findAsns,
  display: displayAsIs,
}

/** `AS<n>`; also a bare number, and the asdot form of RFC 5396 behind `AS`. */
export function normaliseAsn(raw: string): string | undefined {
  const match = /^\s*(?:ASN?\s{0,4})?0{0,9}(\d{1,10})(?:(?<=AS\s{0,4}\d{1,10})\.(\d{1,5}))?\s*$/i.exec(raw)
  if (!match) return undefined
  const [, high = '', low] = match
  if (low !== undefined && (Number(high) > 65_535 || Number(low) > 65_535)) return undefined
  const number = low === undefined ? Number(high) : Number(high) * 65_536 + Number(low)
  return number >= 1 && number <= 4_294_967_295 ? `AS${number}` : undefined
}

function findAsns(text: string): Match[] {
  const matches: Match[] = []
  for (const { 0: raw, index } of text.matchAll(/(?<![\w-])ASN?[ ]?[1-9]\d{0,9}(?![\w-]|\.\d)/g)) {
    const value = normaliseAsn(raw)
    if (value !== undefined) matches.push({ value, raw, index })
  }
  return matches
}
