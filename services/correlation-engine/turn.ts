/** Runs what it is given one after the other, in the order of the calls; a failure is its caller's and stops nobody. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return function inTurn(work) {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
}
