/** A number of places that many share; who finds none waits, in order. */
export interface Places {
  /** Takes a place: at once where there is one (undefined), else resolves with it. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<void> | undefined
  give(count?: number): void
}

export function openPlaces(limit: number): Places {
  let free = limit
  const waiting = new Set<() => void>()
  return {
    take(signal) {
      if (free > 0) {
        free--
        return undefined
      }
      return new Promise((resolve, reject) => {
        function enter(): void {
          signal.removeEventListener('abort', abort)
          resolve()
        }
        function abort(): void {
          waiting.delete(enter)
          // Every abort in this package carries an Error.
          reject(signal.reason as Error)
        }
        if (signal.aborted) return abort()
        waiting.add(enter)
        signal.addEventListener('abort', abort, { once: true })
      })
    },
    give(count = 1) {
      free += count
      for (const enter of waiting) {
        if (free === 0) return
        free--
        waiting.delete(enter)
        enter()
      }
    },
  }
}
