import { blobsConformance } from '@mirage/ports/blobs.conformance.ts'
import { onFolder } from '@mirage/ports/conformance.ts'
import { openFileBlobs } from './blobs.ts'

blobsConformance(
  'filesystem',
  onFolder((path, { now }) => openFileBlobs({ path, now })),
)
