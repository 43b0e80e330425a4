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
  readonly #waiting: (() => Promise<void>)[] = []
  #isBusy = false

  run<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => work().then(resolve, reject))
      void this.#go()
    })
  }

  /** Before everything that waits: for what a person wants to stop now. */
  runNext<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.unshift(() => work().then(resolve, reject))
      void this.#go()
    })
  }

  async #go(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    for (let work = this.#waiting.shift(); work; work = this.#waiting.shift()) await work()
    this.#isBusy = false
  }
}
