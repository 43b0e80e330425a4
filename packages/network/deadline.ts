/** A signal that follows `outer` and aborts with `late()` after `ms`; disposing it ends the timer. */
export function deadline(ms: number, outer: AbortSignal, late: () => Error): { signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const follow = (): void => controller.abort(outer.reason)
  const timer = setTimeout(() => controller.abort(late()), ms)
  if (outer.aborted) follow()
  else outer.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer)
      outer.removeEventListener('abort', follow)
    },
  }
}

/** Rejects with the signal's reason as soon as it aborts, whatever `work` does; calls `stop` then. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal, stop?: () => void): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => {
    stop?.()
    // Every abort in this package carries an Error; anything else is the caller's own reason and passes as it is.
    reject(signal.reason as Error)
  }
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
    work.catch(() => {}) // an answer that nobody waits for any more must not end the process
  }
}
