/**
 * The favicon hash that Shodan and others index: MurmurHash3 (x86, 32 bit, seed 0, signed) of the base64 text of the
 * file in lines of 76 characters, each ended by a line feed.
 */
export function faviconHash(icon: Uint8Array): number {
  const base64 = Buffer.from(icon).toString('base64')
  const lines = base64.match(/.{1,76}/g) ?? []
  return murmur3(new TextEncoder().encode(lines.map((line) => `${line}\n`).join('')))
}

/** MurmurHash3_x86_32 with seed 0, as a signed integer (Appleby, SMHasher). */
export function murmur3(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const blocks = bytes.length >> 2
  let hash = 0
  for (let i = 0; i < blocks; i++) {
    hash ^= mixBlock(view.getUint32(i * 4, true))
    hash = rotate(hash, 13)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let i = bytes.length - 1; i >= blocks * 4; i--) tail = (tail << 8) | bytes[i]!
  if (bytes.length % 4 > 0) hash ^= mixBlock(tail)
  hash ^= bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) | 0
}

function mixBlock(block: number): number {
  return Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593)
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
