import type { Contract } from '@mirage/kit/contract.ts'
import { gateway } from '@mirage/services/api-gateway/contract.ts'
import { auth } from '@mirage/services/auth/contract.ts'
import { correlation } from '@mirage/services/correlation-engine/contract.ts'
import { collection } from '@mirage/services/data-collection/contract.ts'
import { storage } from '@mirage/services/data-storage/contract.ts'
import { moduleRegistry } from '@mirage/services/module-registry/contract.ts'
import { scans } from '@mirage/services/scan-orchestration/contract.ts'
import { visualization } from '@mirage/services/visualization/contract.ts'

/** The contract of every service, in the order in which they start. */
export const contracts: Contract[] = [
  auth,
  moduleRegistry,
  storage,
  correlation,
  scans,
  collection,
  visualization,
  gateway,
]
