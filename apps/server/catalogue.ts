import type { Service } from '@mirage/kit/service.ts'
import { loadServices, serviceNames } from './services.ts'

/** Every service there is, loaded, in the order in which they start. */
export const catalogue: Service[] = await loadServices(serviceNames)
