import type { ActiveLane, ActiveRun, OpenTask } from './active-run.ts'

/** Requests and DNS queries. */
export interface Spending {
  requests: number
  queries: number
}

/** What a task may send at most while a budget is in force. */
const requestsPerTask = 200
const queriesPerEntity = 64

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

/** How many tasks of a lane can be given out with what is left: each with something to spend. */
export function affordable(left: Spending, lane: ActiveLane): number {
  if (left.requests <= 0 || left.queries <= 0) return 0
  return Math.min(Math.ceil(left.requests / requestsPerTask), Math.ceil(left.queries / queriesPerTask(lane)))
}

/** Takes what one task may spend from what is left; 0 where there is no limit. */
export function reserve(left: Spending, lane: ActiveLane): Spending {
  const reserved = {
    requests: left.requests === Infinity ? 0 : Math.min(requestsPerTask, left.requests),
    queries: left.queries === Infinity ? 0 : Math.min(queriesPerTask(lane), left.queries),
  }
  left.requests -= reserved.requests
  left.queries -= reserved.queries
  return reserved
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
