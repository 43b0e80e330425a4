/** Sightings remembered before the memory is emptied: repeats across a flush are harmless, they merge when stored. */
const remembered = 50_000

/**
 * Tells the sightings of one task that add something from plain repeats: a certificate log names the same host
 * hundreds of times. Repeats merge by earliest and latest time, and the latest attributes win, so only one that is
 * earlier or later than what was passed on adds anything.
 */
export class Seen {
  #times = new Map<string, { first: number; last: number }>()

  /** True when an observation of this id and time is to be passed on; `dated` when the source itself says the time. */
  adds(id: string, at: number, dated: boolean): boolean {
    const times = this.#times.get(id)
    if (times) {
      if (!dated || (at >= times.first && at <= times.last)) return false
      times.first = Math.min(times.first, at)
      times.last = Math.max(times.last, at)
      return true
    }
    if (this.#times.size >= remembered) this.#times.clear()
    this.#times.set(id, { first: at, last: at })
    return true
  }
}
