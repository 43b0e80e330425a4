import { createClient } from '@mirage/kit/client.ts'
import { pause, systemClock } from '@mirage/kit/clock.ts'
import { type Address, openDispatch } from '@mirage/kit/dispatch.ts'
import { openTokens } from '@mirage/kit/token.ts'
import { scans } from '@mirage/services/scan-orchestration/contract.ts'
import type { PartOptions } from './parts/part.ts'

const lookMs = 200

/** Whether any run is under way, asked of scan-orchestration as any other caller would; never so where it does not run. */
export function openIdle(
  part: PartOptions,
  addressOf: (service: string) => Promise<Address>,
): AsyncDisposable & { isBusy(): Promise<boolean>; wait(): Promise<void> } {
  const tokens = openTokens(part.installation.masterKey, systemClock)
  const dispatch = openDispatch({
    addressOf,
    authorization: async () =>
      `Bearer ${await tokens.issue({ caller: { kind: 'service', id: 'host' }, workspace: 'default', rights: [] })}`,
  })
  const client = createClient(scans, dispatch.wire)
  const has = part.services.includes('scan-orchestration')
  async function isBusy(): Promise<boolean> {
    if (!has) return false
    const { items } = await client.listRuns({ limit: 100 })
    return items.some(({ status }) => status === 'queued' || status === 'running')
  }
  return {
    isBusy,
    async wait() {
      while (await isBusy()) await pause(lookMs)
    },
    [Symbol.asyncDispose]: () => dispatch[Symbol.asyncDispose](),
  }
}
