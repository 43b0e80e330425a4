import { randomBytes } from 'node:crypto'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/** What people make has a given id: a prefix and 12 random characters, `run_k3v7…` (60 bits). */
export function newId(prefix: string): string {
  let id = `${prefix}_`
  for (const byte of randomBytes(12)) id += alphabet[byte & 31]!
  return id
}

/** `length` random bytes as text that is safe in URLs and headers: for keys and tokens. */
export function newSecret(length = 32): string {
  return randomBytes(length).toString('base64url')
}
