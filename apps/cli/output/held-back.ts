import type { Lane } from '@mirage/services/scan-orchestration/contract.ts'
import { counted } from './text.ts'

/** Who waits for a slow source, and about how long: nothing is sent to an address before it is known who is on it. */
export function heldBackInWords({ addresses, seconds }: NonNullable<Lane['heldBack']>): string {
  const wait = seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
  return `${counted(addresses, 'address', 'addresses')} to be scanned after it, about ${wait}`
}
