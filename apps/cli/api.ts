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
