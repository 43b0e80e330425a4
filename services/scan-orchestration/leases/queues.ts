/**
 * Entities wait for their lanes in the order of their arrival, in queues by the seed that brought them, which are served
 * in turn: what one seed leads to does not make the others wait. An entity stays in the queue in which it arrived, also
 * where another seed turns out to be nearer.
 *
 * Where modules list the names on addresses, the queues of addresses are there twice: the second time for
 * those to which something will be sent once it is known who else is on them. The modules that tell are given these first.
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

/** The places of a lane's queues in sets, of which one is served before the next. */
export function setsOf(queues: readonly Queue[], listsNames: boolean): number[][] {
  const places = [...queues.keys()]
  const half = queues.length / 2
  return listsNames ? [places.slice(half), places.slice(0, half)] : [places]
}
