import { isLasting, type MirageError } from '@mirage/kit/errors.ts'

type Listener = (error: MirageError) => void

const listeners = new Set<Listener>()

/**
 * Tells, each time a file of this thread is found damaged or the disk did not take what was written to it, what its user
 * was told: nobody who merely tries again gets any further.
 */
export function whenDamaged(listener: Listener): Disposable {
  listeners.add(listener)
  return { [Symbol.dispose]: () => void listeners.delete(listener) }
}

/** The error, which the listeners have been told of where it lasts. */
export function toldOf(error: unknown): unknown {
  if (isLasting(error)) for (const listener of listeners) listener(error)
  return error
}
