import { busConformance } from '@mirage/ports/bus.conformance.ts'
import { openMemoryBus } from './bus.ts'

busConformance('memory', async ({ now }) => {
  const port = openMemoryBus({ now, retryMs: 1 })
  return { port, close: async () => port[Symbol.asyncDispose]() }
})
