import type { FindingState } from '@mirage/model/finding.ts'

/** What a person said of a finding. It outlives runs, and the finding itself. */
export interface Mark {
  /** The finding. */
  id: string
  state: FindingState
  acceptedUntil?: number
  comment?: string
  at: number
}

/** That a later run looked again at everything the finding rests on and found it gone. */
export interface Resolution {
  /** The finding. */
  id: string
  run: string
  at: number
  /** `lastSeenAt` of the finding that it resolves; seen later, the finding is open again. */
  seenAt: number
}

/**
 * The state that is shown. Dismissed stays dismissed; accepted holds until its date; a resolution, by a run or a
 * person, holds until the finding is seen again; then a confirmation of old counts again, else it is new.
 */
export function stateOf(
  lastSeenAt: number,
  mark: Mark | undefined,
  resolution: Resolution | undefined,
  now: number,
): FindingState {
  if (mark?.state === 'dismissed') return 'dismissed'
  if (mark?.state === 'accepted' && (mark.acceptedUntil === undefined || mark.acceptedUntil > now)) return 'accepted'
  if (resolution && resolution.seenAt >= lastSeenAt) return 'resolved'
  if (mark?.state === 'resolved' && mark.at >= lastSeenAt) return 'resolved'
  return mark?.state === 'confirmed' ? 'confirmed' : 'new'
}
