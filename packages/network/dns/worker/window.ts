const smallest = 16
const first = 64
/** Names whose own servers are dead time out at an honest resolver too: only more than this is its loss. */
const tolerableLoss = 0.1

/**
 * How many queries a resolver may have open. Judged once per window of outcomes: doubled while nothing is lost, then
 * grown by a tenth; cut by a third when more is lost than tolerable; held while answers queue up, which shows as a
 * round trip far above the shortest one, and while many queries are late, because a loss is known only after the
 * time-out and growing until then would drown the resolver.
 */
export class Window {
  size = first
  rttMs: number | undefined
  readonly #largest: number
  #shortestMs = Infinity
  #answered = 0
  #lost = 0
  #starting = true
  #late = false

  constructor(largest: number) {
    this.#largest = Math.max(smallest, largest)
    this.size = Math.min(first, this.#largest)
  }

  answered(rttMs: number): void {
    this.rttMs = this.rttMs === undefined ? rttMs : this.rttMs + (rttMs - this.rttMs) / 16
    if (rttMs < this.#shortestMs) this.#shortestMs = rttMs
    this.#answered++
    if (this.#answered + this.#lost >= this.size) this.#judge()
  }

  lost(): void {
    this.#lost++
    if (this.#answered + this.#lost >= this.size) this.#judge()
  }

  /** Milliseconds after which an answer is late. */
  get lateAfterMs(): number {
    return 20 + 4 * (this.rttMs ?? 200)
  }

  /** How many of the open queries are late. */
  late(count: number): void {
    this.#late = count > this.size * tolerableLoss
  }

  #judge(): void {
    const loss = this.#lost / (this.#answered + this.#lost)
    this.#answered = 0
    this.#lost = 0
    if (loss > tolerableLoss) {
      this.#starting = false
      this.size = Math.max(smallest, Math.floor(this.size * 0.66))
      return
    }
    if (this.#late || (this.rttMs ?? 0) > 8 * this.#shortestMs + 10) {
      this.#starting = false
      return
    }
    this.size = Math.min(this.#largest, Math.ceil(this.#starting ? this.size * 2 : this.size * 1.1))
  }
}
