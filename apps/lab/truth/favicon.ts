/**
 * The favicon hash that internet-wide scanners index: MurmurHash3 (x86, 32 bit, seed 0) of the file in base64, broken
 * into lines of 76 characters, each with its line feed; signed.
 */
export function faviconFingerprint(icon: Uint8Array): string {
  const lines = Buffer.from(icon)
    .toString('base64')
    .replace(/.{1,76}/g, '$&\n')
  return `favicon-mmh3:${murmur3(Buffer.from(lines, 'latin1'))}`
}

function murmur3(bytes: Buffer): number {
  let hash = 0
  let at = 0
  for (; at + 4 <= bytes.length; at += 4)
    hash = Math.imul(rotate(hash ^ scramble(bytes.readInt32LE(at)), 13), 5) + 0xe6546b64
  if (at < bytes.length) hash ^= scramble(bytes.readUIntLE(at, bytes.length - at) | 0)
  hash ^= bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) | 0
}

function scramble(block: number): number {
  return Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593)
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
