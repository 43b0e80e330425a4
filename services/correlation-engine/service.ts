import { type AppliedBatch, appliedBatches, type DrainedRun, drainedRuns, openCoverage } from '@mirage/kit/coverage.ts'
import { announcement } from '@mirage/kit/event.ts'
import { defineService, on } from '@mirage/kit/service.ts'
import { documents, graph } from '@mirage/ports/needs.ts'
import { BatchName, observationsCollected, splitBatch } from '@mirage/services/data-collection/contract.ts'
import { runDrained, runsChanged, runSettled, scans } from '@mirage/services/scan-orchestration/contract.ts'
import { correlation } from './contract.ts'
import { Engine } from './engine.ts'
import { openFindings } from './finding-store.ts'
import { createHandlers } from './handlers.ts'
import { resolveFindings } from './resolve.ts'
import { loadRules, shippedRules } from './rules.ts'
import { settings } from './settings.ts'

/** At most this many batches at once: some ten thousand observations, one transaction's worth many times over. */
const batchesAtOnce = 20

export const correlationEngine = defineService({
  contract: correlation,
  settings,
  needs: { documents, graph, scans },
  async start({ documents, graph, scans, settings, announce, clock, log, metrics, signal }) {
    const now = () => clock.now()
    const { rules, errors } = loadRules([shippedRules, ...(settings.rulesFolder ? [settings.rulesFolder] : [])])
    for (const error of errors) log.warn('A rule was left out', { reason: error })
    const findings = await openFindings(documents, announce, now)
    const coverage = openCoverage({
      applied: await documents.collection<AppliedBatch>(appliedBatches),
      drained: await documents.collection<DrainedRun>(drainedRuns),
      async settle({ workspace, run, round, losses }) {
        await engine.evaluateRun(workspace, run)
        const { nodes, edges } = await graph.counts(workspace, { run })
        const counts = { nodes, edges, findings: await findings.countOfRun(workspace, run) }
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
    })
    const engine = new Engine({ graph, findings, rules, coverage, clock, log, signal })
    metrics.gauge('groups_waiting', () => engine.waiting)
    const live = engine.evaluateLive(settings.evaluateEveryMs)

    return {
      handlers: createHandlers({ graph, findings, rules, engine, now }),
      consumes: [
        on(
          observationsCollected,
          async (events) => {
            await engine.take(events)
            for (const { payload } of events) metrics.count('observations', {}, payload.observations.length)
          },
          {
            identity: BatchName,
            split: splitBatch,
            settle: (event, lost) => coverage.lose(event, lost),
            maxEvents: batchesAtOnce,
          },
        ),
        on(runDrained, async (events) => {
          for (const { workspace, payload } of events) await coverage.drain(workspace, payload)
        }),
        on(runsChanged, async (events) => {
          for (const { workspace, payload } of events)
            if (payload.status === 'finished') await resolveFindings(workspace, payload.run, { scans, findings, now })
        }),
      ],
      health: async () => ({ ready: true, ...(errors.length > 0 ? { detail: errors.join(' ') } : {}) }),
      async [Symbol.asyncDispose]() {
        await live
      },
    }
  },
})
