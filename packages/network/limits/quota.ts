/** So many requests in a window, which begins with the first of them. */
export interface Quota {
  most: number
  windowMs: number
}

/** How much of a quota is used. */
export interface Window {
  key: string
  windowMs: number
  /** When it ends, milliseconds. */
  until: number
  used: number
}

export interface Quotas {
  /**
   * Counts a request within all of these, and resolves when that is kept. Answers the moment from which there is room
   * for it where there is none, and counts nothing then.
   */
  count(key: string, quotas: Quota[], now: number): Promise<number | undefined>
  /** True while one of these is used up. */
  isUsedUp(key: string, quotas: Quota[], now: number): boolean
  /** When the present window of a quota ends; of one that has not begun: when it would, from now. */
  endOf(key: string, quota: Quota, now: number): number
}

const hourMs = 3_600_000

/** The quotas of a module's declared limits. */
export function quotasOf({ perHour, perDay }: { perHour?: number; perDay?: number }): Quota[] {
  return [
    ...(perHour === undefined ? [] : [{ most: Math.max(1, Math.floor(perHour)), windowMs: hourMs }]),
    ...(perDay === undefined ? [] : [{ most: Math.max(1, Math.floor(perDay)), windowMs: 24 * hourMs }]),
  ]
}

export function openQuotas(known: Iterable<Window> = [], keep?: (window: Window) => Promise<void>): Quotas {
  const windows = new Map<string, Window>()
  for (const window of known) windows.set(`${window.key} ${window.windowMs}`, { ...window })

  function windowOf(key: string, { windowMs }: Quota, now: number): Window {
    const name = `${key} ${windowMs}`
    let window = windows.get(name)
    if (window === undefined || window.until <= now)
      windows.set(name, (window = { key, windowMs, until: now + windowMs, used: 0 }))
    return window
  }

  return {
    async count(key, quotas, now) {
      const open = quotas.map((quota) => ({ ...quota, window: windowOf(key, quota, now) }))
      const full = open.filter(({ most, window }) => window.used >= most)
      if (full.length > 0) return Math.max(...full.map(({ window }) => window.until))
      // All at once, before anything is awaited: others count at the same time.
      for (const { window } of open) window.used++
      if (keep) await Promise.all(open.map(({ window }) => keep({ ...window })))
      return undefined
    },
    isUsedUp: (key, quotas, now) =>
      quotas.some(({ most, windowMs }) => {
        const window = windows.get(`${key} ${windowMs}`)
        return window !== undefined && window.until > now && window.used >= most
      }),
    endOf(key, quota, now) {
      const window = windows.get(`${key} ${quota.windowMs}`)
      return window !== undefined && window.until > now ? window.until : now + quota.windowMs
    },
  }
}
