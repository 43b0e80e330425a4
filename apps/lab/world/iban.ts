import { mix } from './random.ts'

/** A British account number of a bank that does not exist, with right check digits (ISO 7064 MOD 97-10), in groups of four. */
export function ibanOf(seed: number, index: number): string {
  const account = `NWND${String(mix(seed, 900 + index) % 1e9).padStart(14, '0')}`
  const digits = `${account}GB00`
    .split('')
    .map((character) => String(Number.parseInt(character, 36)))
    .join('')
  const check = 98n - (BigInt(digits) % 97n)
  return `GB${String(check).padStart(2, '0')}${account}`.replace(/.{4}(?=.)/g, '$& ')
}
