import { sha256 } from '@noble/hashes/sha2.js'

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const digitOf = new Map(alphabet.split('').map((character, digit) => [character, digit]))

/** The version bytes of main-net addresses: a public key's hash (`1…`) and a script's (`3…`). */
const versions = new Set([0x00, 0x05])

const length = 25

/**
 * True for a Bitcoin address in Base58Check with a right checksum: a version byte, a hash of 20 bytes and the first four
 * bytes of their double SHA-256, each leading zero byte written as one `1` (Bitcoin wiki, "Base58Check encoding").
 */
export function isBase58Address(address: string): boolean {
  if (address.length < 26 || address.length > 35) return false
  const bytes = new Uint8Array(length)
  for (const character of address.split('')) {
    let carry = digitOf.get(character)
    if (carry === undefined) return false
    for (let i = length - 1; i >= 0; i--) {
      carry += bytes[i]! * 58
      bytes[i] = carry & 255
      carry >>= 8
    }
    if (carry !== 0) return false
  }
  const zeros = bytes.findIndex((byte) => byte !== 0)
  const ones = /^1*/.exec(address)![0].length
  if (zeros !== ones || !versions.has(bytes[0]!)) return false
  const checksum = sha256(sha256(bytes.subarray(0, 21)))
  return checksum.subarray(0, 4).every((byte, i) => byte === bytes[21 + i])
}
