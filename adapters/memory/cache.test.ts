import { cacheConformance } from '@mirage/ports/cache.conformance.ts'
import { openMemoryCache } from './cache.ts'

cacheConformance('memory', async ({ now }) => {
  const port = openMemoryCache({ now })
  return { port, close: async () => port[Symbol.asyncDispose]() }
})
