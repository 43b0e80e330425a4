import type { Service } from '@mirage/kit/service.ts'
import { apiGateway } from '@mirage/services/api-gateway/service.ts'
import { authService } from '@mirage/services/auth/service.ts'
import { correlationEngine } from '@mirage/services/correlation-engine/service.ts'
import { dataCollection } from '@mirage/services/data-collection/service.ts'
import { dataStorage } from '@mirage/services/data-storage/service.ts'
import { moduleRegistryService } from '@mirage/services/module-registry/service.ts'
import { scanOrchestration } from '@mirage/services/scan-orchestration/service.ts'
import { visualizationService } from '@mirage/services/visualization/service.ts'

/** Every service there is, in the order in which they start: who is called before who calls. */
export const catalogue: Service[] = [
  authService,
  moduleRegistryService,
  dataStorage,
  correlationEngine,
  scanOrchestration,
  dataCollection,
  visualizationService,
  apiGateway,
] as unknown as Service[] // each with its own contract, settings and needs; the host gives each what it names

/** Threads beside the main one, each started when there is first something for it to do. */
export const placement: Record<string, string[]> = {
  store: ['data-storage'],
  graph: ['correlation-engine'],
}

/** The thread a service runs in; undefined for the main one. */
export function threadOf(service: string): string | undefined {
  return Object.keys(placement).find((thread) => placement[thread]!.includes(service))
}
