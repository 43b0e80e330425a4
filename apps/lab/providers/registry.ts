import { internetdb } from './internetdb.ts'
import type { Provider } from './provider.ts'

/** Every provider of the lab: one file each, one line here. */
export const providers: readonly Provider[] = [internetdb]
