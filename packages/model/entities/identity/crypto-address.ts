import { keccak_256 } from '@noble/hashes/sha3.js'
import { Network, validate } from 'bitcoin-address-validation'
import { standsAlone } from '../characters.ts'
import { isBase58Address } from './base58.ts'
import type { EntityDefinition, Match } from '../definition.ts'

export const cryptoAddress: EntityDefinition = {
  type: 'crypto-address',
  version: 1,
  title: 'Crypto-currency address',
  plural: 'Crypto-currency addresses',
  form: '`btc:` and a main-net address with a right checksum, or `eth:0x` and 40 lower-case hexadecimal digits',
  examples: [
    { raw: '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', value: 'btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa' },
    { raw: 'BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4', value: 'btc:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' },
    { raw: 'bitcoin:3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy?amount=1', value: 'btc:3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy' },
    { raw: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed', value: 'eth:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed' },
    { raw: 'eth:0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359', value: 'eth:0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359' },
  ],
  counterExamples: [
    '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb',
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD',
    '0x1234',
    'tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx',
    'doge:DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L',
    '',
  ],
  normalise: normaliseCrypto,
  find: findCrypto,
  display: (value) => (value.startsWith('eth:') ? `eth:${withChecksum(value.slice(4))}` : value),
}

function normaliseCrypto(raw: string): string | undefined {
  if (raw.length > 256) return undefined
  const [, scheme = '', address = ''] =
    /^\s*(?:(btc|bitcoin|eth|ethereum):)?([A-Za-z\d]+)(?:[?@].{0,128})?\s*$/i.exec(raw) ?? []
  const coin = scheme.slice(0, 1).toLowerCase()
  return (coin === 'e' ? undefined : bitcoin(address)) ?? (coin === 'b' ? undefined : ethereum(address))
}

/** Base58 tells case apart, Bech32 does not (BIP 173) and is written in lower case. */
function bitcoin(address: string): string | undefined {
  if (/^[13]/.test(address)) return isBase58Address(address) ? `btc:${address}` : undefined
  const canonical = /^bc1/i.test(address) && !isMixedCase(address) ? address.toLowerCase() : address
  return canonical !== '' && validate(canonical, Network.mainnet) ? `btc:${canonical}` : undefined
}

/** In one case the address carries no checksum; in mixed case its capitals are one (EIP-55). */
function ethereum(address: string): string | undefined {
  if (!/^0x[\da-f]{40}$/i.test(address)) return undefined
  const lower = address.toLowerCase()
  const isRight = !isMixedCase(address.slice(2)) || address === withChecksum(lower)
  return isRight ? `eth:${lower}` : undefined
}

function withChecksum(address: string): string {
  const digits = address.slice(2)
  const hash = keccak_256(Buffer.from(digits, 'latin1'))
  let text = '0x'
  for (let i = 0; i < digits.length; i++) {
    const nibble = (hash[i >> 1]! >> (i % 2 ? 0 : 4)) & 15
    text += nibble >= 8 ? digits[i]!.toUpperCase() : digits[i]!
  }
  return text
}

function isMixedCase(text: string): boolean {
  return text !== text.toLowerCase() && text !== text.toUpperCase()
}

const candidate = /(?:0x[\da-fA-F]{40}|bc1[a-z\d]{11,71}|BC1[A-Z\d]{11,71}|[13][1-9A-HJ-NP-Za-km-z]{25,34})/g

function findCrypto(text: string): Match[] {
  const matches: Match[] = []
  for (const { 0: raw, index } of text.matchAll(candidate)) {
    const value = standsAlone(text, index, index + raw.length) ? normaliseCrypto(raw) : undefined
    if (value !== undefined) matches.push({ value, raw, index })
  }
  return matches
}
