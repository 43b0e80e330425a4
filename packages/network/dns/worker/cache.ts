interface Kept {
  message: Buffer
  server: number
  until: number
}

/** What an entry costs beyond its message: key, object, and the buffer's own header. */
const entryOverheadBytes = 250

/** Answers by question until their time to live ends; the oldest leave first when `limitBytes` is reached. */
export class Cache {
  readonly #kept = new Map<string, Kept>()
  readonly #limitBytes: number
  bytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get(key: string, now: number): Kept | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    if (kept.until > now) return kept
    this.#drop(key, kept)
    return undefined
  }

  set(key: string, message: Buffer, server: number, until: number): void {
    const before = this.#kept.get(key)
    if (before !== undefined) this.#drop(key, before)
    this.bytes += message.length + entryOverheadBytes
    this.#kept.set(key, { message, server, until })
    if (this.bytes <= this.#limitBytes) return
    for (const [oldest, kept] of this.#kept) {
      this.#drop(oldest, kept)
      if (this.bytes <= this.#limitBytes) break
    }
  }

  #drop(key: string, kept: Kept): void {
    this.#kept.delete(key)
    this.bytes -= kept.message.length + entryOverheadBytes
  }
}
