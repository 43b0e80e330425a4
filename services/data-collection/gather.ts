/**
 * Writes what is given to it in groups: what arrives while a write is under way goes with the next one, as does what
 * arrives within `waitMs` of the first. So a thousand small records a second cost a few dozen transactions, and none
 * waits longer than that and the write before it.
 */
export function gather<T>(
  write: (items: T[]) => Promise<void>,
  most = 1_000,
  waitMs = 0,
): (items: T[]) => Promise<void> {
  let waiting: { items: T[]; resolve: () => void; reject: (error: unknown) => void }[] = []
  let busy = false

  async function work(): Promise<void> {
    busy = true
    while (waiting.length > 0) {
      // At least one turn of the event loop, so that what belongs together goes together.
      await new Promise((resolve) => (waitMs > 0 ? setTimeout(resolve, waitMs) : setImmediate(resolve)))
      let count = 0
      const taken = waiting.findIndex(({ items }) => (count += items.length) > most)
      const group = waiting.splice(0, taken < 0 ? waiting.length : Math.max(1, taken))
      try {
        await write(group.flatMap(({ items }) => items))
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    busy = false
  }

  return (items) =>
    new Promise((resolve, reject) => {
      waiting.push({ items, resolve, reject })
      if (!busy) void work()
    })
}
