/** Lets `limit` holders of a key in at a time; the others wait in order. Keys nobody holds are forgotten. */
export interface Gate {
  /** Resolves with what gives the place back. Rejects with the signal's reason when it aborts first. */
  enter(key: string, signal: AbortSignal): Promise<Disposable>
}

export function openGate(limit: number): Gate {
  const places = new Map<string, { held: number; waiting: (() => void)[] }>()

  function leave(key: string): void {
    const place = places.get(key)!
    const next = place.waiting.shift()
    if (next !== undefined) next()
    else if (--place.held === 0) places.delete(key)
  }

  return {
    async enter(key, signal) {
      signal.throwIfAborted()
      let place = places.get(key)
      if (place === undefined) places.set(key, (place = { held: 0, waiting: [] }))
      if (place.held < limit) place.held++
      else await waitIn(place.waiting, signal) // whoever leaves hands over the place, so `held` stays
      let left = false
      return {
        [Symbol.dispose]() {
          if (!left) leave(key)
          left = true
        },
      }
    },
  }
}

function waitIn(queue: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    function enter(): void {
      signal.removeEventListener('abort', abort)
      resolve()
    }
    function abort(): void {
      queue.splice(queue.indexOf(enter), 1)
      // Every abort in this package carries an Error.
      reject(signal.reason as Error)
    }
    queue.push(enter)
    signal.addEventListener('abort', abort, { once: true })
  })
}
