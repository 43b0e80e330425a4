export interface TokenBucket {
  /** Tokens it holds at most. */
  capacity: number
  /** Tokens a second. */
  perSecond: number
}

/** Values that may be lost at any time, and counters that hold rates. Times are absolute milliseconds. */
export interface Cache extends AsyncDisposable {
  readonly can: { shared: boolean }
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, expiresAt: number): Promise<void>
  /** True when the key was absent and is now set. */
  setIfAbsent(key: string, value: string, expiresAt: number): Promise<boolean>
  delete(key: string): Promise<void>
  /**
   * Takes `cost` tokens now, or reserves them: answers the moment from which the caller may act (`now` when at once).
   * Reservations queue in the order of the calls.
   */
  take(key: string, bucket: TokenBucket, cost: number, now: number): Promise<number>
}
