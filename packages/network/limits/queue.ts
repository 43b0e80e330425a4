/** Hands items from many writers to one reader, in the order in which they come. */
export interface Queue<T> {
  push(item: T): void
  /** No more will come; what is in it is still read, then `error` is thrown if there is one. */
  end(error?: unknown): void
  /** Items pushed and not yet read. */
  readonly size: number
  /** Resolves when the reader has taken what there was. */
  drained(): Promise<void>
  read(): AsyncGenerator<T, void, void>
}

export function openQueue<T>(): Queue<T> {
  let items: T[] = []
  let ended: { error: unknown } | undefined
  let wakeReader: (() => void) | undefined
  let emptied = Promise.withResolvers<void>()
  let unread = 0
  return {
    push(item) {
      items.push(item)
      unread++
      wakeReader?.()
    },
    end(error) {
      ended ??= { error }
      wakeReader?.()
    },
    get size() {
      return unread
    },
    drained: () => (unread === 0 ? Promise.resolve() : emptied.promise),
    async *read() {
      for (;;) {
        const batch = items
        items = []
        for (const item of batch) {
          unread--
          yield item
        }
        if (items.length > 0) continue
        emptied.resolve()
        emptied = Promise.withResolvers()
        if (ended !== undefined) {
          if (ended.error !== undefined) throw ended.error
          return
        }
        await new Promise<void>((resolve) => (wakeReader = resolve))
        wakeReader = undefined
      }
    },
  }
}
