import { MirageError } from '@mirage/kit/errors.ts'

/** Ports on which services meet: with services in several processes, what one writes all must see. */
const meetings = ['bus', 'blobs']

/**
 * Throws `settings.invalid` where services of other processes would not see what this one writes to the port. The other
 * ports hold what belongs to one service, which runs once: what they keep need not be seen from elsewhere.
 */
export function assertShared(port: string, url: string, can: { shared: boolean }): void {
  if (!meetings.includes(port) || can.shared) return
  throw new MirageError({
    code: 'settings.invalid',
    status: 500,
    detail:
      `stores.${port} is “${url}”, which only the process that writes it can read: with it, all services run in one ` +
      'process (“mirage serve” without names and without --split). Or choose a store that processes can share.',
  })
}
