import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { isDigitCode, isWordCode } from '../characters.ts'
import type { EntityDefinition, Match } from '../definition.ts'
import { judgeDigits } from './numbering.ts'

export const phone: EntityDefinition = {
  type: 'phone',
  version: 1,
  title: 'Phone number',
  plural: 'Phone numbers',
  form: 'E.164: `+` and up to 15 digits',
  examples: [
    { raw: '+44 20 7946 0958', value: '+442079460958' },
    { raw: 'tel:+1-202-555-0143', value: '+12025550143' },
    { raw: '0049 (0)30 901820', value: '+4930901820' },
    { raw: '+1 (202) 555-0143 ext. 5', value: '+12025550143' },
  ],
  counterExamples: ['555-0143', '+1', '+999123456789', '+44', 'call me', '+4420794609581234567', ''],
  normalise: normalisePhone,
  find: findPhones,
  display: (value) => parsePhoneNumberFromString(value)?.formatInternational() ?? value,
}

/**
 * An international number of a possible length for its country; an extension is left off. National forms name no
 * country. A number that reads differently once written as E.164 (a stray zero behind the country code) is refused.
 */
function normalisePhone(raw: string): string | undefined {
  if (raw.length > 64) return undefined
  const text = raw
    .trim()
    .replace(/^tel:/i, '')
    .replace(/^00(?=\d)/, '+')
    .replace('(0)', '')
  if (!text.startsWith('+') && !text.startsWith('(+')) return undefined
  const number = parsePhoneNumberFromString(text)
  if (number?.isPossible() !== true || !/^\+[1-9]\d{6,14}$/.test(number.number)) return undefined
  return parsePhoneNumberFromString(number.number)?.number === number.number ? number.number : undefined
}

/** Numbers of one text that are read with all that is known of a country's plan, which takes 20 µs each. */
const maxParsed = 2000

/**
 * Numbers that start with `+`, valid by the numbering plan of their country. In a text of very many different ones, those
 * beyond the first thousands are judged by the general pattern of their country alone.
 */
function findPhones(text: string): Match[] {
  const matches: Match[] = []
  const read = new Map<string, string | undefined>()
  let from = 0
  for (let plus = text.indexOf('+'); plus >= 0; plus = text.indexOf('+', from)) {
    let end = plus + 1
    let last = end
    let digits = 0
    while (end < text.length && end - plus < 26 && isPhoneCode(text.charCodeAt(end))) {
      if (isDigitCode(text.charCodeAt(end++))) {
        digits++
        last = end
      }
    }
    from = plus + 1
    if (digits < 8 || digits > 16 || isWord(text, plus - 1) || isWord(text, last)) continue
    const raw = text.slice(plus, last)
    const value = readPhone(raw, read)
    if (value === undefined) continue
    matches.push({ value, raw, index: plus })
    from = last
  }
  return matches
}

/** The canonical number, or undefined; what was parsed before stands in `read`. */
function readPhone(raw: string, read: Map<string, string | undefined>): string | undefined {
  const plain = raw.replace('(0)', '')
  const digits = plain.replace(/\D/g, '')
  const judgement = judgeDigits(digits)
  if (judgement === undefined) return undefined
  if (read.has(plain)) return read.get(plain)
  if (read.size >= maxParsed) return judgement === 'fits' ? `+${digits}` : undefined
  const number = parsePhoneNumberFromString(plain)
  const value = number?.isValid() === true ? number.number : undefined
  read.set(plain, value)
  return value
}

function isPhoneCode(code: number): boolean {
  return (
    isDigitCode(code) ||
    code === 32 ||
    code === 160 ||
    (code >= 40 && code <= 47 && code !== 42 && code !== 43 && code !== 44)
  )
}

function isWord(text: string, index: number): boolean {
  return index >= 0 && index < text.length && isWordCode(text.charCodeAt(index))
}
