import type { ActiveLane, ActiveRun, OpenTask } from '../runs/active-run.ts'

/** Requests and DNS queries. */
export interface Spending {
  requests: number
  queries: number
}

/** What a task may send at most while a budget is in force. */
const requestsPerTask = 200
const queriesPerEntity = 64

/**
 * What is reserved at first: a part of what is left, so that many tasks can run on a small budget. One for which that
 * was too little is given out again with more; what it was answered is recorded and costs nothing twice.
 */
const first = { requests: { least: 12, parts: 64 }, queries: { least: 256, parts: 16 } }
const growth = 4

/** What the budget leaves beside what open tasks have reserved; infinite where there is no limit. */
export function leftOf({ definition, row, open }: ActiveRun): Spending {
  const { maxRequests = Infinity, maxQueries = Infinity } = definition.budget ?? {}
  let [requests, queries] = [maxRequests - row.requests, maxQueries - row.queries]
  for (const { reserved } of open.values()) {
    requests -= reserved.requests
    queries -= reserved.queries
  }
  return { requests, queries }
}

/** How many new tasks of a lane can be given out with what is left: each with something to spend. */
export function affordable(left: Spending, lane: ActiveLane): number {
  if (left.requests <= 0 || left.queries <= 0) return 0
  const { requests, queries } = shareOf(left, lane, 0)
  return Math.min(Math.ceil(left.requests / requests), Math.ceil(left.queries / queries))
}

/**
 * Takes what one task may spend from what is left; 0 where there is no limit. `grown`: how often what was reserved for
 * it before was too little.
 */
export function reserve(left: Spending, lane: ActiveLane, grown: number): Spending {
  const share = shareOf(left, lane, grown)
  const reserved = {
    requests: left.requests === Infinity ? 0 : Math.min(share.requests, left.requests),
    queries: left.queries === Infinity ? 0 : Math.min(share.queries, left.queries),
  }
  left.requests -= reserved.requests
  left.queries -= reserved.queries
  return reserved
}

/** True where a task for which this is too little may be given more. */
export function mayGrow({ definition }: ActiveRun, lane: ActiveLane, reserved: Spending): boolean {
  const { maxRequests, maxQueries } = definition.budget ?? {}
  return (
    (maxRequests !== undefined && reserved.requests < requestsPerTask) ||
    (maxQueries !== undefined && reserved.queries < queriesPerTask(lane))
  )
}

/** True when a task has nothing left of what was reserved for it. */
export function isUsedUp(reserved: Spending, spent: Spending): boolean {
  return (
    (reserved.requests > 0 && spent.requests >= reserved.requests) ||
    (reserved.queries > 0 && spent.queries >= reserved.queries)
  )
}

function shareOf(left: Spending, lane: ActiveLane, grown: number): Spending {
  const share = (kind: keyof Spending, most: number): number =>
    Math.min(most, Math.max(first[kind].least, Math.ceil(left[kind] / first[kind].parts)) * growth ** grown)
  return { requests: share('requests', requestsPerTask), queries: share('queries', queriesPerTask(lane)) }
}

function queriesPerTask({ planned }: ActiveLane): number {
  return queriesPerEntity * Math.max(planned.batch, 64)
}

/**
 * What an attempt must have cost whose worker says no more: everything that was reserved for it, else what it has
 * reported. A budget is never exceeded, whatever died.
 */
export function atMost({ reserved, spent }: OpenTask): Spending {
  return {
    requests: Math.max(reserved.requests, spent.requests),
    queries: Math.max(reserved.queries, spent.queries),
  }
}

export const nothing: Spending = { requests: 0, queries: 0 }

export function sumOf(all: Iterable<Spending>): Spending {
  const total = { requests: 0, queries: 0 }
  for (const { requests, queries } of all) {
    total.requests += requests
    total.queries += queries
  }
  return total
}
