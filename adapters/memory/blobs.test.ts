import { blobsConformance } from '@mirage/ports/blobs.conformance.ts'
import { openMemoryBlobs } from './blobs.ts'

blobsConformance('memory', async ({ now }) => {
  const port = openMemoryBlobs({ now })
  return { port, close: async () => port[Symbol.asyncDispose]() }
})
