/**
 * Says "certainly not" for most ids that a set does not hold, from 10 bits an id: a Bloom filter (Bloom 1970) that grows
 * by a layer four times as large when the last is full (Almeida et al. 2007). About 1 % of the answers are "maybe"
 * without reason.
 */
export interface IdFilter {
  add(key: Uint8Array | string): void
  mayHold(key: Uint8Array | string): boolean
}

interface Layer {
  bits: Uint32Array
  /** Of bits, a power of two. */
  mask: number
  free: number
}

const probes = 6
const firstCapacity = 1 << 16
const bitsAnId = 10

export function createIdFilter(): IdFilter {
  const layers: Layer[] = []
  let step = 0

  /** The first hash of a key; leaves the second in `step`. Content ids are hashes already. */
  function hash(key: Uint8Array | string): number {
    if (typeof key !== 'string') {
      step = (key[4]! | (key[5]! << 8) | (key[6]! << 16) | (key[7]! << 24) | 1) >>> 0
      return (key[0]! | (key[1]! << 8) | (key[2]! << 16) | (key[3]! << 24)) >>> 0
    }
    let a = 0x811c9dc5
    let b = 0x9e3779b9
    for (let i = 0; i < key.length; i++) {
      const code = key.charCodeAt(i)
      a = Math.imul(a ^ code, 0x01000193)
      b = Math.imul(b + code, 0x85ebca6b) ^ (b >>> 13)
    }
    step = (b | 1) >>> 0
    return a >>> 0
  }

  function growing(): Layer {
    const last = layers.at(-1)
    if (last !== undefined && last.free > 0) return last
    const capacity = firstCapacity * 4 ** layers.length
    const size = 2 ** Math.ceil(Math.log2(capacity * bitsAnId))
    const layer = { bits: new Uint32Array(size / 32), mask: size - 1, free: Math.floor(size / bitsAnId) }
    layers.push(layer)
    return layer
  }

  return {
    add(key) {
      const layer = growing()
      let at = hash(key)
      for (let i = 0; i < probes; i++) {
        const bit = (at & layer.mask) >>> 0
        layer.bits[bit >>> 5]! |= 1 << (bit & 31)
        at = (at + step) >>> 0
      }
      layer.free--
    },

    mayHold(key) {
      const first = hash(key)
      for (const layer of layers) if (hasAll(layer, first, step)) return true
      return false
    },
  }
}

function hasAll({ bits, mask }: Layer, first: number, step: number): boolean {
  let at = first
  for (let i = 0; i < probes; i++) {
    const bit = (at & mask) >>> 0
    if ((bits[bit >>> 5]! & (1 << (bit & 31))) === 0) return false
    at = (at + step) >>> 0
  }
  return true
}
