/** Lets many wait for "something changed" without any of them being able to miss it. */
export class Pulse {
  #beats = 0
  readonly #waiting = new Set<() => void>()

  get beats(): number {
    return this.#beats
  }

  beat(): void {
    this.#beats++
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  /** Resolves at the first beat after `since`, after `ms`, or when the signal aborts. */
  wait(since: number, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#beats > since || signal.aborted || ms <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
      this.#waiting.add(done)
    })
  }
}

/** Runs work one after the other, in the order of the calls. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }
}
