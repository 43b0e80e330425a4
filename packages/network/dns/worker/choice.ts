import type { Query } from './query.ts'
import type { Upstream } from './upstream.ts'

/**
 * The resolver for the next attempt, or undefined when all that may be asked are busy. Those not asked before come
 * first, and of the next two that are free the clearly faster one; a lying resolver or one set aside is asked only
 * when there is no other.
 */
export function chooseUpstream(
  upstreams: readonly Upstream[],
  query: Query,
  last: number,
  now: number,
): Upstream | undefined {
  const tried = query.tried
  let first: Upstream | undefined
  let repeated: Upstream | undefined
  let fresh = 0
  for (let i = 1; i <= upstreams.length; i++) {
    const upstream = upstreams[(last + i) % upstreams.length]!
    if (upstream.state !== 'good') continue
    if (tried.length > 0 && tried.includes(upstream)) {
      if (upstream !== tried.at(-1) || repeated === undefined) repeated = upstream
      continue
    }
    fresh++
    if (!upstream.canTake(now)) continue
    if (first !== undefined) return cost(upstream) * 2 < cost(first) ? upstream : first
    first = upstream
  }
  if (first !== undefined || fresh > 0) return first
  if (repeated !== undefined) return repeated.canTake(now) ? repeated : undefined
  return lastResort(upstreams, now)
}

function cost(upstream: Upstream): number {
  return (upstream.window.rttMs ?? 50) * (1 + upstream.open)
}

function lastResort(upstreams: readonly Upstream[], now: number): Upstream | undefined {
  let best: Upstream | undefined
  for (const upstream of upstreams) {
    if (upstream.state === 'untested') {
      // The first test of a resolver is worth waiting for: it may be the only honest one.
      if (upstream.testedAt === -Infinity) return undefined
      continue
    }
    if (best === undefined || rank(upstream) < rank(best)) best = upstream
  }
  return best?.canTake(now) === true ? best : undefined
}

/** Liars answer at least; of the silent ones, the one whose turn comes first. */
function rank(upstream: Upstream): number {
  return upstream.state === 'lying' ? 0 : upstream.retryAt
}
