/**
 * Entities wait for their lanes in the order of their arrival, in queues by the seed that brought them, which are served
 * in turn: what one seed leads to does not make the others wait. An entity stays in the queue in which it arrived, also
 * where another seed turns out to be nearer.
 */
export interface Queue {
  /** The `seq` up to which it has been looked at. */
  cursor: number
  /** There may be more behind the cursor. */
  waiting: boolean
}

/** More would cost a query each where all have something to do. Of more seeds some share a queue. */
const mostQueues = 16

export function queueCount(seeds: number): number {
  return Math.max(1, Math.min(seeds, mostQueues))
}

/** The queue of what this seed brought, one of so many. */
export function queueOf(seed: number, seeds: number): number {
  return seed % queueCount(seeds)
}

export function openQueues(count: number): Queue[] {
  return Array.from({ length: count }, () => ({ cursor: 0, waiting: true }))
}
