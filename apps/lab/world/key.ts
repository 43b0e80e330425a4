import { createECDH, createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { integer, sequence } from './der.ts'

/**
 * Keys and signatures that follow from the seed, so that certificates, and with them their fingerprints, are facts of
 * the world. They protect nothing.
 */
export interface SigningKey {
  /** The scalar, 32 bytes. */
  secret: Buffer
  /** The uncompressed point, 65 bytes. */
  point: Buffer
}

/** The order of the group of P-256 (FIPS 186-5). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The P-256 key that this text stands for. */
export function keyOf(text: string): SigningKey {
  const secret = toBytes((toNumber(createHash('sha256').update(text).digest()) % (order - 1n)) + 1n)
  return { secret, point: pointOf(secret) }
}

/** The ECDSA signature of `message` with SHA-256, as DER; the nonce follows from key and message, as in RFC 6979. */
export function sign(key: SigningKey, message: Uint8Array): Uint8Array {
  const digest = createHash('sha256').update(message).digest()
  const z = toNumber(digest)
  const d = toNumber(key.secret)
  for (let attempt = 0; ; attempt++) {
    const nonce = createHash('sha256').update(key.secret).update(digest).update(String(attempt)).digest()
    const k = toNumber(nonce) % order
    if (k === 0n) continue
    const r = toNumber(pointOf(toBytes(k)).subarray(1, 33)) % order
    const s = (inverse(k) * (z + r * d)) % order
    if (r !== 0n && s !== 0n) return sequence(integer(toBytes(r)), integer(toBytes(s)))
  }
}

/** The key as Node's TLS takes it. */
export function privateKeyOf({ secret, point }: SigningKey): KeyObject {
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: secret.toString('base64url'),
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  })
}

function pointOf(secret: Buffer): Buffer {
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(secret)
  return curve.getPublicKey()
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

function toBytes(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex')
}

/** The inverse modulo the order, by the extended Euclidean algorithm. */
function inverse(number: bigint): bigint {
  let [a, b] = [number, order]
  let [x, y] = [1n, 0n]
  while (b !== 0n) {
    const quotient = a / b
    ;[a, b] = [b, a - quotient * b]
    ;[x, y] = [y, x - quotient * y]
  }
  return x < 0n ? x + order : x
}
