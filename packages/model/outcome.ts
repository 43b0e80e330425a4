/** How a module's task ended: one closed list, so that every zero is explained. `failed` is a bug of ours. */
export const outcomes = [
  'found',
  'empty',
  'skipped',
  'no-key',
  'key-refused',
  'out-of-scope',
  'rate-limited',
  'quota',
  'blocked',
  'changed-format',
  'unreachable',
  'timed-out',
  'cancelled',
  'failed',
] as const

export type Outcome = (typeof outcomes)[number]
