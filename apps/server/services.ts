import type { Contract } from '@mirage/kit/contract.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import type { Service } from '@mirage/kit/service.ts'
import { didYouMean } from '@mirage/kit/settings.ts'

/** Every service there is, in the order in which they start: who is called before who calls. Each is loaded where it runs. */
const loaders: Record<string, () => Promise<unknown>> = {
  auth: async () => (await import('@mirage/services/auth/service.ts')).authService,
  'module-registry': async () => (await import('@mirage/services/module-registry/service.ts')).moduleRegistryService,
  'data-storage': async () => (await import('@mirage/services/data-storage/service.ts')).dataStorage,
  'correlation-engine': async () => (await import('@mirage/services/correlation-engine/service.ts')).correlationEngine,
  'scan-orchestration': async () => (await import('@mirage/services/scan-orchestration/service.ts')).scanOrchestration,
  'data-collection': async () => (await import('@mirage/services/data-collection/service.ts')).dataCollection,
  visualization: async () => (await import('@mirage/services/visualization/service.ts')).visualizationService,
  'api-gateway': async () => (await import('@mirage/services/api-gateway/service.ts')).apiGateway,
}

export const serviceNames = Object.keys(loaders)

/** These services, in the order in which they start. A process or thread that loads only its own saves 45 MB and half a second. */
export async function loadServices(names: string[]): Promise<Service[]> {
  const wanted = serviceNames.filter((name) => names.includes(name))
  // Each with its own contract, settings and needs; the host gives each what it names.
  return (await Promise.all(wanted.map((name) => loaders[name]!()))) as Service[]
}

/** What the front door offers: the contract of every service, without their code. */
export async function loadContracts(): Promise<Contract[]> {
  const { contracts } = await import('./contracts.ts')
  return contracts
}

/** Threads beside the main one, each started when there is first something for it to do. */
export const placement: Record<string, string[]> = {
  store: ['data-storage'],
  graph: ['correlation-engine'],
}

/**
 * The thread of a service in a process that runs these; undefined for the main one, which a service that is alone has to
 * itself.
 */
export function threadOf(service: string, together: string[]): string | undefined {
  if (together.length === 1) return undefined
  return Object.keys(placement).find((thread) => placement[thread]!.includes(service))
}

/** Throws `settings.invalid` for a name that no service has. */
export function namedServices(wanted: string[] | undefined): string[] {
  const unknown = wanted?.find((name) => !serviceNames.includes(name))
  if (unknown === undefined) return wanted && wanted.length > 0 ? [...new Set(wanted)] : serviceNames
  throw new MirageError({
    code: 'settings.invalid',
    status: 500,
    detail: `There is no service “${unknown}”${didYouMean(unknown, serviceNames) || '.'} There are: ${serviceNames.join(', ')}.`,
  })
}
