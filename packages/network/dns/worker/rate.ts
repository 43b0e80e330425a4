/** A token bucket: `perSecond` on average, a tenth of a second of it at once. */
export class Rate {
  perSecond: number
  #tokens = 0
  #at: number | undefined

  constructor(perSecond: number) {
    this.perSecond = perSecond
  }

  /** True when one may go now. Takes nothing. */
  has(now: number): boolean {
    if (this.perSecond === Infinity) return true
    const burst = Math.max(1, this.perSecond / 10)
    if (this.#at === undefined) this.#tokens = burst
    else this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) * this.perSecond) / 1000)
    this.#at = now
    return this.#tokens >= 1
  }

  take(): void {
    this.#tokens--
  }
}

/** Rates shared by all lanes of this thread that use the same resolver; the strictest wish counts. */
export class SharedRates {
  readonly #rates = new Map<string, { rate: Rate; wishes: number[] }>()

  join(key: string, perSecond: number): Rate {
    let shared = this.#rates.get(key)
    if (shared === undefined) this.#rates.set(key, (shared = { rate: new Rate(perSecond), wishes: [] }))
    shared.wishes.push(perSecond)
    shared.rate.perSecond = Math.min(...shared.wishes)
    return shared.rate
  }

  leave(key: string, perSecond: number): void {
    const shared = this.#rates.get(key)
    if (shared === undefined) return
    shared.wishes.splice(shared.wishes.indexOf(perSecond), 1)
    if (shared.wishes.length === 0) this.#rates.delete(key)
    else shared.rate.perSecond = Math.min(...shared.wishes)
  }
}
