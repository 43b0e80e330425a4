import type { CallOptions, Client } from '@mirage/kit/contract.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { announcement } from '@mirage/kit/event.ts'
import { type AppliedBatch, appliedBatches, type DrainedRun, drainedRuns, openCoverage } from '@mirage/kit/coverage.ts'
import { itemsOf } from '@mirage/kit/pages.ts'
import { defineService, on } from '@mirage/kit/service.ts'
import { whole } from '@mirage/ports/documents.ts'
import { documents, search } from '@mirage/ports/needs.ts'
import { BatchName, observationsCollected, splitBatch } from '@mirage/services/data-collection/contract.ts'
import { endedWhole, runDrained, runsChanged, runSettled, scans } from '@mirage/services/scan-orchestration/contract.ts'
import { applyBatches, endRun } from './apply.ts'
import { deleteRun, markEntities } from './change.ts'
import { storage } from './contract.ts'
import { explainEntity } from './explain.ts'
import {
  exportEntities,
  exportObservations,
  exportRelationships,
  exportSightings,
  findEntity,
  searchEntities,
} from './read.ts'
import { SearchIndex } from './reindex.ts'
import { forgetStatements, keepStatements, openStatements, retell } from './retell.ts'
import { settings } from './settings.ts'
import { openStore } from './store.ts'
import { viewEntity } from './view.ts'

/** One that is not there any more did not. */
async function hasEndedWhole(
  { getRun }: Pick<Client<typeof scans>, 'getRun'>,
  run: string,
  options: CallOptions,
): Promise<boolean> {
  try {
    return endedWhole(await getRun({ run }, options))
  } catch (error) {
    if (error instanceof MirageError && error.code === 'runs.not_found') return false
    throw error
  }
}

export const dataStorage = defineService({
  contract: storage,
  settings,
  needs: { documents, search, scans },
  async start({ documents, search, scans, settings, clock, log, metrics, announce, caughtUp, signal }) {
    const store = await openStore(documents)
    const statements = await openStatements(documents)
    const searchIndex = await SearchIndex.open({ documents, store, search, log, signal })
    const coverage = openCoverage({
      applied: await documents.collection<AppliedBatch>(appliedBatches),
      drained: await documents.collection<DrainedRun>(drainedRuns),
      async settle({ workspace, run, round, losses }) {
        const observations = await store.observations.count(workspace, { index: 'runEntity', equals: { run } })
        const settled = { run, round, service: 'data-storage', losses, counts: { observations } }
        await announce([announcement(runSettled, workspace, `data-storage/${run}/${round}`, settled)])
      },
      recover: {
        caughtUp: () => caughtUp(observationsCollected),
        async repeat({ workspace, run, round, tasks }) {
          const { coming } = await scans.repeatTasks({ run, round, tasks }, { workspace })
          log[coming ? 'warn' : 'error']('Batches of a run were lost', { run, round, tasks: tasks.length, coming })
          return coming
        },
      },
    })
    /** Nobody else has what was lost to this service; which runs miss something shows when they drain. */
    const rebuild = async (): Promise<void> => void (await scans.announceDrained({}))
    async function noteEnd(workspace: string, run: string): Promise<void> {
      if (!(await hasEndedWhole(scans, run, { workspace, signal }))) return
      await searchIndex.ensure(workspace)
      await endRun(store, search, workspace, run)
    }

    /** Of runs that have drained: that they ended may not have been heard. */
    async function noteEnds(): Promise<void> {
      for (const workspace of await documents.workspaces())
        for await (const { run, forgotten } of itemsOf((place) =>
          coverage.listDrained(workspace, { ...place, limit: 100 }),
        ))
          if (!forgotten && !(await store.voices.hasEnded(workspace, run))) await noteEnd(workspace, run)
    }

    return {
      handlers: {
        searchEntities: async (input, { workspace }) => {
          await searchIndex.wait(workspace)
          return searchEntities(store, search, workspace, input, clock.now())
        },
        getEntity: async ({ entity }, { workspace }) => {
          const document = await findEntity(store, workspace, entity)
          const tags = (await store.voices.judge(workspace)).held(document.tags, document.runs)
          return viewEntity(document, tags, await store.marks.get(workspace, document.id))
        },
        explainEntity: async ({ entity, run }, { workspace }) =>
          explainEntity(store, workspace, run, await findEntity(store, workspace, entity)),
        markEntities: async (marking, { workspace }) => {
          await searchIndex.wait(workspace)
          return { marked: await markEntities(store, search, announce, workspace, marking, clock.now()) }
        },
        exportEntities: ({ run }, { workspace }) => whole(documents, workspace, exportEntities(store, workspace, run)),
        exportObservations: ({ run, entity }, { workspace }) =>
          whole(documents, workspace, exportObservations(store, workspace, run, entity)),
        exportRelationships: ({ run }, { workspace }) =>
          whole(documents, workspace, exportRelationships(store, workspace, run)),
        exportSightings: ({ run }, { workspace }) =>
          whole(documents, workspace, exportSightings(store, workspace, run)),
        listWorkspaces: async () => ({ items: await documents.workspaces() }),
        listRetold: (page, { workspace }) => retell(store, statements, workspace, page),
        listVoices: ({ after, limit = 1000 }, { workspace }) =>
          store.voices.list(workspace, { limit, ...(after === undefined ? {} : { after }) }),
        listAppliedBatches: ({ after, limit = 1000 }, { workspace }) =>
          coverage.listApplied(workspace, { limit, ...(after === undefined ? {} : { after }) }),
        listDrainedRuns: async ({ after, limit = 100 }, { workspace }) => {
          const page = await coverage.listDrained(workspace, { limit, ...(after === undefined ? {} : { after }) })
          const items = page.items.map(({ run, round, batches, forgotten }) => ({
            run,
            round,
            batches,
            ...(forgotten ? { forgotten } : {}),
          }))
          return { ...page, items }
        },
        deleteRun: async ({ run }, { workspace }) => {
          await searchIndex.wait(workspace)
          await deleteRun(store, search, workspace, run)
          await forgetStatements(statements, workspace, run)
          await coverage.forget(workspace, run)
          return {}
        },
      },
      consumes: [
        on(
          observationsCollected,
          async (events) => {
            for (const { workspace } of events) await searchIndex.ensure(workspace)
            await applyBatches(store, search, events)
            await keepStatements(statements, events)
            metrics.count(
              'observations',
              {},
              events.reduce((total, { payload }) => total + payload.observations.length, 0),
            )
            await coverage.apply(events)
          },
          {
            identity: BatchName,
            split: splitBatch,
            settle: (event, lost) => coverage.lose(event, lost),
            rebuild,
            maxEvents: settings.eventsPerWrite,
          },
        ),
        on(
          runDrained,
          async (events) => {
            for (const { workspace, payload } of events) await coverage.drain(workspace, payload)
          },
          { rebuild },
        ),
        on(
          runsChanged,
          async (events) => {
            for (const { workspace, payload } of events)
              if (payload.status === 'finished') await noteEnd(workspace, payload.run)
          },
          { rebuild: noteEnds },
        ),
      ],
    }
  },
})
