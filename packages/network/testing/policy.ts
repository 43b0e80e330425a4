import { NetworkError } from '../error.ts'
import type { Policy } from '../guard.ts'
import { testScope } from './session.ts'

/** What a run may do whose targets these are; this machine has `93.184.216.1`. */
export function policy(options: Partial<Policy> & { targets?: string[]; excluded?: string[] } = {}): Policy {
  const { targets = ['northwind.example', '203.0.64.0/18'], excluded = [], ...rest } = options
  return {
    scope: testScope(targets, excluded),
    ceiling: 'target',
    allowPrivate: false,
    ownAddresses: () => new Set(['93.184.216.1']),
    ...rest,
  }
}

/** The reason for which work is refused, or `passed`. */
export function reasonOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof NetworkError) return error.reason
    throw error
  }
  return 'passed'
}
