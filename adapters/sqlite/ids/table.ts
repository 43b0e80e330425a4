/** The 16 bytes an id is known by, and the same bytes as four words for a quick comparison in memory. */
export interface IdKey {
  bytes: Uint8Array
  words: Uint32Array
}

/**
 * Numbers by ids in the order they came, in typed arrays: a map of a hundred thousand texts would cost the garbage
 * collector more than all look-ups.
 */
export interface IdTable {
  readonly size: number
  /** The number of an id, 0 when it is not here. */
  get(key: IdKey): number
  /** `key` must not be here. */
  add(key: IdKey, number: number): void
  /** The bytes of the ids from the `from`th on, 16 each; valid until the next is added. */
  bytesFrom(from: number): Uint8Array
  numberAt(index: number): number
}

export function idKey(): IdKey {
  const bytes = new Uint8Array(16)
  return { bytes, words: new Uint32Array(bytes.buffer) }
}

/** `capacity` is what it has room for before it grows. */
export function createIdTable(capacity: number): IdTable {
  let room = capacity
  let words = new Uint32Array(room * 4)
  let numbers = new Float64Array(room)
  let size = 0
  /** Indexes plus one by hash, at most half of them taken; the next one after a slot that is taken. */
  let slots = slotsFor(room)
  let mask = slots.length - 1

  function place(first: number, index: number): void {
    let slot = first & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = index + 1
  }

  function grow(): void {
    room *= 2
    const [oldWords, oldNumbers] = [words, numbers]
    words = new Uint32Array(room * 4)
    words.set(oldWords)
    numbers = new Float64Array(room)
    numbers.set(oldNumbers)
    slots = slotsFor(room)
    mask = slots.length - 1
    for (let i = 0; i < size; i++) place(words[i * 4]!, i)
  }

  return {
    get size() {
      return size
    },

    get({ words: key }) {
      for (let slot = key[0]! & mask; ; slot = (slot + 1) & mask) {
        const index = slots[slot]! - 1
        if (index < 0) return 0
        let same = 0
        while (same < 4 && words[index * 4 + same] === key[same]) same++
        if (same === 4) return numbers[index]!
      }
    },

    add({ words: key }, number) {
      if (size === room) grow()
      words.set(key, size * 4)
      numbers[size] = number
      place(key[0]!, size)
      size++
    },

    bytesFrom: (from) => new Uint8Array(words.buffer, from * 16, (size - from) * 16),
    numberAt: (index) => numbers[index]!,
  }
}

function slotsFor(room: number): Uint32Array {
  return new Uint32Array(2 ** Math.ceil(Math.log2(room * 2)))
}
