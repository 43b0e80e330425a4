/** Least severe first. */
export const severities = ['info', 'low', 'medium', 'high', 'critical'] as const

export type Severity = (typeof severities)[number]

/** What a person or a re-run has said of a finding; states outlive runs. */
export const findingStates = ['new', 'confirmed', 'dismissed', 'accepted', 'resolved'] as const

export type FindingState = (typeof findingStates)[number]

/** True when `severity` is at least `floor`. */
export function isAtLeast(severity: Severity, floor: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(floor)
}
