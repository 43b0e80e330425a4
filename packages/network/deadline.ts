/**
 * A signal that follows `outer` and aborts with `late()` after `ms` in which this process could have seen an answer;
 * disposing it ends the timer. Time in which the process was kept from its work does not count: an answer that waits in
 * the socket while the machine is busy is no silence of the peer.
 */
export function deadline(ms: number, outer: AbortSignal, late: () => Error): { signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const follow = (): void => controller.abort(outer.reason)
  const heart = holdHeart()
  let lostBefore = heart.lostMs
  let timer = setTimeout(ring, ms)
  function ring(): void {
    heart.beat()
    const lost = heart.lostMs - lostBefore
    lostBefore = heart.lostMs
    if (lost < leastLostMs) controller.abort(late())
    else timer = setTimeout(ring, lost)
  }
  if (outer.aborted) follow()
  else outer.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer)
      heart[Symbol.dispose]()
      outer.removeEventListener('abort', follow)
    },
  }
}

const beatMs = 25
/** Less than this is the ordinary lateness of timers. */
const leastLostMs = 10

let heartTimer: NodeJS.Timeout | undefined
let holders = 0
let lastBeat = 0
let lost = 0

/** Adds what has passed since the last beat beyond the time between two of them. */
function beat(): void {
  const now = performance.now()
  lost += Math.max(0, now - lastBeat - beatMs - leastLostMs)
  lastBeat = now
}

/** The time that the event loop was late since the first holder; it is measured while somebody holds it. */
function holdHeart(): { readonly lostMs: number; beat(): void } & Disposable {
  if (holders++ === 0) {
    lastBeat = performance.now()
    heartTimer = setInterval(beat, beatMs).unref()
  }
  let isHeld = true
  return {
    get lostMs() {
      return lost
    },
    beat,
    [Symbol.dispose]() {
      if (isHeld && --holders === 0) clearInterval(heartTimer)
      isHeld = false
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
