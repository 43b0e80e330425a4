/**
 * A signal that follows `outer` and aborts with `late()` after `ms` in which this process could have seen an answer;
 * disposing it ends the timer. Time in which the process was kept from its work does not count: an answer that waits in
 * the socket while the machine is busy is no silence of the peer.
 */
export function deadline(ms: number, outer: AbortSignal, late: () => Error): { signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const follow = (): void => controller.abort(outer.reason)
  hold()
  let lostBefore = lostMs
  let timer = setTimeout(ring, ms)
  let isOver = false
  function ring(): void {
    beat()
    const lost = lostMs - lostBefore
    lostBefore = lostMs
    if (lost < leastLostMs) controller.abort(late())
    else timer = setTimeout(ring, lost)
  }
  if (outer.aborted) follow()
  else outer.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      release()
      outer.removeEventListener('abort', follow)
    },
  }
}

const beatMs = 25
/** Less than this is the ordinary lateness of timers. */
const leastLostMs = 10

let heart: NodeJS.Timeout | undefined
let holders = 0
let lastBeat = 0
/** The time that the event loop was late while somebody held the heart. */
let lostMs = 0

/** Adds what has passed since the last beat beyond the time between two of them. */
function beat(): void {
  const now = performance.now()
  lostMs += Math.max(0, now - lastBeat - beatMs - leastLostMs)
  lastBeat = now
}

function hold(): void {
  if (holders++ > 0) return
  lastBeat = performance.now()
  heart = setInterval(beat, beatMs).unref()
}

function release(): void {
  if (--holders === 0) clearInterval(heart)
}

/** Rejects with the signal's reason as soon as it aborts, whatever `work` does; calls `stop` then. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal, stop?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      stop?.()
      // Every abort in this package carries an Error; anything else is the caller's own reason and passes as it is.
      reject(signal.reason as Error)
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    // An answer that nobody waits for any more settles nothing, and a failure ends no process.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
