interface Kept {
  message: Buffer
  server: number
  until: number
}

/** What an entry costs beyond its message: key, object, and the buffer's own header. */
const entryOverheadBytes = 350

/**
 * Answers by question until their time to live ends, in two generations: when the younger one is half of `limitBytes`,
 * the older one goes and it takes that place. What is asked again stays. Taking out the oldest entry of one map
 * instead would walk over all that were taken out before it.
 */
export class Cache {
  readonly #limitBytes: number
  #young = new Map<string, Kept>()
  #old = new Map<string, Kept>()
  #youngBytes = 0
  #oldBytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get bytes(): number {
    return this.#youngBytes + this.#oldBytes
  }

  get(key: string, now: number): Kept | undefined {
    const kept = this.#young.get(key) ?? this.#old.get(key)
    if (kept === undefined || kept.until <= now) return undefined
    if (!this.#young.has(key)) this.#add(key, kept)
    return kept
  }

  set(key: string, message: Buffer, server: number, until: number): void {
    this.#add(key, { message, server, until })
  }

  #add(key: string, kept: Kept): void {
    const before = this.#young.get(key)
    const bytes = kept.message.length + entryOverheadBytes
    this.#youngBytes += bytes - (before === undefined ? 0 : before.message.length + entryOverheadBytes)
    this.#young.set(key, kept)
    if (this.#youngBytes <= this.#limitBytes / 2) return
    this.#old = this.#young
    this.#oldBytes = this.#youngBytes
    this.#young = new Map()
    this.#youngBytes = 0
  }
}
