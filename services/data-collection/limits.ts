import { steadyClock } from '@mirage/kit/clock.ts'
import { messageOf } from '@mirage/kit/errors.ts'
import type { Log } from '@mirage/kit/log.ts'
import { itemsOf } from '@mirage/kit/pages.ts'
import { contentId } from '@mirage/model/id.ts'
import { type Block, type Limiter, type TakeTokens, openLimiter } from '@mirage/network/limits/limiter.ts'
import type { Window } from '@mirage/network/limits/quota.ts'
import type { Cache } from '@mirage/ports/cache.ts'
import type { LimitDocument, Store } from './store.ts'

/** Limits belong to the installation: the sources and hosts do not know of workspaces. */
const workspace = 'installation'
const pageSize = 1_000

export interface LimitsOptions {
  store: Store
  cache: Cache
  /** The time of day. */
  now: () => number
  /** Milliseconds of this process. Default: as the machine counts them. */
  elapsed?: () => number
  log: Log
  /** Resolves after so many milliseconds or when the signal aborts. Default: in real time. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * The limiter of this installation. What must hold for longer than a restart takes outlives the process: pauses that
 * sources asked for, what is used of their quotas, and requests spent where less than one a second is allowed. Others are
 * whole again within a second. A time of day that is set back lengthens no wait: within the process they go by a steady
 * clock, and what was kept holds no longer than it would have when it was written.
 */
export async function openLimits({ store, cache, now, elapsed, log, sleep }: LimitsOptions): Promise<Limiter> {
  const steady = steadyClock({ now }, elapsed)
  const kept = await readKept(store, steady.now())
  const spent = new Map(kept.filter(({ kind }) => kind === 'spent').map(({ key, until }) => [key, until]))

  async function keep(limit: Limit): Promise<void> {
    try {
      await store.limits.merge(workspace, [documentOf(limit, steady.now())])
    } catch (error) {
      // It holds in this process all the same.
      log.warn('A limit could not be kept', { key: limit.key, reason: messageOf(error) })
    }
  }

  const take: TakeTokens = async (key, bucket, cost, at) => {
    const wholeAt = spent.get(key)
    spent.delete(key)
    // A cache that others share has not forgotten. This is called before the take below, so it counts first.
    const repaid =
      wholeAt === undefined || wholeAt <= at || cache.can.shared
        ? undefined
        : cache.take(key, bucket, ((wholeAt - at) / 1_000) * bucket.perSecond, at)
    const [from] = await Promise.all([cache.take(key, bucket, cost, at), repaid])
    if (bucket.perSecond < 1) await keep({ kind: 'spent', key, until: from + (cost / bucket.perSecond) * 1_000 })
    return from
  }

  return openLimiter({
    take,
    now: steady.now,
    timeOfDay: now,
    blocks: kept.flatMap(blockIn),
    windows: kept.flatMap(windowIn),
    keepBlock: ({ key, until, outcome }) => keep({ kind: outcome === 'quota' ? 'exhausted' : 'blocked', key, until }),
    keepWindow: (window) => keep({ kind: 'counted', ...window }),
    ...(sleep && { sleep }),
  })
}

type Limit = Omit<LimitDocument, 'id' | 'at'>

/** A window of a quota has a document of its own, since what is used begins anew with the next. */
function documentOf(limit: Limit, at: number): LimitDocument {
  const { kind, key, windowMs, until } = limit
  const name = kind === 'counted' ? `${key} ${windowMs} ${until}` : key
  return { id: contentId(`${kind}\n${name}`), ...limit, at }
}

function blockIn({ kind, key, until }: Limit): Block[] {
  if (kind !== 'blocked' && kind !== 'exhausted') return []
  return [{ key, until, outcome: kind === 'exhausted' ? 'quota' : 'rate-limited' }]
}

function windowIn({ kind, key, until, windowMs, used }: Limit): Window[] {
  return kind === 'counted' && windowMs !== undefined && used !== undefined ? [{ key, until, windowMs, used }] : []
}

/**
 * What still holds at `now`; the rest is forgotten. What was written at a moment that is yet to come is kept for as long
 * as it would have held then: the time of day was set back.
 */
async function readKept({ limits }: Store, now: number): Promise<LimitDocument[]> {
  const kept: LimitDocument[] = []
  const moved: LimitDocument[] = []
  const over: string[] = []
  for await (const limit of itemsOf((place) => limits.scan(workspace, { ...place, limit: pageSize })))
    if (limit.at > now) {
      moved.push(documentOf({ ...limit, until: now + limit.until - limit.at }, now))
      over.push(limit.id)
    } else if (limit.until > now) kept.push(limit)
    else over.push(limit.id)
  for (let from = 0; from < over.length; from += pageSize)
    await limits.delete(workspace, over.slice(from, from + pageSize))
  for (let from = 0; from < moved.length; from += pageSize)
    await limits.merge(workspace, moved.slice(from, from + pageSize))
  return [...kept, ...moved]
}
