import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(8_192)
let at = pool.length

function reserve(bytes: number): number {
  if (at + bytes > pool.length) {
    randomFillSync(pool)
    at = 0
  }
  at += bytes
  return at - bytes
}

/** Unpredictable numbers, for ids, ports and the case of names: what a forger must guess (RFC 5452). */
export function random16(): number {
  return pool.readUInt16LE(reserve(2))
}

export function random32(): number {
  return pool.readInt32LE(reserve(4))
}

/** A label that no zone has: 15 random letters. */
export function randomLabel(): string {
  let label = ''
  for (let i = 0; i < 15; i++) label += String.fromCharCode(97 + (random16() % 26))
  return label
}
