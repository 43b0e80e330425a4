import type { Cache, TokenBucket } from '@mirage/ports/cache.ts'

interface Entry {
  value: string
  expiresAt: number
}

interface Level {
  /** The moment at which the bucket will be, or was, full again. */
  fullAt: number
}

/** Entries it holds at most; the least recently written go first. */
const maxEntries = 100_000

/** A cache of this process: lost when it ends, unknown to any other. */
export function openMemoryCache({ now }: { now: () => number }): Cache {
  const entries = new Map<string, Entry>()
  const levels = new Map<string, Level>()

  function alive(key: string): Entry | undefined {
    const entry = entries.get(key)
    if (entry === undefined || entry.expiresAt > now()) return entry
    entries.delete(key)
    return undefined
  }

  function store(key: string, value: string, expiresAt: number): void {
    entries.delete(key)
    if (expiresAt <= now()) return
    entries.set(key, { value, expiresAt })
    if (entries.size > maxEntries) shrink()
  }

  function shrink(): void {
    const at = now()
    for (const [key, entry] of entries) if (entry.expiresAt <= at) entries.delete(key)
    for (const key of entries.keys()) {
      if (entries.size <= maxEntries * 0.9) break
      entries.delete(key)
    }
  }

  return {
    can: { shared: false },

    // Redis: GET
    async get(key) {
      return alive(key)?.value
    },

    // Redis: SET key value PXAT expiresAt
    async set(key, value, expiresAt) {
      store(key, value, expiresAt)
    },

    // Redis: SET key value NX PXAT expiresAt
    async setIfAbsent(key, value, expiresAt) {
      if (alive(key) !== undefined) return false
      store(key, value, expiresAt)
      return true
    },

    // Redis: DEL
    async delete(key) {
      entries.delete(key)
    },

    // Redis: a Lua script over one key that holds `fullAt`
    async take(key, bucket, cost, at) {
      const fullAt = Math.max(levels.get(key)?.fullAt ?? at, at)
      const afterwards = fullAt + (cost * 1000) / bucket.perSecond
      levels.delete(key)
      levels.set(key, { fullAt: afterwards })
      if (levels.size > maxEntries) forgetFull(levels, at)
      return momentOf(afterwards, bucket, at)
    },

    async [Symbol.asyncDispose]() {
      entries.clear()
      levels.clear()
    },
  }
}

/** A bucket that will be full at `fullAt` has no debt from here on. Rounded up, so that the caller is never early. */
function momentOf(fullAt: number, bucket: TokenBucket, now: number): number {
  return Math.max(now, Math.ceil(fullAt - (bucket.capacity * 1000) / bucket.perSecond))
}

/** A full bucket is the same as none. */
function forgetFull(levels: Map<string, Level>, now: number): void {
  for (const [key, level] of levels) if (level.fullAt <= now) levels.delete(key)
}
