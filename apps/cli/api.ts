import { createClient, type Wire } from '@mirage/kit/client.ts'
import type { Client } from '@mirage/kit/contract.ts'
import { itemsOf } from '@mirage/kit/pages.ts'
import { auth } from '@mirage/services/auth/contract.ts'
import { correlation } from '@mirage/services/correlation-engine/contract.ts'
import { collection } from '@mirage/services/data-collection/contract.ts'
import { storage } from '@mirage/services/data-storage/contract.ts'
import { moduleRegistry } from '@mirage/services/module-registry/contract.ts'
import { scans } from '@mirage/services/scan-orchestration/contract.ts'
import { visualization } from '@mirage/services/visualization/contract.ts'
import { Failure } from './exit.ts'

/** The whole of Mirage as the command sees it: typed calls through the gateway. */
export interface Api {
  auth: Client<typeof auth>
  scans: Client<typeof scans>
  modules: Client<typeof moduleRegistry>
  collection: Client<typeof collection>
  storage: Client<typeof storage>
  correlation: Client<typeof correlation>
  views: Client<typeof visualization>
}

export function createApi(wire: Wire): Api {
  return {
    auth: createClient(auth, wire),
    scans: createClient(scans, wire),
    modules: createClient(moduleRegistry, wire),
    collection: createClient(collection, wire),
    storage: createClient(storage, wire),
    correlation: createClient(correlation, wire),
    views: createClient(visualization, wire),
  }
}

interface PageRequest {
  after?: string
  limit?: number
}

/** Every item of a list, page after page. */
export function everyItem<T>(
  page: (request: PageRequest) => Promise<{ items: T[]; next?: string }>,
  limit = 1000,
): AsyncIterable<T> {
  return itemsOf((place) => page({ ...place, limit }))
}

/**
 * As `everyItem`, of a list that knows how long it is. Throws a `Failure` behind the last item where fewer came than
 * there are: those that the disk has damaged are left out by who keeps them.
 */
export async function* wholeList<T>(
  page: (request: PageRequest) => Promise<{ items: T[]; next?: string; total: number; totalIsLowerBound: boolean }>,
): AsyncIterable<T> {
  let seen = 0
  let expected = 0
  const items = everyItem(async (request) => {
    const answer = await page(request)
    if (request.after === undefined && !answer.totalIsLowerBound) expected = answer.total
    return answer
  })
  for await (const item of items) {
    seen++
    yield item
  }
  if (seen < expected)
    throw new Failure(
      `${expected - seen} of ${expected} could not be read and are missing here. “mirage doctor” says whether files are damaged, and what to do about it.`,
    )
}
