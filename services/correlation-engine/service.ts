import { type AppliedBatch, appliedBatches, type DrainedRun, drainedRuns, openCoverage } from '@mirage/kit/coverage.ts'
import { announcement } from '@mirage/kit/event.ts'
import { defineService, on } from '@mirage/kit/service.ts'
import { type Voice, voices as voiceRecords, Voices } from '@mirage/model/voices.ts'
import { documents, graph } from '@mirage/ports/needs.ts'
import { BatchName, observationsCollected, splitBatch } from '@mirage/services/data-collection/contract.ts'
import { storage } from '@mirage/services/data-storage/contract.ts'
import {
  endedWhole,
  isWhole,
  runDrained,
  runsChanged,
  runSettled,
  scans,
  type Run,
} from '@mirage/services/scan-orchestration/contract.ts'
import { correlation } from './contract.ts'
import { Engine } from './engine.ts'
import { knownRun, resolveFindings } from './findings/resolve.ts'
import { openFindings } from './findings/store.ts'
import { Completeness, whenComplete } from './graph/completeness.ts'
import { knowing } from './graph/known-graph.ts'
import { rebuildWorkspace } from './graph/rebuild.ts'
import { createHandlers } from './handlers.ts'
import { loadRules, shippedRules } from './language/load.ts'
import { settings } from './settings.ts'

export const correlationEngine = defineService({
  contract: correlation,
  settings,
  needs: { documents, graph, scans, storage },
  async start({ documents, graph, scans, storage, settings, announce, caughtUp, clock, log, metrics, signal }) {
    const now = () => clock.now()
    const { rules, errors } = loadRules([shippedRules, ...(settings.rulesFolder ? [settings.rulesFolder] : [])])
    for (const error of errors) log.warn('A rule was left out', { reason: error })
    const findings = await openFindings(documents, announce, now)
    const voices = new Voices(await documents.collection<Voice>(voiceRecords))
    const know = knowing(graph, voices)
    const applied = await documents.collection<AppliedBatch>(appliedBatches)
    const coverage = openCoverage({
      applied,
      drained: await documents.collection<DrainedRun>(drainedRuns),
      async settle({ workspace, run, round, losses }) {
        const seen = await knownRun(scans, run, { workspace, signal })
        await engine.endRun(workspace, run, seen !== undefined && isWhole(seen) && losses === 0)
        const { nodes, edges } = await graph.counts(workspace, { run })
        const counts = { nodes, edges, findings: await findings.read.countOfRun(workspace, run) }
        await announce([
          announcement(runSettled, workspace, `${correlation.service}/${run}/${round}`, {
            run,
            round,
            service: correlation.service,
            losses,
            counts,
          }),
        ])
      },
      recover: {
        caughtUp: () => caughtUp(observationsCollected),
        repeat: async ({ workspace, run, round, tasks }) =>
          (await scans.repeatTasks({ run, round, tasks }, { workspace })).coming,
      },
    })
    const engine = new Engine({ graph, know, voices, findings, rules, coverage, clock, log, signal })
    metrics.gauge('groups_waiting', () => engine.waiting)
    const completeness = await Completeness.open({
      documents,
      graph,
      applied,
      rebuild: (workspace) => rebuildWorkspace({ storage, engine, voices, coverage, signal }, workspace),
    })
    const live = engine.evaluateLive(settings.evaluateEveryMs)

    /** Runs under way are announced again at the end, so that what neither service has is noticed. */
    async function rebuildEverything(): Promise<void> {
      const { items: workspaces } = await storage.listWorkspaces({}, { signal })
      await completeness.rebuildAll(workspaces)
      await scans.announceDrained({}, { signal })
    }

    /** All readers have settled it: only now is known what the others lost of it. */
    async function finishRun(workspace: string, run: Run): Promise<void> {
      if (endedWhole(run)) await voices.end(workspace, run.run)
      else if (await voices.reopen(workspace, run.run)) await engine.evaluateRun(workspace, run.run)
      await resolveFindings(workspace, run, { scans, findings, now, signal })
    }

    return {
      handlers: whenComplete(completeness, createHandlers({ documents, graph, know, findings, rules, engine, now })),
      consumes: [
        on(
          observationsCollected,
          async (events) => {
            await engine.take(events)
            for (const workspace of new Set(events.map((event) => event.workspace)))
              completeness.ensure(workspace).catch((error: unknown) => {
                if (signal.aborted) return
                log.warn('A graph could not be made anew; the next batch or question tries again', { workspace, error })
              })
            for (const { payload } of events) metrics.count('observations', {}, payload.observations.length)
          },
          {
            identity: BatchName,
            split: splitBatch,
            settle: (event, lost) => coverage.lose(event, lost),
            rebuild: rebuildEverything,
            rebuildNow: !(await completeness.ofAll()),
          },
        ),
        on(
          runDrained,
          async (events) => {
            for (const { workspace, payload } of events) await coverage.drain(workspace, payload)
          },
          { rebuild: async () => void (await scans.announceDrained({})) },
        ),
        on(runsChanged, async (events) => {
          for (const { workspace, payload } of events)
            if (payload.status === 'finished') {
              const run = await knownRun(scans, payload.run, { workspace, signal })
              if (run) await finishRun(workspace, run)
            }
        }),
      ],
      health: async () => ({ ready: true, ...(errors.length > 0 ? { detail: errors.join(' ') } : {}) }),
      async [Symbol.asyncDispose]() {
        await live
        await completeness[Symbol.asyncDispose]()
      },
    }
  },
})
