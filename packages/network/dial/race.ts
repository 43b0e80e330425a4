import { isIPv6 } from 'node:net'

/** IPv6 and IPv4 in turns, the rest of the order kept (RFC 8305 §4). */
export function interleave<T extends string>(addresses: readonly T[]): T[] {
  const v6 = addresses.filter((address) => isIPv6(address))
  const v4 = addresses.filter((address) => !isIPv6(address))
  const turns: T[] = []
  for (let i = 0; i < Math.max(v6.length, v4.length); i++) {
    if (v6[i] !== undefined) turns.push(v6[i]!)
    if (v4[i] !== undefined) turns.push(v4[i]!)
  }
  return turns
}

/**
 * Tries one candidate after the other, the next when the last has failed or has been silent for `delayMs` (RFC 8305 §5).
 * Answers the first that opens; the others are aborted, and what they still open is handed to `discard`. Rejects with the
 * first failure when all fail.
 */
export async function race<C, T>(
  candidates: readonly C[],
  open: (candidate: C, signal: AbortSignal) => Promise<T>,
  { delayMs, signal, discard }: { delayMs: number; signal: AbortSignal; discard: (opened: T) => void },
): Promise<T> {
  if (candidates.length === 1) return open(candidates[0]!, signal)
  const losers = new AbortController()
  const both = AbortSignal.any([signal, losers.signal])
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  let next = 0
  let failed = 0
  let firstError: unknown
  let won = false
  let timer: NodeJS.Timeout | undefined
  function start(): void {
    clearTimeout(timer)
    if (won || next === candidates.length) return
    const candidate = candidates[next++]!
    timer = setTimeout(start, delayMs)
    void attempt(candidate)
  }
  async function attempt(candidate: C): Promise<void> {
    try {
      const opened = await open(candidate, both)
      if (won) return discard(opened)
      won = true
      resolve(opened)
    } catch (error) {
      firstError ??= error
      failed++
      if (failed === candidates.length || signal.aborted) reject(firstError)
      else start()
    }
  }
  start()
  try {
    return await promise
  } finally {
    won = true
    clearTimeout(timer)
    losers.abort()
  }
}
