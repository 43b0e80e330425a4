import type { CallOptions, Client } from '@mirage/kit/contract.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { endedWhole, type Run, type scans } from '@mirage/services/scan-orchestration/contract.ts'
import type { Resolution } from './state.ts'
import type { FindingStore } from './store.ts'

/** So many earlier runs are compared with a run that has finished, latest first. */
const mostRuns = 20

type Scans = Pick<Client<typeof scans>, 'getRun' | 'compareRuns'>

/**
 * Resolves findings that a finished run no longer says although it looked again at everything they rest on. They did
 * not come up in it, its end was reached without a limit or a loss, it shares a seed with the run that said them last,
 * and of their entities none is *unconfirmed* in the comparison of the two: each was seen again or is gone, which the
 * comparison says only when every module that saw it ran again on the same source. Anything less leaves them open.
 */
export async function resolveFindings(
  workspace: string,
  finished: Run,
  { scans, findings, now, signal }: { scans: Scans; findings: FindingStore; now: () => number; signal: AbortSignal },
): Promise<void> {
  const options = { workspace, signal }
  if (!endedWhole(finished)) return
  const { run } = finished
  const byRun = await openFindingsOfOthers(workspace, run, findings)
  for (const [before, open] of byRun) {
    const earlier = await knownRun(scans, before, options)
    if (!earlier || !sharesSeed(earlier, finished)) continue
    const unconfirmed = new Set<string>()
    for await (const difference of await scans.compareRuns({ run, before }, options))
      if (difference.kind === 'unconfirmed') unconfirmed.add(difference.id)
    await findings.resolve(
      workspace,
      open.filter(({ entities }) => !entities.some((id) => unconfirmed.has(id))).map(({ resolution }) => resolution),
    )
  }

  async function openFindingsOfOthers(workspace: string, run: string, findings: FindingStore) {
    const byRun = new Map<string, { entities: string[]; resolution: Resolution }[]>()
    for await (const { finding, run: before, lastSeenAt } of findings.read.open(workspace)) {
      if (finding.runs.includes(run)) continue
      const entry = {
        entities: finding.entities.map(({ id }) => id),
        resolution: { id: finding.id, run, at: now(), seenAt: lastSeenAt },
      }
      const entries = byRun.get(before)
      if (entries) entries.push(entry)
      else if (byRun.size < mostRuns) byRun.set(before, [entry])
    }
    return byRun
  }
}

function sharesSeed(a: Run, b: Run): boolean {
  const seeds = new Set(a.seeds.map(({ type, value }) => `${type}:${value}`))
  return b.seeds.some(({ type, value }) => seeds.has(`${type}:${value}`))
}

/** Undefined when it is not there any more. */
export async function knownRun(
  { getRun }: Pick<Scans, 'getRun'>,
  run: string,
  options: CallOptions,
): Promise<Run | undefined> {
  try {
    return await getRun({ run }, options)
  } catch (error) {
    if (error instanceof MirageError && error.code === 'runs.not_found') return undefined
    throw error
  }
}
