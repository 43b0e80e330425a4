import { createClient } from '@mirage/kit/client.ts'
import { pause } from '@mirage/kit/clock.ts'
import { type Address, openDispatch } from '@mirage/kit/dispatch.ts'
import { messageOf } from '@mirage/kit/errors.ts'
import type { Log } from '@mirage/kit/log.ts'
import type { Tokens } from '@mirage/kit/token.ts'
import { scans } from '@mirage/services/scan-orchestration/contract.ts'

/** A broken store is met again and again by those who try. */
const leastMs = 1_000

export interface Reports extends AsyncDisposable {
  /** Says what is broken and does not mend by waiting. */
  report(reason: string): void
}

/** Tells scan-orchestration what is broken, so that runs end with a word instead of waiting for ever. */
export function openReports(
  tokens: Tokens,
  addressOf: (service: string) => Address | Promise<Address>,
  log: Log,
): Reports {
  const dispatch = openDispatch({
    addressOf,
    authorization: async () =>
      `Bearer ${await tokens.issue({ caller: { kind: 'service', id: 'host' }, workspace: 'default', rights: [] })}`,
  })
  const client = createClient(scans, dispatch.wire)
  const stop = new AbortController()
  let telling: Promise<void> | undefined

  async function tell(reason: string): Promise<void> {
    try {
      await client.haltRuns({ reason }, { signal: stop.signal })
    } catch (error) {
      if (!stop.signal.aborted)
        log.warn('What is broken could not be reported', { broken: reason, reason: messageOf(error) })
    }
    await pause(leastMs, stop.signal)
  }

  return {
    report(reason) {
      if (stop.signal.aborted) return
      telling ??= tell(reason).finally(() => (telling = undefined))
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await telling
      await dispatch[Symbol.asyncDispose]()
    },
  }
}
