import { isValidIBAN } from 'ibantools'
import { standsAlone } from '../characters.ts'
import type { EntityDefinition, Match } from '../definition.ts'

export const bankAccount: EntityDefinition = {
  type: 'bank-account',
  version: 1,
  title: 'Bank account',
  plural: 'Bank accounts',
  form: 'IBAN (ISO 13616) in capitals without spaces, checksum and length right for its country',
  examples: [
    { raw: 'DE89 3704 0044 0532 0130 00', value: 'DE89370400440532013000' },
    { raw: 'gb29-nwbk-6016-1331-9268-19', value: 'GB29NWBK60161331926819' },
    { raw: 'IBAN: FR14 2004 1010 0505 0001 3M02 606', value: 'FR1420041010050500013M02606' },
  ],
  counterExamples: ['DE88370400440532013000', 'XX89370400440532013000', 'DE89', 'US12345678901234567890', ''],
  normalise: normaliseIban,
  find: findIbans,
  display: (value) => value.replace(/.{4}(?=.)/g, '$& '),
}

function normaliseIban(raw: string): string | undefined {
  if (raw.length > 64) return undefined
  const iban = raw
    .replace(/^\s*IBAN\s*:?/i, '')
    .replace(/[\s-]/g, '')
    .toUpperCase()
  return isValidIBAN(iban) ? iban : undefined
}

const candidate = /[A-Z]{2}\d{2}(?:[ ]?[A-Z\d]){11,30}/g

/** In text groups are parted by single spaces; a word that follows is cut off group by group. */
function findIbans(text: string): Match[] {
  const matches: Match[] = []
  for (const { 0: whole, index } of text.matchAll(candidate)) {
    for (let raw = whole; raw.length >= 15; raw = raw.slice(0, Math.max(raw.lastIndexOf(' '), 0))) {
      const value = standsAlone(text, index, index + raw.length) ? normaliseIban(raw) : undefined
      if (value === undefined) continue
      matches.push({ value, raw, index })
      break
    }
  }
  return matches
}
