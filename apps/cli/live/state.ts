import type { Finding } from '@mirage/services/correlation-engine/contract.ts'
import type { Lane, Run } from '@mirage/services/scan-orchestration/contract.ts'

/** What the live display shows. */
export interface LiveState {
  run: Run
  lanes: Lane[]
  /** The latest entities, newest last: `type value`. */
  newest: { type: string; value: string }[]
  findings: Record<Finding['severity'], number>
  /** Seconds since the run began, counted on between two reports. */
  seconds: number
  /** The person asked for the end. */
  stopping: boolean
}

export const newestShown = 3

export function openState(run: Run): LiveState {
  return {
    run,
    lanes: [],
    newest: [],
    findings: { info: 0, low: 0, medium: 0, high: 0, critical: 0 },
    seconds: run.seconds,
    stopping: false,
  }
}
